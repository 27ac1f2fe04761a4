// Where a handler puts its answer, at once or later, from any thread.
#pragma once

#include <memory>
#include <string>

#include "http/message.h"

namespace hangtag::http {

class Exchange;  // what the answer's giver and the connection share

// An answer in pieces, each sent as it comes (chunked). One thread at a time. Destroyed without finish(), it cuts the
// connection, so that the client does not take half an answer for a whole one.
class Stream {
 public:
  explicit Stream(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~Stream();
  Stream(Stream&&) noexcept = default;
  Stream& operator=(Stream&&) = delete;

  // False once nobody reads any more: the client left, the deadline passed, the server stopped. Waits while more than
  // 1 MiB is unsent, except on the server's own threads.
  bool write(std::string bytes);
  bool write_event(std::string_view event, std::string_view data);  // one server-sent event; both may be empty
  void finish();

 private:
  std::shared_ptr<Exchange> exchange_;
};

// Answers its request exactly once. Destroyed before that, it answers 500. May outlive the server.
class Responder {
 public:
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~Responder();
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) = delete;

  // Both throw kInternal when there was an answer before. One that comes too late is dropped.
  void send(Response response);
  Stream stream(Response head);  // status and headers; its body is not used

 private:
  std::shared_ptr<Exchange> taken();
  std::shared_ptr<Exchange> exchange_;
};

}  // namespace hangtag::http
