#include "http/tokens.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "http/sha256.h"
#include "http/text.h"

namespace hangtag::http {

namespace {

using base::ErrorCode;

constexpr std::array kRoles = {Role::kViewer, Role::kEditor, Role::kAdmin};

// Of one length. The result is used as a whole only, so that no early end tells how much was right.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (static_cast<unsigned char>(a[i]) ^ b[i]));
  }
  return difference == 0;
}

}  // namespace

const char* to_string(Role role) {
  switch (role) {
    case Role::kViewer: return "viewer";
    case Role::kEditor: return "editor";
    case Role::kAdmin: return "admin";
  }
  return "unknown role";
}

Tokens Tokens::read(const std::filesystem::path& path) {
  return parse(base::read_file(path, 1 << 20), path.string());
}

Tokens Tokens::parse(std::string_view json, std::string_view name) {
  Tokens tokens;
  std::set<std::string> names, hashes;
  const auto root = base::parse_json(json, name);
  const auto list = base::get<base::Json>(root, "tokens", name);
  if (!list.is_array() || list.empty()) {
    base::fail(ErrorCode::kInvalid, "{}: \"tokens\" must be a list of one token or more", name);
  }
  for (const auto& item : list) {
    const auto where = fmt::format("{}: tokens[{}]", name, tokens.entries_.size());
    const auto token_name = base::get<std::string>(item, "name", where);
    const auto role_name = base::get<std::string>(item, "role", where);
    auto sha256 = base::get<std::string>(item, "sha256", where);
    std::ranges::transform(sha256, sha256.begin(), lower);
    const auto role = std::ranges::find(kRoles, role_name, [](Role each) { return std::string(to_string(each)); });
    if (role == kRoles.end()) {
      base::fail(ErrorCode::kInvalid, "{}: \"role\" is \"{}\"; expected viewer, editor or admin", where, role_name);
    }
    if (sha256.size() != 64 || sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
      base::fail(ErrorCode::kInvalid,
                 "{}: \"sha256\" is not 64 hexadecimal digits; make them by: printf %s TOKEN | sha256sum", where);
    }
    if (!names.insert(token_name).second || !hashes.insert(sha256).second) {
      base::fail(ErrorCode::kInvalid, "{}: the name or the token occurs twice; expected each once", where);
    }
    tokens.entries_.push_back({*role, std::move(sha256)});
  }
  return tokens;
}

std::optional<Role> Tokens::role_of(std::string_view authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (!same_name(authorization.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  const auto sha256 = sha256_hex(trimmed(authorization.substr(kScheme.size())));
  std::optional<Role> role;
  for (const Entry& entry : entries_) {
    if (equal_in_constant_time(entry.sha256, sha256)) role = entry.role;
  }
  return role;
}

Admit at_least(Role role, std::shared_ptr<const Tokens> tokens) {
  return [role, tokens = std::move(tokens)](const Head& head) -> std::optional<Response> {
    if (!tokens) return std::nullopt;
    const auto found = tokens->role_of(head.header("Authorization").value_or(""));
    if (!found) {
      auto response = error_response(head, 401, "unauthorized", "expected Authorization: Bearer with a known token");
      response.headers.add("WWW-Authenticate", "Bearer");
      return response;
    }
    if (*found >= role) return std::nullopt;
    return error_response(head, 403, "forbidden",
                          fmt::format("the token's role is {}; expected at least {}", to_string(*found),
                                      to_string(role)));
  };
}

}  // namespace hangtag::http
