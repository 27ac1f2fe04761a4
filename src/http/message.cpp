#include "http/message.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "http/text.h"

namespace hangtag::http {

std::optional<std::string_view> Headers::find(std::string_view name) const {
  const auto found = std::ranges::find_if(headers_, [&](const Header& header) { return same_name(header.name, name); });
  if (found == headers_.end()) return std::nullopt;
  return found->value;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(headers_, [&](const Header& header) { return same_name(header.name, name); }));
}

void Headers::set(std::string_view name, std::string value) {
  std::erase_if(headers_, [&](const Header& header) { return same_name(header.name, name); });
  add(std::string(name), std::move(value));
}

std::optional<std::string_view> Head::query(std::string_view name) const {
  const auto found = std::ranges::find(target.query, name, &Field::name);
  if (found == target.query.end()) return std::nullopt;
  return found->value;
}

const std::string& Head::parameter(std::string_view name) const {
  const auto found = std::ranges::find(parameters, name, &Field::name);
  if (found == parameters.end()) {
    base::fail(base::ErrorCode::kInternal, "the route has no parameter {{{}}}; it was given {}", name,
               parameters.size());
  }
  return found->value;
}

Response json_response(int status, const nlohmann::ordered_json& json) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = base::to_line(json)};
}

Response text_response(int status, std::string text) {
  return {.status = status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = std::move(text)};
}

Response error_response(const Head& head, int status, std::string_view code, std::string_view message) {
  return json_response(status, {{"error", {{"code", code}, {"message", message}, {"request_id", head.id}}}});
}

Response overloaded_response(const Head& head, std::chrono::seconds retry_after) {
  auto response = error_response(head, 503, "overloaded", "too much work waits already; try again later");
  response.headers.add("Retry-After", std::to_string(retry_after.count()));
  return response;
}

}  // namespace hangtag::http
