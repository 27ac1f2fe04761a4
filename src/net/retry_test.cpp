#include "net/retry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace hangtag::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr int kNoAnswer = -1;  // send() throws kIo

// Gives one status after another, the last one again and again, and notes how long is waited between them.
struct Script {
  std::vector<int> statuses;
  std::string retry_after{};
  double chance = 1;
  int sent = 0;
  std::vector<int> waits_ms{};

  Response run(RetryPolicy policy = {}) {
    const Waiter waiter{
        .date = [] { return std::chrono::system_clock::from_time_t(784111777); },  // 6 November 1994, 08:49:37
        .sleep = [&](std::chrono::nanoseconds wait) { waits_ms.push_back(static_cast<int>(wait / 1ms)); },
        .random = [&] { return chance; }};
    const auto send = [&](const Request&) {
      const int status = statuses[std::min<std::size_t>(sent, statuses.size() - 1)];
      ++sent;
      if (status == kNoAnswer) base::fail(base::ErrorCode::kIo, "no answer {}", sent);
      Response response{.status = status, .body = std::to_string(sent)};
      if (!retry_after.empty()) response.headers.push_back({"retry-after", retry_after});
      return response;
    };
    return send_with_retries(send, {.url = "http://user:hidden@host/path?hidden"}, policy, waiter);
  }
};

TEST(Retry, OnlyFailuresThatMayPass) {
  for (const int status : {429, 500, 502, 503, 504, 529, 599}) {
    Script script{.statuses = {status, 200}};
    EXPECT_EQ(script.run().status, 200) << status;
    EXPECT_EQ(script.sent, 2) << status;
  }
  for (const int status : {200, 204, 301, 400, 401, 403, 404, 408, 424, 600}) {
    Script script{.statuses = {status, 200}};
    EXPECT_EQ(script.run().status, status);
    EXPECT_EQ(script.sent, 1) << status;
    EXPECT_TRUE(script.waits_ms.empty());
  }
}

TEST(Retry, TransportFailures) {
  Script passing{.statuses = {kNoAnswer, 503, kNoAnswer, 200}};
  EXPECT_EQ(passing.run().body, "4");
  Script lasting{.statuses = {kNoAnswer}};
  try {
    lasting.run({.attempts = 3});
    ADD_FAILURE();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kIo);
    EXPECT_STREQ(error.what(), "no answer 3");
  }
  EXPECT_EQ(lasting.sent, 3);
}

TEST(Retry, OtherErrorsPassAtOnce) {
  int sent = 0;
  const auto send = [&](const Request&) -> Response {
    ++sent;
    base::fail(base::ErrorCode::kLimit, "too long");
  };
  EXPECT_THROW(send_with_retries(send, {}), base::Error);
  EXPECT_EQ(sent, 1);
}

TEST(Retry, ReturnsTheLastAnswer) {
  Script script{.statuses = {500, 501, 502, 503, 504, 505}};
  EXPECT_EQ(script.run().status, 504);
  Script once{.statuses = {503}};
  EXPECT_EQ(once.run({.attempts = 1}).status, 503);
  EXPECT_EQ(once.sent, 1);
}

TEST(Retry, WaitsARandomShareThatDoubles) {
  Script whole{.statuses = {503}};
  whole.run({.attempts = 6, .longest = 3s});
  EXPECT_THAT(whole.waits_ms, ElementsAre(500, 1000, 2000, 3000, 3000));
  Script half{.statuses = {kNoAnswer, 503}, .chance = 0.5};
  half.run({.attempts = 4});
  EXPECT_THAT(half.waits_ms, ElementsAre(250, 500, 1000));
  Script many{.statuses = {503}};
  many.run({.attempts = 2000});  // the power overflows, the wait does not
  EXPECT_EQ(many.waits_ms.back(), 30'000);
}

TEST(Retry, WaitsAsLongAsTheServerAsks) {
  for (const char* asked :
       {"7", "Sun, 06 Nov 1994 08:49:44 GMT", "Sunday, 06-Nov-94 08:49:44 GMT", "Sun Nov  6 08:49:44 1994"}) {
    Script script{.statuses = {429, 200}, .retry_after = asked, .chance = 0.5};
    EXPECT_EQ(script.run().status, 200);
    EXPECT_THAT(script.waits_ms, ElementsAre(7250)) << asked;
  }
}

TEST(Retry, GivesUpWhereTheServerAsksForTooLong) {
  for (const char* asked : {"121", "99999999999999999999999", "Fri, 06 Nov 2099 08:49:37 GMT"}) {
    Script script{.statuses = {429, 200}, .retry_after = asked};
    try {
      script.run();
      ADD_FAILURE() << asked;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kIo);
      EXPECT_THAT(error.what(), HasSubstr("http://host/path: the server answered 429 and asks to wait "));
      EXPECT_THAT(error.what(), HasSubstr("more than the 120 s"));
      EXPECT_THAT(error.what(), Not(HasSubstr("hidden")));
    }
    EXPECT_EQ(script.sent, 1);
    EXPECT_TRUE(script.waits_ms.empty());
  }
  Script just{.statuses = {429, 200}, .retry_after = "120"};
  EXPECT_EQ(just.run().status, 200);
  Script last{.statuses = {429}, .retry_after = "3600"};
  EXPECT_EQ(last.run({.attempts = 1}).status, 429) << "nobody would wait";
}

TEST(Retry, ReadsRetryAfter) {
  const auto now = std::chrono::system_clock::from_time_t(784111777);
  const auto read = [&](std::string value) { return retry_after({.headers = {{"Retry-After", value}}}, now); };
  EXPECT_EQ(retry_after({}, now), std::nullopt);
  EXPECT_EQ(read("0"), 0s);
  EXPECT_EQ(read("120"), 120s);
  EXPECT_EQ(read("Sun, 06 Nov 1994 08:49:38 GMT"), 1s);
  EXPECT_EQ(read("Sun, 06 Nov 1994 08:00:00 GMT"), 0s) << "past";
  EXPECT_EQ(retry_after({.headers = {{"Retry-After", "Sun, 06 Nov 1994 08:49:38 GMT"}}}, now + 100ms), 1s)
      << "rounds up";
  for (const char* value : {"", "soon", "-5", "1.5", "1e3", " ", "5 s", "tomorrow, perhaps"}) {
    EXPECT_EQ(read(value), std::nullopt) << value;
  }
}

TEST(Retry, AsksThePolicy) {
  const auto once_424 = [](int status, int attempt) { return status == 424 && attempt == 1; };
  Script script{.statuses = {424, 424, 200}};
  EXPECT_EQ(script.run({.retryable = once_424}).status, 424);
  EXPECT_EQ(script.sent, 2);
  Script other{.statuses = {503, 200}};
  EXPECT_EQ(other.run({.retryable = once_424}).status, 503);
}

TEST(Retry, RefusesPoliciesThatMakeNoSense) {
  for (const RetryPolicy& policy : {RetryPolicy{.attempts = 0}, RetryPolicy{.first = -1ms},
                                    RetryPolicy{.first = 2s, .longest = 1s}, RetryPolicy{.factor = 0.5}}) {
    Script script{.statuses = {200}};
    try {
      script.run(policy);
      ADD_FAILURE();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
    }
    EXPECT_EQ(script.sent, 0);
  }
}

}  // namespace
}  // namespace hangtag::net
