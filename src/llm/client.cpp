#include "llm/client.h"

#include <utility>

#include "base/error.h"

namespace hangtag::llm {

using base::ErrorCode;

// The worst case of one attempt, set aside while it runs; then counted as spent, in full unless charge() says
// otherwise.
class Client::Reservation {
 public:
  // Throws kLimit where the budget does not hold it.
  Reservation(Client& client, double worst) : client_(client), worst_(worst), charge_(worst) {
    const std::lock_guard lock(client_.mutex_);
    const auto& max_cost = client_.options_.max_cost;
    const double spent = client_.totals_.cost.value_or(0);
    if (max_cost && spent + client_.reserved_ + worst_ > *max_cost) {
      base::fail(ErrorCode::kLimit,
                 "{}: the budget of {:.2f} {} is used up: {:.4f} spent, {:.4f} set aside for requests under way, and "
                 "another may cost {:.4f}",
                 client_.provider_->model(), *max_cost, client_.options_.prices->currency(), spent, client_.reserved_,
                 worst_);
    }
    client_.reserved_ += worst_;
  }

  ~Reservation() {
    const std::lock_guard lock(client_.mutex_);
    client_.reserved_ -= worst_;
    if (client_.priced_) *client_.totals_.cost += charge_;
  }

  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  void charge(double cost) { charge_ = cost; }

 private:
  Client& client_;
  double worst_;
  double charge_;
};

Client::Client(std::unique_ptr<Provider> provider, ClientOptions options)
    : provider_(std::move(provider)),
      options_(std::move(options)),
      priced_(options_.prices && options_.prices->cost(provider_->model(), {})),
      rate_limit_(options_.requests_per_minute, options_.waiter) {
  if (!options_.send) {
    options_.send = [client = std::make_shared<net::Client>(options_.http)](const net::Request& request) {
      return client->send(request);
    };
  }
  options_.retry.retryable = [provider = provider_.get()](int status, int attempt) {
    return provider->retryable(status, attempt);
  };
  if (priced_) totals_.cost = 0;
  if (options_.max_cost && !(*options_.max_cost >= 0)) {
    base::fail(ErrorCode::kUsage, "the budget is {}; expected 0 or more", *options_.max_cost);
  }
  if (options_.max_cost && !priced_) {
    base::fail(
        ErrorCode::kUsage,
        "a budget is set, but there is no price for the model \"{}\"; add it to the prices, or leave the budget out",
        provider_->model());
  }
}

Reply Client::ask(const Chat& chat) {
  const auto cost = [&](const Usage& usage) {
    return priced_ ? options_.prices->cost(provider_->model(), usage).value() : 0;
  };
  std::optional<Reservation> reservation;
  bool repeated = false;
  const auto attempt = [&](const net::Request&) {
    rate_limit_.wait();
    // Made anew for each attempt: a signature holds the time.
    const net::Request request = provider_->request(chat);
    reservation.emplace(*this, cost({.input_tokens = static_cast<std::int64_t>(request.body.size()),
                                     .output_tokens = chat.max_tokens}));
    {
      const std::lock_guard lock(mutex_);
      ++totals_.requests;
      totals_.retries += std::exchange(repeated, true);
    }
    net::Response response = [&] {
      try {
        return options_.send(request);
      } catch (const base::Error& error) {
        // An answer that is too large is the server's fault; here, kLimit tells that the budget is used up.
        if (error.code() == ErrorCode::kLimit) throw base::Error(ErrorCode::kInvalid, error.what());
        throw;
      }
    }();
    if (response.status != 200) {
      reservation->charge(0);
      reservation.reset();
    }
    return response;
  };
  const net::Response response =
      net::send_with_retries(attempt, provider_->request(chat), options_.retry, options_.waiter);
  Reply reply = provider_->parse(response);
  const auto& [input, output] = reply.usage;
  if (reservation && input + output > 0) reservation->charge(cost(reply.usage));
  reservation.reset();
  const std::lock_guard lock(mutex_);
  totals_.usage.input_tokens += input;
  totals_.usage.output_tokens += output;
  return reply;
}

Totals Client::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

}  // namespace hangtag::llm
