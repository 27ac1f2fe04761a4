#include "http/server.h"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "http/connection.h"

namespace hangtag::http {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::ErrorCode;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr std::size_t kMaxRefusals = 64;  // at once, beyond max_connections; further connections are closed at once
constexpr int kBacklog = 512;

void check(const ServerOptions& options) {
  const auto positive = {options.header_timeout, options.body_timeout, options.idle_timeout, options.write_timeout,
                         options.max_request};
  for (const auto timeout : positive) {
    if (timeout.count() <= 0) {
      base::fail(ErrorCode::kUsage, "a timeout of the server is {} ms; expected more than 0", timeout.count());
    }
  }
  if (options.threads == 0 || options.max_connections == 0 || options.max_header_bytes < 256) {
    base::fail(ErrorCode::kUsage,
               "the server has {} threads, {} connections and {} bytes of headers; expected at least 1, 1 and 256",
               options.threads, options.max_connections, options.max_header_bytes);
  }
}

}  // namespace

// Accepting, stopping and the list of connections run on one strand; each connection has its own.
class Server::Core {
 public:
  Core(ServerOptions options, Router router)
      : shared_(std::move(options), std::move(router)),
        strand_(asio::make_strand(context_)),
        acceptor_(strand_),
        signals_(strand_),
        retry_(strand_),
        drain_(strand_) {}

  void listen() {
    const auto& name = shared_.options.address;
    const auto port = shared_.options.port;
    error_code failure;
    const auto address = asio::ip::make_address(name, failure);
    if (failure) {
      base::fail(ErrorCode::kUsage, "\"{}\" is no numeric address to listen on; expected one such as 127.0.0.1 or ::1",
                 name);
    }
    if (!address.is_loopback() && !shared_.options.tokens && !shared_.options.trusted_network) {
      base::fail(ErrorCode::kUsage,
                 "{} is open to other machines, and there are no tokens; give tokens, or listen on 127.0.0.1", name);
    }
    const tcp::endpoint endpoint(address, port);
    const auto require = [&](const error_code& error) {
      if (!error) return;
      error_code ignored;
      acceptor_.close(ignored);
      base::fail(ErrorCode::kIo, "cannot listen on {} port {}: {}; choose another port, or end what has it", name,
                 port, error.message());
    };
    acceptor_.open(endpoint.protocol(), failure);
    require(failure);
    acceptor_.set_option(tcp::acceptor::reuse_address(true), failure);
    require(failure);
    acceptor_.bind(endpoint, failure);
    require(failure);
    acceptor_.listen(kBacklog, failure);
    require(failure);
  }

  std::uint16_t port() const {
    error_code failure;
    const auto endpoint = acceptor_.local_endpoint(failure);
    if (failure) base::fail(ErrorCode::kUsage, "the server has no port yet; call listen() first");
    return endpoint.port();
  }

  void run() {
    asio::co_spawn(strand_, [this] { return accept(); }, asio::detached);
    const auto serve = [this] {
      mark_server_thread();
      context_.run();
    };
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < shared_.options.threads; ++i) others.emplace_back(serve);
    serve();
  }

  void stop(std::chrono::milliseconds drain) {
    asio::post(strand_, [this, drain] {
      shared_.stopping = true;
      error_code ignored;
      acceptor_.close(ignored);
      signals_.clear(ignored);  // a second one acts as if we were not there
      retry_.cancel();
      for (const auto& connection : connections_) connection->close_if_idle();
      if (connections_.empty()) return;
      drain_.expires_after(drain);
      drain_.async_wait([this](error_code cancelled) {
        if (cancelled) return;
        for (const auto& connection : connections_) connection->cut();
      });
    });
  }

  void stop_on(std::initializer_list<int> signals, std::chrono::milliseconds drain) {
    for (const int signal : signals) signals_.add(signal);
    signals_.async_wait([this, drain](error_code cancelled, int) {
      if (!cancelled) stop(drain);
    });
  }

 private:
  asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      error_code failure;
      auto socket = co_await acceptor_.async_accept(asio::make_strand(context_),
                                                    asio::redirect_error(asio::use_awaitable, failure));
      if (!acceptor_.is_open()) break;
      if (failure) {  // no more descriptors, say, or a client that left
        retry_.expires_after(50ms);
        co_await retry_.async_wait(asio::redirect_error(asio::use_awaitable, failure));
        continue;
      }
      const bool refused = serving_ >= shared_.options.max_connections;
      if (connections_.size() >= shared_.options.max_connections + kMaxRefusals) continue;
      start(std::make_shared<Connection>(std::move(socket), shared_), refused);
    }
  }

  void start(std::shared_ptr<Connection> connection, bool refused) {
    connections_.insert(connection);
    if (!refused) ++serving_;
    if (shared_.connections != nullptr) shared_.connections->add(1);
    const auto executor = connection->executor();
    asio::co_spawn(
        executor, [connection, refused] { return refused ? connection->refuse() : connection->serve(); },
        asio::bind_executor(strand_, [this, connection, refused](std::exception_ptr) {
          connections_.erase(connection);
          if (!refused) --serving_;
          if (shared_.connections != nullptr) shared_.connections->add(-1);
          if (connections_.empty()) drain_.cancel();
        }));
  }

  Shared shared_;
  asio::io_context context_;
  asio::strand<asio::io_context::executor_type> strand_;
  tcp::acceptor acceptor_;
  asio::signal_set signals_;
  asio::steady_timer retry_;
  asio::steady_timer drain_;
  std::set<std::shared_ptr<Connection>> connections_;  // those that are refused among them
  std::size_t serving_ = 0;
};

Server::Server(ServerOptions options, Router router) {
  check(options);
  core_ = std::make_unique<Core>(std::move(options), std::move(router));
}

Server::~Server() = default;

void Server::listen() {
  core_->listen();
}

std::uint16_t Server::port() const {
  return core_->port();
}

void Server::run() {
  core_->run();
}

void Server::stop(std::chrono::milliseconds drain) {
  core_->stop(drain);
}

void Server::stop_on(std::initializer_list<int> signals, std::chrono::milliseconds drain) {
  core_->stop_on(signals, drain);
}

}  // namespace hangtag::http
