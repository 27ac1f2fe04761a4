#include "net/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "base/version.h"
#include "net/testing.h"

namespace hangtag::net {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;
using testing::answer;
using testing::Server;

// What send() throws for `request`; a failure where it throws nothing.
base::Error error_of(const Client& client, const Request& request) {
  try {
    client.send(request);
  } catch (const base::Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {base::ErrorCode::kInternal, ""};
}

TEST(Http, SendsWhatItIsGiven) {
  Server server({answer(201, "made", "X-Kind:  one \r\nx-kind: two\r\nX-Empty:\r\n")});
  const Response response = Client().send({.method = "POST",
                                           .url = server.url("/v1/../a%3Ab?q=1"),
                                           .headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}},
                                           .body = std::string("{\"a\":\0}", 7)});
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "made");
  EXPECT_EQ(response.header("X-KIND"), "one");
  EXPECT_EQ(response.header("x-empty"), "");
  EXPECT_EQ(response.header("x-none"), std::nullopt);
  const std::string request = server.requests().at(0);
  EXPECT_THAT(request,
              AllOf(StartsWith("POST /v1/../a%3Ab?q=1 HTTP/1.1\r\n"), HasSubstr("\r\nX-Empty:\r\n"),
                    HasSubstr("\r\nContent-Type: application/json\r\n"), HasSubstr("\r\nContent-Length: 7\r\n"),
                    HasSubstr("\r\nUser-Agent: hangtag/" + base::version_number() + "\r\n"),
                    EndsWith(std::string("\r\n\r\n{\"a\":\0}", 11)), Not(HasSubstr("Expect"))));
}

TEST(Http, AddsNothingToARequest) {
  Server server({answer(200, "")});
  const Client client({.user_agent = "tester"});
  client.send({.url = server.url()});
  client.send({.method = "POST", .url = server.url()});
  client.send({.method = "DELETE", .url = server.url()});
  EXPECT_THAT(server.requests().at(0), AllOf(StartsWith("GET / "), HasSubstr("User-Agent: tester")));
  EXPECT_THAT(server.requests().at(1),
              AllOf(StartsWith("POST / "), HasSubstr("Content-Length: 0"), Not(HasSubstr("Content-Type"))));
  EXPECT_THAT(server.requests().at(2), StartsWith("DELETE / "));
}

TEST(Http, SendsABodyOfMegabytes) {
  Server server({answer(200, "")});
  Client().send({.method = "POST", .url = server.url(), .body = std::string(3 << 20, 'x')});
  EXPECT_THAT(server.requests().at(0), AllOf(EndsWith("xxx"), Not(HasSubstr("Expect"))));
}

TEST(Http, EveryStatusIsAnAnswer) {
  for (const int status : {200, 204, 301, 302, 400, 401, 404, 429, 500, 503}) {
    const std::string headers = status == 204 ? "" : "Location: http://127.0.0.1:1/\r\n";
    Server server({answer(status, status == 204 ? "" : "said", headers)});
    const Response response = Client().send({.url = server.url()});
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(server.requests().size(), 1u) << "a redirect is not followed";
  }
}

TEST(Http, ForgetsInterimAnswers) {
  Server server({{"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}});
  const Response response = Client().send({.url = server.url()});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ok");
  EXPECT_EQ(response.header("X-Early"), std::nullopt);
}

TEST(Http, ReadsChunks) {
  Server server({{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"}});
  EXPECT_EQ(Client().send({.url = server.url()}).body, "abcde");
}

TEST(Http, KeepsConnectionsOpen) {
  Server server({answer(200, "ok")});
  const Client client;
  for (int i = 0; i < 5; ++i) client.send({.url = server.url()});
  EXPECT_EQ(server.requests().size(), 5u);
  EXPECT_EQ(server.connections(), 1u);
}

TEST(Http, SurvivesAConnectionThatTheServerClosed) {
  auto closing = answer(200, "ok");
  closing.close = true;
  Server server({closing});
  const Client client;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.send({.url = server.url()}).body, "ok");
}

TEST(Http, ServesManyThreads) {
  Server server({answer(200, "ok")});
  const Client client;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 20; ++i) {
          EXPECT_EQ(client.send({.url = server.url(fmt::format("/{}/{}", thread, i))}).body, "ok");
        }
      });
    }
  }
  EXPECT_EQ(server.requests().size(), 160u);
  EXPECT_LE(server.connections(), 8u);
}

TEST(Http, NoWholeAnswerIsAFailure) {
  struct Case {
    const char* name;
    testing::Answer said;
    const char* reason;
  };
  for (const auto& [name, said, reason] : {
           Case{"slow", {.bytes = answer(200, "late").bytes, .delay = 10s}, "timed out"},
           Case{"truncated", {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", .close = true}, "closed"},
           Case{"truncated chunk",
                {.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", .close = true},
                "closed"},
           Case{"nothing", {.bytes = "", .close = true}, "Empty reply"},
           Case{"garbage", {.bytes = "\x01\x02garbage\r\n\r\n", .close = true}, "HTTP/0.9"},
           Case{"garbage status", {.bytes = "HTTP/1.1 abc OK\r\n\r\n", .close = true}, ""},
           Case{"no colon", {.bytes = "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", .close = true}, ""},
       }) {
    SCOPED_TRACE(name);
    Server server({said});
    const Client client({.timeouts = {.total = 300ms}});
    const auto error = error_of(client, {.method = "POST",
                                         .url = "http://user:hidden1@" + server.url("/path?key=hidden2").substr(7),
                                         .headers = {{"Authorization", "hidden3"}},
                                         .body = "hidden4"});
    EXPECT_EQ(error.code(), base::ErrorCode::kIo);
    EXPECT_THAT(error.what(), AllOf(StartsWith(server.url("/path") + ": no answer: "), HasSubstr(reason),
                                    Not(HasSubstr("hidden")), Not(HasSubstr("user"))));
  }
}

TEST(Http, NobodyListensOrNobodyIsFound) {
  std::string url;
  {
    const testing::Listener closed;
    url = fmt::format("http://127.0.0.1:{}/", closed.port());
  }
  const Client client;
  const auto refused = error_of(client, {.url = url});
  EXPECT_EQ(refused.code(), base::ErrorCode::kIo);
  EXPECT_THAT(refused.what(), HasSubstr("connect"));
  EXPECT_EQ(error_of(client, {.url = "http://nobody.invalid/"}).code(), base::ErrorCode::kIo);
}

TEST(Http, RefusesAnAnswerOverTheLimit) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n";
  for (const std::string& bytes :
       {answer(200, std::string(1001, 'x')).bytes, head + std::string(20'000'000, 'x'),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7D0\r\n" + std::string(2000, 'x'),
        answer(200, "", "X-Long: " + std::string(2000, 'x') + "\r\n").bytes}) {
    Server server({{.bytes = bytes, .close = true}});
    const auto error = error_of(Client({.max_response_bytes = 1000}), {.url = server.url()});
    EXPECT_EQ(error.code(), base::ErrorCode::kLimit);
    EXPECT_THAT(error.what(), HasSubstr("longer than the limit of 1000 bytes"));
  }
  Server server({answer(200, std::string(900, 'x'))});
  EXPECT_EQ(Client({.max_response_bytes = 1000}).send({.url = server.url()}).body.size(), 900u);
}

TEST(Http, RefusesHeadersThatBreakOut) {
  using namespace std::string_literals;
  Server server({answer(200, "")});
  const Client client;
  for (const Header& header : {Header{"X-A", "hidden\r\nX-B: 1"}, Header{"X-A", "hidden\n"}, Header{"X-A", "hidden\r"},
                               Header{"X-A", "hidden\0"s}, Header{"X-A: hidden\r\nX-B", "1"}, Header{"X A", "1"},
                               Header{"", "1"}, Header{"X-A:", "1"}, Header{"X-\0A"s, "1"}, Header{"X-É", "1"}}) {
    const auto error = error_of(client, {.url = server.url(), .headers = {header}});
    EXPECT_EQ(error.code(), base::ErrorCode::kInvalid) << header.name;
    EXPECT_THAT(error.what(), Not(HasSubstr("hidden")));
  }
  EXPECT_EQ(error_of(client, {.method = "GET / HTTP/1.1\r\nX:", .url = server.url()}).code(), base::ErrorCode::kUsage);
  EXPECT_THROW(Client({.user_agent = "a\r\nb: c"}), base::Error);
  EXPECT_THROW(Client({.timeouts = {.total = 0ms}}), base::Error);
  EXPECT_TRUE(server.requests().empty());
}

TEST(Http, DoesNotTellAProxysPassword) {
  Server proxy({answer(200, "by proxy")});
  const Client client;
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  EXPECT_EQ(client.send({.url = "http://somewhere.invalid/path"}).body, "by proxy");
  EXPECT_THAT(proxy.requests().at(0), StartsWith("GET http://somewhere.invalid/path HTTP/1.1"));
  for (const char* unusable : {"strange://user:hidden@127.0.0.1:1", "http://user:hidden@127.0.0.1:port"}) {
    ::setenv("http_proxy", unusable, 1);
    const auto error = error_of(client, {.url = "http://somewhere.invalid/path"});
    EXPECT_EQ(error.code(), base::ErrorCode::kIo);
    EXPECT_THAT(error.what(), Not(HasSubstr("hidden")));
  }
  ::unsetenv("http_proxy");
}

}  // namespace
}  // namespace hangtag::net
