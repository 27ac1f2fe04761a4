#include "http/assets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/testing.h"

namespace hangtag::http {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Assets, AreServedAndRemembered) {
  Router router;
  router.add("GET", "/{path...}",
             serve_assets({{"/", {.bytes = "<p>hello", .type = "text/html; charset=utf-8"}},
                           {"/app.1a2b.js", {.bytes = "run()", .type = "text/javascript", .immutable = true}}}));
  testing::RunningServer server({}, std::move(router));
  testing::Client client(server);
  const auto get = [&](const std::string& path, const std::string& headers = "") {
    return client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n").read_answer();
  };

  const std::string page = get("/");
  EXPECT_THAT(page, AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\n<p>hello"),
                          HasSubstr("\r\nContent-Type: text/html; charset=utf-8\r\n"),
                          HasSubstr("\r\nCache-Control: no-cache\r\n"),
                          HasSubstr("\r\nContent-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\n"),
                          HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"),
                          HasSubstr("\r\nReferrer-Policy: no-referrer\r\n")));
  EXPECT_THAT(get("/app.1a2b.js"), HasSubstr("immutable\r\n"));
  EXPECT_THAT(get("/app.js"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/../etc/passwd"), StartsWith("HTTP/1.1 400 "));
}

TEST(Assets, AreNotSentAgain) {
  Router router;
  router.add("GET", "/{path...}", serve_assets({{"/", {.bytes = "<p>hello", .type = "text/html"}}}));
  testing::RunningServer server({}, std::move(router));
  testing::Client client(server);
  const auto get = [&](const std::string& if_none_match) {
    return client.send("GET / HTTP/1.1\r\nHost: h\r\nIf-None-Match: " + if_none_match + "\r\n\r\n").read_answer();
  };
  const std::string first = get("\"other\"");
  ASSERT_THAT(first, StartsWith("HTTP/1.1 200 "));
  const auto at = first.find("ETag: ") + 6;
  const std::string etag = first.substr(at, first.find("\r\n", at) - at);
  for (const auto& value : {etag, "W/" + etag, "\"a\", " + etag, std::string("*")}) {
    EXPECT_THAT(get(value), AllOf(StartsWith("HTTP/1.1 304 "), HasSubstr(etag), EndsWith("\r\n\r\n"),
                                  Not(HasSubstr("Content-Length"))))
        << value;
  }
}

}  // namespace
}  // namespace hangtag::http
