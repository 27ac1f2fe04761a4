// The one exception of hangtag, and the few kinds of failure that callers tell apart.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace hangtag::base {

enum class ErrorCode {
  kUsage,        // a wrong option or argument
  kNotFound,     // a file, folder, tensor or value that should exist does not
  kInvalid,      // input that cannot be used: malformed, truncated, out of range
  kMismatch,     // two inputs that do not belong together: an adapter and another model, say
  kUnsupported,  // well-formed input that asks for what hangtag does not do
  kLimit,        // input beyond a limit that protects the process: pixels, bytes
  kIo,           // the operating system refused: permissions, full disk
  kDiverged,     // training left the finite numbers
  kInternal,     // a fault of ours
};

// "not found", "invalid input", …: for messages and logs.
const char* to_string(ErrorCode code);

// what() says what was found, where, what was expected and what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

// Throws Error with a formatted message.
template <typename... Args>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace hangtag::base
