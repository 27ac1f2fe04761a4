#include "http/tokens.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "http/sha256.h"

namespace hangtag::http {
namespace {

std::string entry(std::string_view name, std::string_view role, std::string_view token) {
  return fmt::format(R"({{"name": "{}", "role": "{}", "sha256": "{}"}})", name, role, sha256_hex(token));
}

std::string file(std::string_view entries) {
  return fmt::format(R"({{"tokens": [{}]}})", entries);
}

// FIPS 180-4's examples, and every length around a block's end against the digest that sha256sum gives.
TEST(Sha256, GivesTheStandardsResults) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  std::string digests;
  for (std::size_t size = 50; size < 70; ++size) digests += sha256_hex(std::string(size, '\xFF')) + '\n';
  EXPECT_EQ(sha256_hex(digests), "8acace2f6c3713c4bc2e7d6ce9ccfed383fc257bd1105219b5985e1c99e97fd0");
}

TEST(Tokens, HaveRoles) {
  const auto tokens = Tokens::parse(
      file(entry("a", "viewer", "see") + ',' + entry("b", "editor", "edit") + ',' + entry("c", "admin", "all")), "t");
  EXPECT_EQ(tokens.role_of("Bearer see"), Role::kViewer);
  EXPECT_EQ(tokens.role_of("bearer edit "), Role::kEditor);
  EXPECT_EQ(tokens.role_of("BEARER all"), Role::kAdmin);
  for (const char* wrong : {"", "see", "Bearer", "Bearer ", "Basic see", "Bearer se", "Bearer seee", "Bearersee"}) {
    EXPECT_EQ(tokens.role_of(wrong), std::nullopt) << wrong;
  }
}

TEST(Tokens, AdmitByRole) {
  const auto tokens = std::make_shared<const Tokens>(
      Tokens::parse(file(entry("a", "viewer", "see") + ',' + entry("b", "editor", "edit")), "t"));
  const auto status = [&](Role role, const char* authorization) {
    Head head;
    if (*authorization != '\0') head.headers.add("authorization", authorization);
    const auto refused = at_least(role, tokens)(head);
    return refused ? refused->status : 0;
  };
  EXPECT_EQ(status(Role::kViewer, ""), 401);
  EXPECT_EQ(status(Role::kViewer, "Bearer what"), 401);
  EXPECT_EQ(status(Role::kViewer, "Bearer see"), 0);
  EXPECT_EQ(status(Role::kEditor, "Bearer see"), 403);
  EXPECT_EQ(status(Role::kEditor, "Bearer edit"), 0);
  EXPECT_EQ(status(Role::kAdmin, "Bearer edit"), 403);
  EXPECT_FALSE(at_least(Role::kAdmin, nullptr)(Head()));
}

TEST(Tokens, RefuseFilesThatMakeNoSense) {
  const std::pair<const char*, std::string> cases[] = {
      {"no JSON", "{"},
      {"no object", "[]"},
      {"no tokens", "{}"},
      {"an empty list", file("")},
      {"no list", R"({"tokens": {"a": 1}})"},
      {"no object in the list", file("1")},
      {"another role", file(entry("a", "owner", "x"))},
      {"no hash", file(R"({"name": "a", "role": "admin"})")},
      {"the token itself", file(R"({"name": "a", "role": "admin", "sha256": "secret"})")},
      {"a name twice", file(entry("a", "admin", "x") + ',' + entry("a", "admin", "y"))},
      {"a token twice", file(entry("a", "admin", "x") + ',' + entry("b", "viewer", "x"))},
  };
  for (const auto& [name, text] : cases) {
    try {
      Tokens::parse(text, "tokens.json");
      ADD_FAILURE() << name;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kInvalid) << name;
      EXPECT_THAT(error.what(), ::testing::StartsWith("tokens.json")) << name;
      EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("secret"))) << name;
    }
  }
  EXPECT_THROW(Tokens::read("/nowhere/tokens.json"), base::Error);
}

}  // namespace
}  // namespace hangtag::http
