// Chats sent to a provider: with retries, no faster than allowed, for no more money than allowed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "llm/prices.h"
#include "llm/provider.h"
#include "net/http.h"
#include "net/rate_limit.h"
#include "net/retry.h"

namespace hangtag::llm {

struct ClientOptions {
  net::ClientOptions http{};
  net::RetryPolicy retry{};        // which statuses are retried, the provider says
  double requests_per_minute = 0;  // 0: no limit
  std::optional<Prices> prices{};
  std::optional<double> max_cost{};  // in the prices' currency, of all chats together
  // Replaced by tests; may be called by several threads at once. Unless set, a net::Client sends.
  std::function<net::Response(const net::Request&)> send{};
  net::Waiter waiter{};
};

// Since the client was made.
struct Totals {
  std::int64_t requests = 0;     // attempts in all
  std::int64_t retries = 0;      // of them, repeated ones
  Usage usage{};                 // as answers told
  std::optional<double> cost{};  // see Client; nothing where the model has no price
};

// May be used by several threads at once.
//
// Only a server that bills more than max_tokens can exceed the budget. Before each attempt its worst case is set aside:
// max_tokens of output, and as many tokens of input as the request's body has bytes, since no tokenizer makes more
// tokens than bytes and the body's JSON outweighs what a model's template puts around the text. A readable answer costs
// what its usage says. Whatever may be billed though nobody can say how much counts in full: an attempt that got no
// whole answer, an answer of status 200 that cannot be read or does not tell its usage. Answers of another status are
// free.
class Client {
 public:
  // Throws kUsage for a max_cost that is negative or comes without a price for the model, and for options that
  // net::Client or net::RateLimit refuse.
  explicit Client(std::unique_ptr<Provider> provider, ClientOptions options = {});

  // Throws what Provider and net::send_with_retries() throw, kInvalid for an answer that is too large, and kLimit only where
  // the budget does not allow another attempt.
  Reply ask(const Chat& chat);

  Totals totals() const;
  const Provider& provider() const { return *provider_; }

 private:
  class Reservation;

  std::unique_ptr<Provider> provider_;
  ClientOptions options_;
  bool priced_;
  net::RateLimit rate_limit_;
  mutable std::mutex mutex_;
  Totals totals_;
  double reserved_ = 0;  // for attempts under way
};

}  // namespace hangtag::llm
