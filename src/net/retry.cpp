#include "net/retry.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "net/url.h"

namespace hangtag::net {

namespace {

using base::ErrorCode;

void check(const RetryPolicy& policy) {
  if (policy.attempts < 1 || policy.first.count() < 0 || policy.longest < policy.first || !(policy.factor >= 1)) {
    base::fail(ErrorCode::kUsage,
               "retries: {} attempts, {} ms to {} ms apart, factor {}; expected at least 1 attempt, waits that are not "
               "negative, the longest no shorter than the first, and a factor of at least 1",
               policy.attempts, policy.first.count(), policy.longest.count(), policy.factor);
  }
}

}  // namespace

bool is_passing(int status) {
  return status == 429 || (status >= 500 && status < 600);
}

std::optional<std::chrono::seconds> retry_after(const Response& response, std::chrono::system_clock::time_point now) {
  const auto value = response.header("Retry-After");
  if (!value || value->empty()) return std::nullopt;
  // As long as can be said where the number is longer; short enough to be added to.
  constexpr std::chrono::seconds kEndless = std::chrono::hours(24 * 365);
  if (value->find_first_not_of("0123456789") == std::string::npos) {
    std::int64_t seconds = 0;
    const auto result = std::from_chars(value->data(), value->data() + value->size(), seconds);
    return result.ec == std::errc() ? std::min(std::chrono::seconds(seconds), kEndless) : kEndless;
  }
  // A date begins with the name of its day. curl_getdate() reads more, numbers among it, than dates of HTTP.
  if (value->find(',') == std::string::npos && value->find(':') == std::string::npos) return std::nullopt;
  const std::time_t date = curl_getdate(value->c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const auto wait = std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::from_time_t(date) - now);
  return std::clamp(wait, std::chrono::seconds(0), kEndless);
}

Response send_with_retries(const std::function<Response(const Request&)>& send, const Request& request,
                           const RetryPolicy& policy, const Waiter& waiter) {
  check(policy);
  for (int attempt = 1;; ++attempt) {
    const bool last = attempt == policy.attempts;
    std::optional<Response> response;
    try {
      response = send(request);
    } catch (const base::Error& error) {
      if (last || error.code() != ErrorCode::kIo) throw;
    }
    std::chrono::seconds asked{0};
    if (response) {
      if (last || !policy.retryable(response->status, attempt)) return *std::move(response);
      asked = retry_after(*response, waiter.date()).value_or(asked);
      if (asked > policy.longest_retry_after) {
        base::fail(
            ErrorCode::kIo,
            "{}: the server answered {} and asks to wait {} s, more than the {} s that are waited; try again later",
            shown_url(request.url), response->status, asked.count(), policy.longest_retry_after.count());
      }
    }
    using Milliseconds = std::chrono::duration<double, std::milli>;
    const Milliseconds widest =
        std::min<Milliseconds>(policy.longest, policy.first * std::pow(policy.factor, attempt - 1));
    waiter.sleep(asked + std::chrono::duration_cast<std::chrono::nanoseconds>(widest * waiter.random()));
  }
}

}  // namespace hangtag::net
