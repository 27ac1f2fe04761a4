// For tests: an HTTP server on 127.0.0.1 that says what it is told to, well-formed or not.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace hangtag::net::testing {

struct Answer {
  std::string bytes;                   // as they go over the wire
  std::chrono::milliseconds delay{0};  // before the first of them
  bool close = false;                  // the connection, after the last of them
};

// A well-formed answer; each line of `headers` ends in "\r\n".
inline Answer answer(int status, std::string_view body, std::string_view headers = "") {
  return {fmt::format("HTTP/1.1 {} Some Reason\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), headers, body)};
}

// A socket that listens on a free port of 127.0.0.1.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* address = reinterpret_cast<sockaddr*>(&address_);
    if (::bind(socket_, address, size) != 0 || ::listen(socket_, 16) != 0 ||
        ::getsockname(socket_, address, &size) != 0) {
      throw std::runtime_error("cannot listen on 127.0.0.1");
    }
  }
  ~Listener() { ::close(socket_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int socket() const { return socket_; }
  int port() const { return ntohs(address_.sin_port); }

 private:
  int socket_;
  sockaddr_in address_{};
};

// Gives the answers one after another, the last one again and again; each connection has its own thread.
class Server {
 public:
  explicit Server(std::vector<Answer> answers) : answers_(std::move(answers)) {
    ::setenv("no_proxy", "127.0.0.1", 1);  // whatever the machine's own environment says
    accepting_ = std::jthread([this] { accept_all(); });
  }

  ~Server() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      for (const Connection& connection : connections_) ::shutdown(connection.socket, SHUT_RDWR);
    }
    changed_.notify_all();
    ::shutdown(listener_.socket(), SHUT_RDWR);
    accepting_.join();
    for (Connection& connection : connections_) {
      connection.thread.join();
      ::close(connection.socket);
    }
  }

  std::string url(std::string_view path = "/") const {
    return fmt::format("http://127.0.0.1:{}{}", listener_.port(), path);
  }

  // Head and body of each, in the order in which they came.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
  }

 private:
  struct Connection {
    int socket;
    std::jthread thread;
  };

  void accept_all() {
    while (true) {
      const int socket = ::accept4(listener_.socket(), nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        ::close(socket);
        return;
      }
      connections_.push_back({socket, std::jthread([this, socket] { serve(socket); })});
    }
  }

  void serve(int socket) {
    std::string received;
    while (true) {
      const std::size_t size = request_size(received);
      if (size == 0) {
        char buffer[4096];
        const ssize_t count = ::recv(socket, buffer, sizeof buffer, 0);
        if (count <= 0) return;
        received.append(buffer, static_cast<std::size_t>(count));
        continue;
      }
      std::unique_lock lock(mutex_);
      const Answer next = answers_[std::min(requests_.size(), answers_.size() - 1)];
      requests_.push_back(received.substr(0, size));
      received.erase(0, size);
      changed_.wait_for(lock, next.delay, [&] { return stopping_; });
      if (stopping_) return;
      lock.unlock();
      const bool sent = send_all(socket, next.bytes);
      if (next.close || !sent) {
        ::shutdown(socket, SHUT_RDWR);
        return;
      }
    }
  }

  // Of the first request in `received`, head and body, or 0 where it is not whole yet.
  static std::size_t request_size(const std::string& received) {
    const auto end = received.find("\r\n\r\n");
    if (end == std::string::npos) return 0;
    std::size_t size = end + 4;
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const auto length = received.find(kLength);
    if (length < end) size += std::stoul(received.substr(length + kLength.size()));
    return received.size() >= size ? size : 0;
  }

  static bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  const std::vector<Answer> answers_;
  Listener listener_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::vector<std::string> requests_;
  std::list<Connection> connections_;
  std::jthread accepting_;
};

}  // namespace hangtag::net::testing
