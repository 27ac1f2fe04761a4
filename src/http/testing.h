// For tests: a server on a free port of 127.0.0.1, and a client that sends whatever it is told to.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "http/server.h"

namespace hangtag::http::testing {

// Serves from construction to destruction, which cuts what is left.
class RunningServer {
 public:
  RunningServer(ServerOptions options, Router router) : server_(with_free_port(std::move(options)), std::move(router)) {
    server_.listen();
    running_ = std::jthread([this] { server_.run(); });
  }
  ~RunningServer() { server_.stop(std::chrono::milliseconds(0)); }

  Server& operator*() { return server_; }
  std::uint16_t port() const { return server_.port(); }
  void join() { running_.join(); }

 private:
  static ServerOptions with_free_port(ServerOptions options) {
    options.port = 0;
    return options;
  }
  Server server_;
  std::jthread running_;
};

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect to 127.0.0.1");
    }
  }
  explicit Client(RunningServer& server) : Client(server.port()) {}
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Client& send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) break;  // the server has closed: its answer says why
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return *this;
  }

  // Up to and with `end`, or what came before the end of the connection.
  std::string read_until(std::string_view end) {
    while (received_.find(end) == std::string::npos) {
      if (!receive()) return std::exchange(received_, {});
    }
    return take(received_.find(end) + end.size());
  }

  // A head and a body of its Content-Length.
  std::string read_answer() {
    std::string answer = read_until("\r\n\r\n");
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const auto length = answer.find(kLength);
    if (length == std::string::npos) return answer;
    const std::size_t size = std::stoul(answer.substr(length + kLength.size()));
    while (received_.size() < size && receive()) {
    }
    return answer + take(std::min(size, received_.size()));
  }

  std::string read_all() {
    while (receive()) {
    }
    return std::exchange(received_, {});
  }

  // Whether the server has ended the connection, after all that was sent before.
  bool ended() { return !receive() && received_.empty(); }

  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  bool receive() {
    char buffer[16384];
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(count));
    return true;
  }
  std::string take(std::size_t count) {
    std::string taken = received_.substr(0, count);
    received_.erase(0, count);
    return taken;
  }

  int socket_;
  std::string received_;
};

}  // namespace hangtag::http::testing
