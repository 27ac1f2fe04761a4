#include "net/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace hangtag::net {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Url, TakesHttpWithAHost) {
  for (const char* url : {"http://127.0.0.1:8080/v1", "https://api.example.com", "HTTPS://Example.com/a%3Ab?c=d#e",
                          "http://[::1]:80/", "http://user:secret@host/"}) {
    EXPECT_NO_THROW(check_url(url)) << url;
  }
}

TEST(Url, RefusesTheRestWithoutRepeatingIt) {
  using namespace std::string_literals;
  for (const std::string& url :
       {""s, "host.example/path"s, "ftp://u:hidden@host/"s, "file:///etc/passwd"s, "http://"s, "http:///path"s,
        "http://host/\r\nX: hidden"s, "http://host/a b"s, "http://host/\0hidden"s, "http://host\x7F/"s,
        "http://u:hidden@host:port/"s, "http://host:99999/"s, "gopher://hidden/"s}) {
    try {
      check_url(url);
      ADD_FAILURE() << url;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kUsage) << url;
      EXPECT_THAT(error.what(), HasSubstr("expected http://HOST")) << url;
      EXPECT_THAT(error.what(), Not(HasSubstr("hidden"))) << url;
    }
  }
}

TEST(Url, ShowsNeitherUserNorQuery) {
  EXPECT_EQ(shown_url("https://user:secret@host.example:8443/v1/chat?key=secret#secret"),
            "https://host.example:8443/v1/chat");
  EXPECT_EQ(shown_url("http://[::1]/a%20b"), "http://[::1]/a%20b");
}

TEST(Url, EncodesOneSegment) {
  EXPECT_EQ(percent_encoded("anthropic.claude-3-sonnet-20240229-v1:0"), "anthropic.claude-3-sonnet-20240229-v1%3A0");
  EXPECT_EQ(percent_encoded("arn:aws:x/y z_~é"), "arn%3Aaws%3Ax%2Fy%20z_~%C3%A9");
}

}  // namespace
}  // namespace hangtag::net
