#include "http/target.h"

#include <gtest/gtest.h>

namespace hangtag::http {
namespace {

TEST(Target, IsDecoded) {
  const auto target = parse_target("/a%20b/c%2Fd/?q=1+2&%C3%A9=%0A&flag&&q=%2B");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a b/c/d/");
  EXPECT_EQ(target->segments, (std::vector<std::string>{"a b", "c/d", ""}));
  ASSERT_EQ(target->query.size(), 4u);
  EXPECT_EQ(target->query[0].value, "1 2");
  EXPECT_EQ(target->query[1].name, "é");
  EXPECT_EQ(target->query[1].value, "\n");
  EXPECT_EQ(target->query[2].name, "flag");
  EXPECT_EQ(target->query[2].value, "");
  EXPECT_EQ(target->query[3].value, "+");
}

TEST(Target, KnowsTheFormOfProxies) {
  EXPECT_EQ(parse_target("HTTP://host:1/a?b=c")->path, "/a");
  EXPECT_EQ(parse_target("http://host")->path, "/");
  EXPECT_EQ(parse_target("http://host?b=c")->query.size(), 1u);
}

TEST(Target, RefusesWhatCannotBeUsed) {
  const std::pair<const char*, std::string> cases[] = {
      {"empty", ""},
      {"another scheme", "https://host/"},
      {"file", "file:///etc/passwd"},
      {"no host", "http:///a"},
      {"authority", "host:80"},
      {"asterisk", "*"},
      {"NUL", std::string("/a\0b", 4)},
      {"escaped NUL", "/a%00"},
      {"escaped NUL in the query", "/a?b=%00"},
      {"escaped line break", "/a%0d%0ab"},
      {"space", "/a b"},
      {"fragment", "/a#b"},
      {"bytes beyond ASCII", "/\xC3\xA9"},
      {"half an escape", "/a%2"},
      {"no escape", "/a%zz"},
      {"sign in an escape", "/a%+1"},
      {"escape of the query", "/a?b=%"},
      {"parent", "/a/../b"},
      {"escaped parent", "/a/%2e%2E/b"},
      {"escaped slashes", "/..%2F..%2Fetc"},
      {"backslashes", "/a%5C..%5Cb"},
      {"here", "/./a"},
  };
  for (const auto& [name, text] : cases) EXPECT_FALSE(parse_target(text)) << name;
}

}  // namespace
}  // namespace hangtag::http
