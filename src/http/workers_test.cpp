#include "http/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "base/error.h"
#include "http/exchange.h"

namespace hangtag::http {
namespace {

// A request without a server.
struct Asked {
  Request request{};
  std::shared_ptr<Exchange> exchange = std::make_shared<Exchange>(request, [] {});
  Responder responder{exchange};

  std::optional<int> status() {
    const auto answer = exchange->take_answer();
    return answer ? std::optional(answer->response.status) : std::nullopt;
  }
};

TEST(Workers, RefuseWhatDoesNotFit) {
  EXPECT_THROW(Workers(0, 1), base::Error);
  EXPECT_THROW(Workers(1, 0), base::Error);
  std::promise<void> started, go_on;
  Asked running, waiting, refused, offered;
  std::optional<Workers> workers(std::in_place, 1, 1);
  ASSERT_TRUE(workers->try_submit(running.request, running.responder, [&](const Request&, Responder responder) {
    started.set_value();
    go_on.get_future().wait();
    responder.send({.status = 201});
  }));
  started.get_future().wait();
  EXPECT_FALSE(workers->admit_while_room()(Head()));
  const Handler work = [](const Request&, Responder responder) { responder.send({.status = 202}); };
  ASSERT_TRUE(workers->try_submit(waiting.request, waiting.responder, work));

  EXPECT_FALSE(workers->try_submit(refused.request, refused.responder, work));
  refused.responder.send({.status = 429});
  EXPECT_EQ(refused.status(), 429) << "what is refused is still to be answered";
  EXPECT_EQ(workers->admit_while_room()(Head())->status, 503);
  workers->handler(work)(std::move(offered.request), std::move(offered.responder));
  EXPECT_EQ(offered.status(), 503);

  go_on.set_value();
  while (workers->waiting() > 0) std::this_thread::yield();
  workers.reset();
  EXPECT_EQ(running.status(), 201);
  EXPECT_EQ(waiting.status(), 202);
}

TEST(Workers, SkipWhatNobodyWaitsFor) {
  std::promise<void> started, go_on;
  std::atomic<int> calls = 0;
  Asked running, cancelled, expired, throwing;
  const auto count = [&](const Request&, const Responder&) { ++calls; };
  {
    Workers workers(1, 8);
    workers.try_submit(running.request, running.responder, [&](const Request&, const Responder&) {
      started.set_value();
      go_on.get_future().wait();
    });
    started.get_future().wait();
    cancelled.request.cancellation.cancel();
    expired.request.cancellation = Cancellation(Clock::now());
    workers.try_submit(cancelled.request, cancelled.responder, count);
    workers.try_submit(expired.request, expired.responder, count);
    workers.try_submit(throwing.request, throwing.responder,
                       [](const Request&, const Responder&) { throw std::runtime_error("expected by a test"); });
    go_on.set_value();
    while (workers.waiting() > 0) std::this_thread::yield();
  }
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(running.status(), 500) << "it ended without an answer";
  EXPECT_EQ(throwing.status(), 500);
}

TEST(Workers, AnAnswerIsGivenOnce) {
  Asked asked;
  asked.responder.send({.status = 200});
  EXPECT_THROW(asked.responder.send({.status = 201}), base::Error);
  EXPECT_THROW(asked.responder.stream({}), base::Error);
  EXPECT_EQ(asked.status(), 200);
}

}  // namespace
}  // namespace hangtag::http
