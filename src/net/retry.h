// Requests sent again after failures that may pass.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "net/http.h"
#include "net/waiter.h"

namespace hangtag::net {

// The server is busy, or failed: 429 and 5xx.
bool is_passing(int status);

// Before attempt n + 1, waits a random share of min(longest, first · factor^(n-1)), on top of what Retry-After asks for
// ("full jitter": Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).
struct RetryPolicy {
  int attempts = 5;  // in all, the first included
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds longest{30'000};
  double factor = 2;
  std::chrono::seconds longest_retry_after{120};  // a server that asks for more is not waited for
  // Whether a request that was answered by `status` is worth another attempt, after `attempt` of them (from 1 on).
  std::function<bool(int status, int attempt)> retryable = [](int status, int) { return is_passing(status); };
};

// How long the server asks to wait: Retry-After in seconds or as a date, never negative. Nothing where the header is
// absent or cannot be read.
std::optional<std::chrono::seconds> retry_after(const Response& response, std::chrono::system_clock::time_point now);

// Calls `send` until it gives an answer that is not worth another attempt, or the attempts end; returns the last
// answer, whatever its status. A kIo of `send` is worth another attempt too, and is thrown when they end; whatever else
// it throws passes at once. The server may have done what a request asks although its answer was lost: send only what
// may be done twice. Throws kUsage for a policy that makes no sense, and kIo where Retry-After is beyond
// longest_retry_after.
Response send_with_retries(const std::function<Response(const Request&)>& send, const Request& request,
                           const RetryPolicy& policy = {}, const Waiter& waiter = {});

}  // namespace hangtag::net
