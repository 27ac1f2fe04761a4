// HTTP/1.1 on a TCP port, for handlers that know nothing of sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>

#include "http/metrics.h"
#include "http/router.h"
#include "http/tokens.h"

namespace hangtag::http {

struct ServerOptions {
  std::string address = "127.0.0.1";  // numeric, IPv4 or IPv6
  std::uint16_t port = 8080;          // 0: a free one
  std::size_t threads = 2;            // for sockets and handlers; long work has threads of its own

  // Anything but loopback needs tokens, or a network that is private by other means, such as a container's.
  std::shared_ptr<const Tokens> tokens{};  // what the routes' hooks check (at_least)
  bool trusted_network = false;

  std::size_t max_connections = 256;  // one more is answered 503
  std::uint32_t max_header_bytes = 16 << 10;
  std::uint64_t max_body_bytes = 25'000'000;
  std::chrono::milliseconds header_timeout{10'000};  // from the first byte, or from the connection
  std::chrono::milliseconds body_timeout{60'000};    // for all of it
  std::chrono::milliseconds idle_timeout{75'000};    // between two requests of a connection
  std::chrono::milliseconds write_timeout{30'000};   // for each 256 KiB of an answer
  // From the head to the end of the answer; then 504. A client asks for less by X-Request-Timeout-Ms.
  std::chrono::milliseconds max_request{60'000};

  // One JSON line a request, without newline: time, id, method, route (its pattern; null without one), status, bytes
  // (of the answer's body), ms, peer. Status 499: the client left before the answer. Called on the server's threads.
  std::function<void(const std::string& line)> access_log{};
  // Gets http_requests_total{route,method,status}, http_request_seconds{route}, http_connections and
  // http_rejected_total{reason}.
  std::shared_ptr<Metrics> metrics{};
};

class Server {
 public:
  Server(ServerOptions options, Router router);  // throws kUsage
  ~Server();                                     // run() must have returned
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Takes the port; connections wait until run(). Throws kUsage for an address that is none, or is open to others
  // without tokens, and kIo where the port cannot be had.
  void listen();
  std::uint16_t port() const;  // after listen()

  // Serves, in this thread and threads - 1 others, until stop() and the end of the last connection.
  void run();

  // Accepts nothing more, closes connections that wait for a request, lets requests under way end, and cuts what is
  // left after `drain`. Returns at once; from any thread, but not from a signal's handler.
  void stop(std::chrono::milliseconds drain);
  // Has these signals (SIGTERM) call stop(), while run() runs.
  void stop_on(std::initializer_list<int> signals, std::chrono::milliseconds drain);

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace hangtag::http
