#include "llm/anthropic.h"

#include <utility>

namespace hangtag::llm {

namespace {

using base::Json;
using base::OrderedJson;

std::string stop_of(const std::string& reason) {
  if (reason == "end_turn" || reason == "stop_sequence") return "end";
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return "length";
  if (reason == "refusal") return "refused";
  return "other";
}

}  // namespace

Anthropic::Anthropic(AnthropicOptions options)
    : endpoint_(checked(Endpoint{.provider = "anthropic",
                                 .base_url = std::move(options.base_url),
                                 .model = std::move(options.model),
                                 .key = std::move(options.key)})) {}

net::Request Anthropic::request(const Chat& chat) const {
  check(chat);
  OrderedJson body = {{"model", endpoint_.model}};
  add_anthropic_chat(body, chat);
  auto request = post(endpoint_, "/v1/messages", body);
  request.headers.push_back({"anthropic-version", "2023-06-01"});
  if (endpoint_.key) request.headers.push_back({"x-api-key", endpoint_.key->reveal()});
  return request;
}

Reply Anthropic::parse(const net::Response& response) const {
  return parse_anthropic_reply(response, endpoint_);
}

void add_anthropic_chat(OrderedJson& body, const Chat& chat) {
  body["max_tokens"] = chat.max_tokens;
  if (chat.temperature) body["temperature"] = *chat.temperature;
  if (!chat.system.empty()) body["system"] = chat.system;
  body["messages"] = OrderedJson::array();
  for (const Message& message : chat.messages) {
    OrderedJson content = OrderedJson::array({{{"type", "text"}, {"text", message.text}}});
    body["messages"].push_back({{"role", to_string(message.role)}, {"content", std::move(content)}});
  }
}

Reply parse_anthropic_reply(const net::Response& response, const Endpoint& endpoint) {
  const Json json = read_answer(response, endpoint);
  const std::string where = endpoint.where();
  const Json usage = base::get<Json>(json, "usage", where);
  const std::string in_usage = where + ": usage";
  base::get<std::int64_t>(usage, "input_tokens", in_usage);
  base::get<std::int64_t>(usage, "output_tokens", in_usage);

  Reply reply{.stop = stop_of(base::get<std::string>(json, "stop_reason", where)),
              .model = base::get_or<std::string>(json, "model", "", where)};
  for (const Json& block : get_list(json, "content", where)) {
    if (base::get<std::string>(block, "type", where + ": content") != "text") continue;
    reply.text += base::get<std::string>(block, "text", where + ": content");
  }
  // input_tokens leaves out what was written to or read from the cache.
  for (const char* key : {"input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"}) {
    reply.usage.input_tokens += tokens_or_zero(usage, key, in_usage);
  }
  reply.usage.output_tokens = tokens_or_zero(usage, "output_tokens", in_usage);
  return completed(std::move(reply), "content", endpoint);
}

}  // namespace hangtag::llm
