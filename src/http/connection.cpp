#include "http/connection.h"

#include <fmt/chrono.h>
#include <poll.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <cmath>
#include <ctime>
#include <random>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "http/respond.h"
#include "http/text.h"

namespace hangtag::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr std::size_t kReadBytes = 64 << 10;
constexpr std::size_t kWriteBytes = 256 << 10;
constexpr auto kLookEvery = 100ms;  // whether the client is still there
constexpr auto kLingerTime = 1s;
constexpr std::size_t kLingerBytes = 32 << 20;
constexpr int kClientLeft = 499;  // nginx's number; never sent

std::string make_id() {
  thread_local base::Random random((std::uint64_t{std::random_device()()} << 32) | std::random_device()());
  return fmt::format("{:016x}", random.next());
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
  });
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// As IMF-fixdate: RFC 9110, section 5.6.7. strftime() would take the names from the locale.
std::string date(std::chrono::system_clock::time_point now) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[tm.tm_wday], tm.tm_mday, kMonths[tm.tm_mon],
                     tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

bool is_ours(std::string_view name) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"Content-Length", "Transfer-Encoding", "Connection", "Date",
                                              "X-Request-Id"},
      [&](std::string_view each) { return same_name(name, each); });
}

bool can_be_sent(const Response& response) {
  return response.status >= 200 && response.status <= 599 &&
         std::ranges::all_of(response.headers, [](const Header& header) {
           return is_token(header.name) &&
                  std::ranges::none_of(header.value, [](char c) { return is_control(c) && c != '\t'; });
         });
}

bool may_have_body(int status) {
  return status != 204 && status != 304;
}

}  // namespace

Shared::Shared(ServerOptions server_options, Router server_router)
    : options(std::move(server_options)), router(std::move(server_router)) {
  if (!options.metrics) return;
  Metrics& metrics = *options.metrics;
  requests = &metrics.counter(
      {.name = "http_requests_total", .help = "Requests answered.", .labels = {"route", "method", "status"}});
  seconds = &metrics.histogram({.name = "http_request_seconds",
                                .help = "From a request's first byte to its answer's last.",
                                .labels = {"route"},
                                .bounds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}});
  connections = &metrics.gauge({.name = "http_connections", .help = "Connections that are open."});
  rejected = &metrics.counter(
      {.name = "http_rejected_total", .help = "Requests refused before a handler saw them.", .labels = {"reason"}});
}

void Shared::reject(const char* reason) const {
  if (rejected != nullptr) rejected->add(1, {reason});
}

// ---------------------------------------------------------------------------------------------------------- timeouts

Connection::Alarm::Alarm(Connection& connection)
    : connection_(connection), timer_(connection.socket_.get_executor()) {}

void Connection::Alarm::set(std::chrono::milliseconds duration, Then then) {
  rang_ = false;
  const auto setting = ++setting_;
  timer_.expires_after(duration);
  timer_.async_wait([this, setting, then, keep = connection_.shared_from_this()](error_code) {
    // It may have been on its way already when the setting changed.
    if (setting != setting_) return;
    rang_ = true;
    error_code ignored;
    if (then == Then::kClose) connection_.close();
    if (connection_.socket_.is_open()) connection_.socket_.cancel(ignored);
  });
}

void Connection::Alarm::off() {
  ++setting_;
  timer_.cancel();
}

// -------------------------------------------------------------------------------------------------------- connection

Connection::Connection(Socket socket, Shared& shared)
    : socket_(std::move(socket)),
      shared_(shared),
      buffer_(shared.options.max_header_bytes + 2 * kReadBytes),
      alarm_(*this),
      look_(socket_.get_executor()) {
  error_code ignored;
  const auto endpoint = socket_.remote_endpoint(ignored);
  if (!ignored) peer_ = endpoint.address().to_string();
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

asio::awaitable<void> Connection::serve() {
  try {
    while (!closed_ && co_await serve_request()) first_ = false;
  } catch (const std::exception& error) {
    spdlog::error("connection of {}: {}", peer_, error.what());
  }
  alarm_.off();
  close();
}

asio::awaitable<void> Connection::refuse() {
  shared_.reject("connections");
  Record record{.start = Clock::now()};
  record.head.id = make_id();
  co_await send(record, overloaded_response(record.head), true);
  alarm_.off();
  close();
}

void Connection::close_if_idle() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (self->idle_) self->close();
  });
}

void Connection::cut() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->close(); });
}

void Connection::close() {
  closed_ = true;
  error_code ignored;
  socket_.close(ignored);
  look_.cancel();
}

// True as well when the client has only shut down its writing side: the two cannot be told apart.
bool Connection::client_left() {
  if (closed_) return true;
  pollfd descriptor{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&descriptor, 1, 0) > 0;
}

// ----------------------------------------------------------------------------------------------------------- reading

// False at the end of the stream, and after the alarm rang.
asio::awaitable<bool> Connection::fill() {
  if (closed_ || alarm_.rang()) co_return false;
  error_code failure;
  const auto space = buffer_.prepare(std::min(kReadBytes, buffer_.max_size() - buffer_.size()));
  const std::size_t count =
      co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, failure));
  buffer_.commit(count);
  co_return !failure && !alarm_.rang();
}

// Feeds the parser until done(). No composed operation of Beast: between two of its reads, a timeout could be missed.
template <typename Parser, typename Done>
asio::awaitable<error_code> Connection::read(Parser& parser, Done done) {
  while (!done()) {
    error_code failure;
    std::size_t used = 0;
    if (buffer_.size() > 0) {
      used = parser.put(buffer_.data(), failure);
      buffer_.consume(used);
      if (failure && failure != beast::http::error::need_more) co_return failure;
      if (!failure && used > 0) continue;
    }
    if (buffer_.size() == buffer_.max_size()) co_return error_code(beast::http::error::buffer_overflow);
    if (const bool more = co_await fill(); !more) co_return error_code(beast::http::error::partial_message);
  }
  co_return error_code();
}

// Fills the record out of a parsed head, as far as it can.
template <typename Parser>
std::optional<Connection::Refusal> Connection::understand(const Parser& parser, Record& record) const {
  const auto& message = parser.get();
  Head& head = record.head;
  head.method = std::string(message.method_string());
  for (const auto& header : message) head.headers.add(std::string(header.name_string()), std::string(header.value()));
  if (const auto id = head.header("X-Request-Id"); id && is_id(*id)) head.id = *id;
  record.http_1_0 = message.version() == 10;
  record.keep_alive = parser.keep_alive();

  if (head.headers.count("Host") > 1 || (head.headers.count("Host") == 0 && !record.http_1_0)) {
    return Refusal{400, "malformed", "expected one Host header", "malformed"};
  }
  const auto coding = head.header("Transfer-Encoding");
  if (coding && (head.header("Content-Length") || head.headers.count("Transfer-Encoding") > 1 || record.http_1_0)) {
    return Refusal{400, "malformed", "a body's length is given in more than one way", "malformed"};
  }
  if (coding && !same_name(trimmed(*coding), "chunked")) {
    return Refusal{501, "transfer_encoding", "no transfer coding but chunked is known", "malformed"};
  }
  auto target = parse_target({message.target().data(), message.target().size()});
  if (!target) {
    return Refusal{400, "malformed", "the target is no path that can be used; expected /path?query", "malformed"};
  }
  head.target = *std::move(target);

  if (const auto expected = head.header("Expect")) {
    if (!same_name(*expected, "100-continue")) {
      return Refusal{417, "expectation", "no expectation but 100-continue is known", "malformed"};
    }
    record.expects_continue = !record.http_1_0;
  }
  return std::nullopt;
}

std::optional<Connection::Refusal> Connection::set_deadline(Record& record, const Route& route) const {
  auto budget = route.options.max_request.value_or(shared_.options.max_request);
  if (const auto asked = record.head.header("X-Request-Timeout-Ms")) {
    const auto ms = number_of<std::uint32_t>(*asked);
    if (!ms || *ms == 0) return Refusal{400, "timeout", "X-Request-Timeout-Ms is no number above 0", "malformed"};
    budget = std::min(budget, std::chrono::milliseconds(*ms));
  }
  record.head.cancellation = Cancellation(Clock::now() + budget);
  return std::nullopt;
}

// True where the connection may carry another request.
asio::awaitable<bool> Connection::serve_request() {
  using Then = Alarm::Then;
  const ServerOptions& options = shared_.options;
  if (buffer_.size() == 0) {
    error_code ignored;
    if (shared_.stopping && socket_.available(ignored) == 0) co_return false;
    idle_ = true;
    alarm_.set(first_ ? options.header_timeout : options.idle_timeout, Then::kCancel);
    const bool more = co_await fill();
    idle_ = false;
    if (!more) co_return false;
  }

  Record record{.start = Clock::now()};
  record.head.peer = peer_;
  record.head.id = make_id();
  const auto refuse_by = [&](const Refusal& refusal) {
    if (refusal.reason != nullptr) shared_.reject(refusal.reason);
    return error_response(record.head, refusal.status, refusal.code, refusal.message);
  };

  beast::http::request_parser<beast::http::empty_body> head_parser;
  head_parser.header_limit(options.max_header_bytes);
  head_parser.body_limit(boost::none);  // known only with the route
  alarm_.set(options.header_timeout, Then::kCancel);
  const error_code failure = co_await read(head_parser, [&] { return head_parser.is_header_done(); });
  if (failure) {
    using Error = beast::http::error;
    Refusal refusal{400, "malformed", "this is no HTTP request", "malformed"};
    if (failure == Error::header_limit || failure == Error::buffer_overflow) {
      refusal = {431, "headers_too_large", "the headers are larger than allowed", "headers_too_large"};
    }
    if (failure == Error::bad_version) {
      refusal = {505, "version", "expected HTTP/1.1 or HTTP/1.0", "malformed"};
    }
    if (alarm_.rang()) refusal = {408, "timeout", "the headers took too long", "header_timeout"};
    if (!alarm_.rang() && failure == Error::partial_message) co_return false;  // left, or cut
    co_return co_await send(record, refuse_by(refusal), true);
  }
  alarm_.off();

  const auto misunderstood = understand(head_parser, record);
  if (misunderstood) co_return co_await send(record, refuse_by(*misunderstood), true);
  const bool has_body = !head_parser.is_done();

  auto match = shared_.router.match(record.head.method, record.head.target);
  if (match.route == nullptr) {
    const Refusal unknown{404, "not_found", "there is nothing at this path", nullptr};
    const Refusal other{405, "method_not_allowed", "the path has other methods; see Allow", nullptr};
    auto response = refuse_by(match.allow.empty() ? unknown : other);
    if (!match.allow.empty()) response.headers.add("Allow", match.allow);
    co_return co_await send(record, std::move(response), has_body);
  }
  const Route& route = *match.route;
  record.route = route.pattern;
  record.head.parameters = std::move(match.parameters);
  const auto no_deadline = set_deadline(record, route);
  if (no_deadline) co_return co_await send(record, refuse_by(*no_deadline), has_body);

  const auto max_body = route.options.max_body_bytes.value_or(options.max_body_bytes);
  const Refusal too_large{413, "body_too_large", "the body is larger than allowed", "body_too_large"};
  if (const auto length = record.head.header("Content-Length")) {
    // Beast has checked that it is a number.
    if (number_of<std::uint64_t>(*length).value_or(UINT64_MAX) > max_body) {
      co_return co_await send(record, refuse_by(too_large), true);
    }
  }
  if (route.options.admit) {
    std::optional<Response> refused;
    try {
      refused = route.options.admit(record.head);
    } catch (const std::exception& error) {
      spdlog::error("request {}: {}", record.head.id, error.what());
      refused = error_response(record.head, 500, "internal", "the request was not answered");
    }
    if (refused) {
      shared_.reject("admission");
      co_return co_await send(record, *std::move(refused), has_body);
    }
  }

  Request request;
  if (has_body) {
    if (record.expects_continue && buffer_.size() == 0) {
      const bool sent = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
      if (!sent) co_return false;
    }
    beast::http::request_parser<beast::http::string_body> parser(std::move(head_parser));
    parser.body_limit(max_body);
    parser.eager(true);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(record.head.deadline() - Clock::now());
    alarm_.set(std::min(options.body_timeout, left), Then::kCancel);
    const error_code broken = co_await read(parser, [&] { return parser.is_done(); });
    if (broken) {
      Refusal refusal{400, "malformed", "the body is malformed", "malformed"};
      if (broken == beast::http::error::body_limit) refusal = too_large;
      if (alarm_.rang()) refusal = {408, "timeout", "the body took too long", "body_timeout"};
      if (!alarm_.rang() && broken == beast::http::error::partial_message) {
        record.status = kClientLeft;
        log(record);
        co_return false;
      }
      co_return co_await send(record, refuse_by(refusal), true);
    }
    alarm_.off();
    request.body = std::move(parser.get().body());
  }
  static_cast<Head&>(request) = record.head;
  co_return co_await answer(record, std::move(request), route);
}

// --------------------------------------------------------------------------------------------------------- answering

asio::awaitable<bool> Connection::answer(Record& record, Request request, const Route& route) {
  const auto exchange = std::make_shared<Exchange>(record.head, [this] {
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->look_.cancel(); });
  });
  // However this ends: nothing may call the connection afterwards.
  struct Closing {
    Exchange& exchange;
    ~Closing() { exchange.close(); }
  } const closing{*exchange};

  try {
    if (!request.cancelled()) route.handler(std::move(request), Responder(exchange));
  } catch (const std::exception& error) {
    spdlog::error("request {}: {}", record.head.id, error.what());
  }
  while (true) {
    if (auto given = exchange->take_answer()) {
      if (!given->streamed) co_return co_await send(record, std::move(given->response), false);
      co_return co_await relay(record, std::move(given->response), *exchange);
    }
    if (record.head.cancellation.expired()) {
      co_return co_await send(
          record, error_response(record.head, 504, "deadline", "no answer was ready before the request's deadline"),
          false);
    }
    if (client_left()) {
      record.head.cancellation.cancel();
      record.status = kClientLeft;
      log(record);
      co_return false;
    }
    error_code ignored;
    look_.expires_at(std::min(record.head.deadline(), Clock::now() + kLookEvery));
    co_await look_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

asio::awaitable<bool> Connection::relay(Record& record, Response response, Exchange& exchange) {
  if (!can_be_sent(response)) {
    spdlog::error("request {}: the answer has a status or a header that cannot be sent", record.head.id);
    co_return co_await send(
        record, error_response(record.head, 500, "internal", "the request was not answered"), false);
  }
  record.keep_alive = record.keep_alive && !record.http_1_0 && !shared_.stopping;
  record.status = response.status;
  bool open = co_await write(head_of(record, response, std::nullopt));
  if (record.head.method == "HEAD" || !may_have_body(response.status)) {
    log(record);
    co_return open && record.keep_alive;
  }
  bool whole = false;
  while (open) {
    auto piece = exchange.take_piece();
    if (!piece.bytes.empty()) {
      record.bytes += piece.bytes.size();
      // HTTP/1.0 knows no chunks: there the end of the connection is the end of the answer.
      if (!record.http_1_0) piece.bytes = fmt::format("{:x}\r\n{}\r\n", piece.bytes.size(), piece.bytes);
      open = co_await write(piece.bytes);
      continue;
    }
    if (piece.ended) {
      whole = piece.whole;
      break;
    }
    if (record.head.cancellation.expired()) break;
    if (client_left()) {
      record.head.cancellation.cancel();
      break;
    }
    error_code ignored;
    look_.expires_at(std::min(record.head.deadline(), Clock::now() + kLookEvery));
    co_await look_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (!open) record.head.cancellation.cancel();
  if (whole && !record.http_1_0) open = co_await write("0\r\n\r\n");
  log(record);
  co_return whole && open && record.keep_alive;
}

// True where the connection may carry another request.
asio::awaitable<bool> Connection::send(Record& record, Response response, bool close) {
  if (!can_be_sent(response)) {
    spdlog::error("request {}: the answer has a status or a header that cannot be sent", record.head.id);
    response = error_response(record.head, 500, "internal", "the request was not answered");
  }
  record.keep_alive = record.keep_alive && !close && !shared_.stopping;
  record.status = response.status;
  if (!may_have_body(response.status)) response.body.clear();
  std::string head =
      head_of(record, response, response.status == 204 ? std::nullopt : std::optional(response.body.size()));
  if (record.head.method == "HEAD") response.body.clear();
  record.bytes = response.body.size();
  if (response.body.size() <= kReadBytes) head += std::exchange(response.body, {});
  bool open = co_await write(head);
  if (open && !response.body.empty()) open = co_await write(response.body);
  log(record);
  if (open && close) co_await linger();
  co_return open && record.keep_alive;
}

// Without a length, and unless there is no body at all, it announces chunks.
std::string Connection::head_of(const Record& record, const Response& response,
                                std::optional<std::uint64_t> length) const {
  const auto reason = beast::http::obsolete_reason(static_cast<beast::http::status>(response.status));
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, std::string_view(reason.data(), reason.size()));
  for (const Header& header : response.headers) {
    if (!is_ours(header.name)) head += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  if (length && response.status != 304) head += fmt::format("Content-Length: {}\r\n", *length);
  if (!length && may_have_body(response.status) && !record.http_1_0) head += "Transfer-Encoding: chunked\r\n";
  if (!record.keep_alive) head += "Connection: close\r\n";
  if (record.keep_alive && record.http_1_0) head += "Connection: keep-alive\r\n";
  head += fmt::format("Date: {}\r\nX-Request-Id: {}\r\n\r\n", date(std::chrono::system_clock::now()), record.head.id);
  return head;
}

asio::awaitable<bool> Connection::write(std::string_view bytes) {
  while (!bytes.empty() && !closed_) {
    const auto piece = bytes.substr(0, kWriteBytes);
    error_code failure;
    alarm_.set(shared_.options.write_timeout, Alarm::Then::kClose);
    co_await asio::async_write(socket_, asio::buffer(piece.data(), piece.size()),
                               asio::redirect_error(asio::use_awaitable, failure));
    alarm_.off();
    if (failure) close();
    bytes.remove_prefix(piece.size());
  }
  co_return !closed_;
}

// Closing on unread bytes would reset the connection, and take the answer from a client that still sends.
asio::awaitable<void> Connection::linger() {
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  alarm_.set(kLingerTime, Alarm::Then::kCancel);
  std::size_t left = kLingerBytes;
  while (true) {
    left -= std::min(left, buffer_.size());
    buffer_.consume(buffer_.size());
    if (left == 0) break;
    if (const bool more = co_await fill(); !more) break;
  }
  alarm_.off();
}

void Connection::log(const Record& record) const {
  const double seconds = std::chrono::duration<double>(Clock::now() - record.start).count();
  const std::string route = record.route.value_or("none");
  // Methods are the client's to invent; a label must not be.
  constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  const bool known = std::ranges::find(kMethods, record.head.method) != std::end(kMethods);
  if (shared_.requests != nullptr) {
    shared_.requests->add(1, {route, known ? record.head.method : "other", std::to_string(record.status)});
    shared_.seconds->observe(seconds, {route});
  }
  if (!shared_.options.access_log) return;
  base::OrderedJson line;
  line["time"] = fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr)));
  line["id"] = record.head.id;
  line["method"] = known ? base::OrderedJson(record.head.method) : base::OrderedJson(nullptr);
  line["route"] = record.route ? base::OrderedJson(*record.route) : base::OrderedJson(nullptr);
  line["status"] = record.status;
  line["bytes"] = record.bytes;
  line["ms"] = std::round(seconds * 1e6) / 1e3;
  line["peer"] = peer_;
  shared_.options.access_log(base::to_line(line));
}

}  // namespace hangtag::http
