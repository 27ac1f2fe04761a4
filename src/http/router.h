// Which handler answers which request.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/respond.h"

namespace hangtag::http {

// Called on a thread of the server, which must not be kept: long work belongs to Workers. What it throws is logged and
// answered by 500.
using Handler = std::function<void(Request, Responder)>;

// Called on a thread of the server once the head is there and before the body is read: an answer refuses the request.
using Admit = std::function<std::optional<Response>(const Head&)>;

// The first answer of these, in their order.
Admit all_of(std::vector<Admit> hooks);

struct RouteOptions {
  Admit admit{};
  std::optional<std::uint64_t> max_body_bytes{};          // instead of the server's
  std::optional<std::chrono::milliseconds> max_request{};  // instead of the server's: from head to answer
};

struct Route {
  std::string method;
  std::string pattern;
  Handler handler;
  RouteOptions options;
};

// "/products/{id}" matches one segment that is not empty, "/files/{path...}" at the end whatever is left, nothing
// included. Words win over parameters, those over the rest. GET answers HEAD too, unless HEAD has a route of its own.
class Router {
 public:
  // Throws kUsage for a pattern that cannot be used and for two routes that match the same requests.
  Router& add(std::string method, std::string pattern, Handler handler, RouteOptions options = {});

  struct Match {
    const Route* route = nullptr;     // of this router
    std::vector<Field> parameters{};  // decoded
    std::string allow{};              // without a route: the methods that the path has, "GET, HEAD"; empty where none
  };
  Match match(std::string_view method, const Target& target) const;

 private:
  struct Segment {
    enum class Kind { kWord, kParameter, kRest } kind;
    std::string text;
  };
  struct Entry {
    Route route;
    std::vector<Segment> segments;
  };
  static std::vector<Segment> parse(const std::string& pattern);
  static std::optional<std::vector<Field>> fit(const Entry& entry, const Target& target);

  std::vector<Entry> entries_;  // words before parameters before rests
};

}  // namespace hangtag::http
