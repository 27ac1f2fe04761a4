// HTTP requests by libcurl, one at a time, each answered whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hangtag::net {

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  std::string method = "GET";
  std::string url;
  std::vector<Header> headers{};
  std::string body{};
};

struct Response {
  int status = 0;
  std::vector<Header> headers{};
  std::string body{};

  // The value of the first header of this name, whatever its case.
  std::optional<std::string> header(std::string_view name) const;
};

struct Timeouts {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds total{120'000};  // of one request, from resolving the name to the last byte
};

struct ClientOptions {
  Timeouts timeouts{};
  std::uint64_t max_response_bytes = 8 << 20;  // headers and body together
  std::string user_agent{};                    // empty: "hangtag/VERSION"
};

// May be used by several threads at once; connections are kept open and used again. Redirects are not followed: one is
// an answer like any other. TLS certificates are checked. Proxies are those that libcurl finds in the environment.
class Client {
 public:
  explicit Client(ClientOptions options = {});  // throws kUsage for timeouts of 0 or less, kInvalid for the user agent
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The answer, whatever its status. Throws
  //   - kUsage for a URL or a method that cannot be used;
  //   - kInvalid for a header that would break out of its line, or whose name is not one;
  //   - kLimit for an answer of more than max_response_bytes;
  //   - kIo where no whole answer came, with libcurl's reason.
  // Messages show the URL by shown_url(), never a header's value or a body.
  Response send(const Request& request) const;

 private:
  class Handles;
  ClientOptions options_;
  std::unique_ptr<Handles> handles_;
};

}  // namespace hangtag::net
