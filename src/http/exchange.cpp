#include "http/exchange.h"

#include <algorithm>

#include "base/error.h"
#include "http/respond.h"
#include "http/text.h"

namespace hangtag::http {

namespace {

constexpr std::size_t kMaxUnsentBytes = 1 << 20;

thread_local bool server_thread = false;

}  // namespace

void mark_server_thread() {
  server_thread = true;
}

Exchange::Exchange(const Head& head, std::function<void()> wake) : wake_(std::move(wake)) {
  head_.id = head.id;
  head_.cancellation = head.cancellation;
}

void Exchange::answer(Response response, bool streamed) {
  const std::lock_guard lock(mutex_);
  if (!wake_) return;
  answer_ = Answer{.response = std::move(response), .streamed = streamed};
  wake_();
}

void Exchange::drop() {
  answer(head_.cancellation.expired()
             ? error_response(head_, 504, "deadline", "no answer was ready before the request's deadline")
             : error_response(head_, 500, "internal", "the request was not answered"),
         false);
}

bool Exchange::write(std::string bytes) {
  std::unique_lock lock(mutex_);
  const auto& cancellation = head_.cancellation;
  if (!wake_ || cancellation.cancelled()) return false;
  piece_.bytes += bytes;
  wake_();
  const auto has_room = [&] { return !wake_ || piece_.bytes.size() <= kMaxUnsentBytes; };
  // The connection closes the exchange when the client leaves or the deadline passes, and wakes this wait.
  if (!server_thread) room_.wait(lock, has_room);
  return static_cast<bool>(wake_);
}

void Exchange::end(bool whole) {
  const std::lock_guard lock(mutex_);
  piece_.ended = true;
  piece_.whole = whole;
  if (wake_) wake_();
}

std::optional<Exchange::Answer> Exchange::take_answer() {
  const std::lock_guard lock(mutex_);
  return std::exchange(answer_, std::nullopt);
}

Exchange::Piece Exchange::take_piece() {
  const std::lock_guard lock(mutex_);
  room_.notify_all();
  return {.bytes = std::exchange(piece_.bytes, {}), .ended = piece_.ended, .whole = piece_.whole};
}

void Exchange::close() {
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
  room_.notify_all();
}

Stream::~Stream() {
  if (exchange_) exchange_->end(false);
}

bool Stream::write(std::string bytes) {
  return exchange_ && exchange_->write(std::move(bytes));
}

bool Stream::write_event(std::string_view event, std::string_view data) {
  if (std::ranges::any_of(event, is_control)) {
    base::fail(base::ErrorCode::kInternal, "the name of an event holds a control character; it must be one line");
  }
  std::string text;
  if (!event.empty()) text += fmt::format("event: {}\n", event);
  // Every line of the data is a line of the event; a carriage return ends one too (HTML standard, 9.2.6).
  while (true) {
    const auto end = data.find_first_of("\r\n");
    text += fmt::format("data: {}\n", data.substr(0, end));
    if (end == std::string_view::npos) break;
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  return write(text + '\n');
}

void Stream::finish() {
  if (exchange_) std::exchange(exchange_, nullptr)->end(true);
}

Responder::~Responder() {
  if (exchange_) exchange_->drop();
}

void Responder::send(Response response) {
  taken()->answer(std::move(response), false);
}

Stream Responder::stream(Response head) {
  auto exchange = taken();
  exchange->answer(std::move(head), true);
  return Stream(std::move(exchange));
}

std::shared_ptr<Exchange> Responder::taken() {
  if (!exchange_) base::fail(base::ErrorCode::kInternal, "a request is answered a second time; one answer is expected");
  return std::exchange(exchange_, nullptr);
}

}  // namespace hangtag::http
