// One client's connection and its requests, one after another. Not for users of the server.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "http/exchange.h"
#include "http/server.h"

namespace hangtag::http {

// What all connections of a server read.
struct Shared {
  Shared(ServerOptions server_options, Router server_router);

  void reject(const char* reason) const;

  const ServerOptions options;
  const Router router;
  std::atomic<bool> stopping = false;
  Family* requests = nullptr;  // the families are null without options.metrics
  Family* seconds = nullptr;
  Family* connections = nullptr;
  Family* rejected = nullptr;
};

// Everything runs on the socket's strand, except what says otherwise.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  Connection(Socket socket, Shared& shared);

  boost::asio::awaitable<void> serve();   // until the connection ends
  boost::asio::awaitable<void> refuse();  // the answer that there are too many

  // From any thread.
  auto executor() { return socket_.get_executor(); }
  void close_if_idle();
  void cut();

 private:
  struct Refusal {
    int status;
    const char* code;
    const char* message;
    const char* reason;  // for http_rejected_total; null: not counted
  };

  // What becomes of one request.
  struct Record {
    Clock::time_point start;
    Head head{};
    std::optional<std::string> route{};
    int status = 0;
    std::uint64_t bytes = 0;
    bool http_1_0 = false;
    bool keep_alive = false;
    bool expects_continue = false;
  };

  // Ends a read that takes too long; or the connection, where a write does.
  class Alarm {
   public:
    enum class Then { kCancel, kClose };
    explicit Alarm(Connection& connection);
    void set(std::chrono::milliseconds duration, Then then);
    void off();
    bool rang() const { return rang_; }

   private:
    Connection& connection_;
    boost::asio::steady_timer timer_;
    std::uint64_t setting_ = 0;
    bool rang_ = false;
  };

  boost::asio::awaitable<bool> serve_request();
  template <typename Parser, typename Done>
  boost::asio::awaitable<boost::system::error_code> read(Parser& parser, Done done);
  boost::asio::awaitable<bool> fill();
  template <typename Parser>
  std::optional<Refusal> understand(const Parser& parser, Record& record) const;
  std::optional<Refusal> set_deadline(Record& record, const Route& route) const;
  boost::asio::awaitable<bool> answer(Record& record, Request request, const Route& route);
  boost::asio::awaitable<bool> relay(Record& record, Response response, Exchange& exchange);

  boost::asio::awaitable<bool> send(Record& record, Response response, bool close);
  boost::asio::awaitable<bool> write(std::string_view bytes);
  std::string head_of(const Record& record, const Response& response, std::optional<std::uint64_t> length) const;
  boost::asio::awaitable<void> linger();
  bool client_left();
  void close();
  void log(const Record& record) const;

  Socket socket_;
  Shared& shared_;
  std::string peer_;
  boost::beast::flat_buffer buffer_;
  Alarm alarm_;
  boost::asio::steady_timer look_;  // cancelled when there is something to see
  bool first_ = true;
  bool idle_ = false;
  bool closed_ = false;
};

}  // namespace hangtag::http
