// A key that does not slip into a log or a message.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace hangtag::net {

// Can be neither printed nor formatted; reveal() is the only way to the value.
class Secret {
 public:
  // A value that the caller took from an environment variable, say; `source` ("OPENAI_API_KEY") stands in messages.
  // Line ends after it are dropped. Throws kInvalid where nothing is left, or a control character; the message does not
  // repeat the value.
  Secret(std::string value, std::string_view source);

  static Secret read(const std::filesystem::path& path);  // throws kNotFound, kIo, kInvalid, kLimit above 64 KiB

  const std::string& reveal() const { return value_; }

  // `text` with every occurrence of the value replaced by "***": for what a server says.
  std::string redacted(std::string text) const;

 private:
  std::string value_;
};

}  // namespace hangtag::net
