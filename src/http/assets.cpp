#include "http/assets.h"

#include <algorithm>
#include <memory>

#include "base/hash.h"
#include "http/text.h"

namespace hangtag::http {

namespace {

bool names(std::string_view if_none_match, std::string_view etag) {
  return std::ranges::any_of(split(if_none_match, ','), [&](std::string_view each) {
    each = trimmed(each);
    if (each.starts_with("W/")) each.remove_prefix(2);  // weak comparison: RFC 9110, section 13.1.2
    return each == etag || each == "*";
  });
}

}  // namespace

Handler serve_assets(std::map<std::string, Asset> assets) {
  std::map<std::string, Response> responses;
  for (auto& [path, asset] : assets) {
    responses[path] = {
        .status = 200,
        .headers = {{"Content-Type", asset.type},
                    {"ETag", '"' + base::hash_hex(asset.bytes) + '"'},
                    {"Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache"},
                    {"Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'"},
                    {"X-Content-Type-Options", "nosniff"},
                    {"Referrer-Policy", "no-referrer"}},
        .body = std::move(asset.bytes)};
  }
  const auto shared = std::make_shared<const std::map<std::string, Response>>(std::move(responses));
  return [shared](const Request& request, Responder responder) {
    const auto found = shared->find(request.target.path);
    if (found == shared->end()) {
      responder.send(error_response(request, 404, "not_found", "there is nothing at this path"));
    } else if (names(request.header("If-None-Match").value_or(""), *found->second.headers.find("ETag"))) {
      responder.send({.status = 304, .headers = found->second.headers});
    } else {
      responder.send(found->second);
    }
  };
}

}  // namespace hangtag::http
