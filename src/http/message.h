// What a client asks and what it is answered: values, without a word of sockets.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/target.h"

namespace hangtag::http {

using Clock = std::chrono::steady_clock;

struct Header {
  std::string name;
  std::string value;
};

// In the order in which they came; names compare without their case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> headers) : headers_(headers) {}

  std::optional<std::string_view> find(std::string_view name) const;  // the first of this name
  std::size_t count(std::string_view name) const;
  void add(std::string name, std::string value) { headers_.push_back({std::move(name), std::move(value)}); }
  void set(std::string_view name, std::string value);  // instead of all of this name

  auto begin() const { return headers_.begin(); }
  auto end() const { return headers_.end(); }

 private:
  std::vector<Header> headers_;
};

// Whether an answer is still wanted. Copies share one flag; may be used by several threads at once.
class Cancellation {
 public:
  explicit Cancellation(Clock::time_point deadline = Clock::time_point::max()) : deadline_(deadline) {}

  bool cancelled() const { return *flag_ || expired(); }
  bool expired() const { return Clock::now() >= deadline_; }
  void cancel() const { *flag_ = true; }
  Clock::time_point deadline() const { return deadline_; }

 private:
  std::shared_ptr<std::atomic<bool>> flag_ = std::make_shared<std::atomic<bool>>(false);
  Clock::time_point deadline_;
};

// A request before its body.
struct Head {
  std::string method{};
  Target target{};
  std::vector<Field> parameters{};  // what stood for the {names} of the route
  Headers headers{};
  std::string peer{};  // the client's address, without its port
  std::string id{};    // X-Request-Id where it is [A-Za-z0-9._-]{1,64}, else made; unique enough to search logs by
  Cancellation cancellation{};

  // True once the client has closed its side of the connection, or the deadline has passed.
  bool cancelled() const { return cancellation.cancelled(); }
  Clock::time_point deadline() const { return cancellation.deadline(); }

  std::optional<std::string_view> header(std::string_view name) const { return headers.find(name); }
  std::optional<std::string_view> query(std::string_view name) const;  // the first of this name
  const std::string& parameter(std::string_view name) const;           // throws kInternal where the route has none
};

struct Request : Head {
  std::string body{};
};

// Content-Length, Connection, Date and X-Request-Id are the server's to write.
struct Response {
  int status = 200;
  Headers headers{};
  std::string body{};
};

Response json_response(int status, const nlohmann::ordered_json& json);  // invalid UTF-8 is replaced
Response text_response(int status, std::string text);

// {"error":{"code","message","request_id"}}; `code` is for programs ("overloaded"), `message` for people.
Response error_response(const Head& head, int status, std::string_view code, std::string_view message);

// 503 with Retry-After, for work that there is no room for.
Response overloaded_response(const Head& head, std::chrono::seconds retry_after = std::chrono::seconds(1));

}  // namespace hangtag::http
