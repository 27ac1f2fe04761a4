#include "llm/endpoint.h"

#include <utility>

#include "base/error.h"
#include "net/url.h"

namespace hangtag::llm {

namespace {

using base::ErrorCode;
using base::Json;

constexpr std::size_t kMaxMessageBytes = 300;

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}  // a UTF-8 character

// Others' words as part of a message of ours: on one line, without the key, not too long.
std::string cleaned(std::string_view text, const Endpoint& endpoint) {
  std::string clean;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // C1 controls, U+0080 to U+009F, move a terminal's cursor too.
    const bool c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1) ++i;
    clean += c < 0x20 || c == 0x7F || c1 ? ' ' : text[i];
  }
  if (endpoint.key) clean = endpoint.key->redacted(std::move(clean));
  if (clean.size() > kMaxMessageBytes) {
    std::size_t end = kMaxMessageBytes - 3;
    while (continues(clean[end])) --end;
    clean.resize(end);
    clean += "…";
  }
  return clean;
}

std::string text_at(const Json& json, const char* key) {
  if (!json.is_object()) return "";
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

// {"error": {"type", "message"}} (OpenAI, Anthropic), {"error": TEXT}, {"message"} (Bedrock), {"detail"} (FastAPI);
// with the kind of error before it where that is told.
std::string error_message(const Json& json, const net::Response& response) {
  std::string kind = response.header("x-amzn-ErrorType").value_or("");
  kind.erase(std::min(kind.find(':'), kind.size()));  // a URL may follow
  std::string message;
  if (json.is_object() && json.contains("error") && json["error"].is_object()) {
    kind = text_at(json["error"], "type");
    message = text_at(json["error"], "message");
  }
  for (const char* key : {"error", "message", "Message", "detail"}) {
    if (message.empty()) message = text_at(json, key);
  }
  if (kind.empty() || message.empty()) return kind + message;
  return kind + ": " + message;
}

const char* advice(int status) {
  if (status == 401) return "; check the key";
  if (status == 403) return "; check the key, and that it may use the model";
  if (status == 404) return "; check the base URL and the model's name";
  if (status >= 300 && status < 400) return "; redirects are not followed, check the base URL";
  return "";
}

}  // namespace

std::string Endpoint::where() const {
  return fmt::format("{} at {}", provider, net::shown_url(base_url));
}

Endpoint checked(Endpoint endpoint) {
  endpoint.base_url.erase(endpoint.base_url.find_last_not_of('/') + 1);
  try {
    net::check_url(endpoint.base_url);
  } catch (const base::Error& error) {
    base::fail(error.code(), "{}: base URL: {}", endpoint.provider, error.what());
  }
  if (endpoint.base_url.find_first_of("?#") != std::string::npos) {
    base::fail(ErrorCode::kUsage, "{}: the base URL has a query or a fragment; expected none, paths are put after it",
               endpoint.where());
  }
  if (endpoint.model.empty()) base::fail(ErrorCode::kUsage, "{}: no model is named", endpoint.where());
  return endpoint;
}

net::Request post(const Endpoint& endpoint, std::string_view path, const base::OrderedJson& body) {
  return {.method = "POST",
          .url = fmt::format("{}{}", endpoint.base_url, path),
          .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
          .body = base::to_line(body)};
}

Json read_answer(const net::Response& response, const Endpoint& endpoint) {
  // The parser's own message would quote the answer.
  Json json = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  // Some gateways say 200 and give an error.
  const bool error_inside = json.is_object() && json.contains("error") && !json["error"].is_null();
  if (response.status != 200 || error_inside) {
    const std::string message = cleaned(error_message(json, response), endpoint);
    base::fail(ErrorCode::kIo, "{}: the server answered {}{}{}{}", endpoint.where(), response.status,
               message.empty() ? " without a message" : ": ", message, advice(response.status));
  }
  if (json.is_discarded()) {
    base::fail(ErrorCode::kInvalid, "{}: the answer ({} bytes) is not valid JSON; check the base URL", endpoint.where(),
               response.body.size());
  }
  return json;
}

std::int64_t tokens_or_zero(const Json& json, const char* key, std::string_view where) {
  const auto tokens = base::get_or<std::int64_t>(json, key, 0, where);
  if (tokens < 0) base::fail(ErrorCode::kInvalid, "{}: \"{}\" is {}; expected 0 or more", where, key, tokens);
  return tokens;
}

Json get_list(const Json& json, const char* key, std::string_view where) {
  auto list = base::get<Json>(json, key, where);
  if (!list.is_array()) {
    base::fail(ErrorCode::kInvalid, "{}: \"{}\" is of type {}; expected a list", where, key, list.type_name());
  }
  return list;
}

Reply completed(Reply reply, std::string_view field, const Endpoint& endpoint) {
  if (reply.model.empty()) reply.model = endpoint.model;
  if (reply.text.empty() && reply.stop == "end") {
    base::fail(ErrorCode::kInvalid, "{}: {} holds no text", endpoint.where(), field);
  }
  return reply;
}

}  // namespace hangtag::llm
