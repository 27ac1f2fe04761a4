// Who may do what: bearer tokens, of which only hashes are kept.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/router.h"

namespace hangtag::http {

enum class Role { kViewer, kEditor, kAdmin };  // each may do what those before it may

const char* to_string(Role role);

// Unchanging once made: may be used by several threads at once.
class Tokens {
 public:
  // {"tokens": [{"name": "ci", "role": "viewer|editor|admin", "sha256": "the token's, as 64 hexadecimal digits"}]}
  // Throws kNotFound, kIo, kLimit above 1 MiB, and kInvalid for other contents and for no token at all.
  static Tokens read(const std::filesystem::path& path);
  static Tokens parse(std::string_view json, std::string_view name);  // `name` says where in messages

  // Of an Authorization header's value, "Bearer TOKEN". Nothing for any other scheme and for unknown tokens. Takes the
  // same time whichever token it is.
  std::optional<Role> role_of(std::string_view authorization) const;

 private:
  struct Entry {
    Role role;
    std::string sha256;
  };
  std::vector<Entry> entries_;
};

// Refuses requests without a token of ours (401) or with one of a lower role (403). Without tokens (null) all pass.
Admit at_least(Role role, std::shared_ptr<const Tokens> tokens);

}  // namespace hangtag::http
