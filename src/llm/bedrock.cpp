#include "llm/bedrock.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "llm/anthropic.h"
#include "net/url.h"

namespace hangtag::llm {

namespace {

using base::Json;
using base::OrderedJson;

std::string base_url(const BedrockOptions& options) {
  if (!options.base_url.empty()) return options.base_url;
  const bool is_region = !options.region.empty() && std::ranges::all_of(options.region, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!is_region) {
    base::fail(base::ErrorCode::kUsage,
               "bedrock: the region is \"{}\"; expected one such as eu-central-1, or a base URL", options.region);
  }
  return fmt::format("https://bedrock-runtime.{}.amazonaws.com", options.region);
}

OrderedJson text_blocks(const std::string& text) {
  return OrderedJson::array({{{"text", text}}});
}

OrderedJson converse_body(const Chat& chat) {
  OrderedJson body = OrderedJson::object();
  if (!chat.system.empty()) body["system"] = text_blocks(chat.system);
  body["messages"] = OrderedJson::array();
  for (const Message& message : chat.messages) {
    body["messages"].push_back({{"role", to_string(message.role)}, {"content", text_blocks(message.text)}});
  }
  body["inferenceConfig"] = {{"maxTokens", chat.max_tokens}};
  if (chat.temperature) body["inferenceConfig"]["temperature"] = *chat.temperature;
  return body;
}

OrderedJson invoke_body(const Chat& chat) {
  OrderedJson body = {{"anthropic_version", "bedrock-2023-05-31"}};
  add_anthropic_chat(body, chat);
  return body;
}

std::string stop_of(const std::string& reason) {
  if (reason == "end_turn" || reason == "stop_sequence") return "end";
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return "length";
  if (reason == "guardrail_intervened" || reason == "content_filtered") return "refused";
  return "other";
}

}  // namespace

Bedrock::Bedrock(BedrockOptions options)
    : endpoint_(checked(Endpoint{.provider = "bedrock",
                                 .base_url = llm::base_url(options),
                                 .model = std::move(options.model),
                                 .key = std::move(options.token)})),
      form_(options.form),
      sign_(std::move(options.sign)) {}

net::Request Bedrock::request(const Chat& chat) const {
  check(chat);
  const bool invoke = form_ == BedrockForm::kInvoke;
  auto request = post(
      endpoint_, fmt::format("/model/{}/{}", net::percent_encoded(endpoint_.model), invoke ? "invoke" : "converse"),
      invoke ? invoke_body(chat) : converse_body(chat));
  if (endpoint_.key) {
    request.headers.push_back({"Authorization", "Bearer " + endpoint_.key->reveal()});
  } else if (sign_) {
    sign_(request);
  }
  return request;
}

Reply Bedrock::parse(const net::Response& response) const {
  return form_ == BedrockForm::kInvoke ? parse_anthropic_reply(response, endpoint_) : parse_converse(response);
}

Reply Bedrock::parse_converse(const net::Response& response) const {
  const Json json = read_answer(response, endpoint_);
  const std::string where = endpoint_.where();
  const Json output = base::get<Json>(json, "output", where);
  const Json message = base::get<Json>(output, "message", where + ": output");
  const Json usage = base::get<Json>(json, "usage", where);
  const std::string in_usage = where + ": usage";
  base::get<std::int64_t>(usage, "inputTokens", in_usage);
  base::get<std::int64_t>(usage, "outputTokens", in_usage);

  Reply reply{.stop = stop_of(base::get<std::string>(json, "stopReason", where))};
  for (const Json& block : get_list(message, "content", where + ": output.message")) {
    // Blocks of reasoning or tools have other keys.
    reply.text += base::get_or<std::string>(block, "text", "", where + ": output.message.content");
  }
  for (const char* key : {"inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"}) {
    reply.usage.input_tokens += tokens_or_zero(usage, key, in_usage);
  }
  reply.usage.output_tokens = tokens_or_zero(usage, "outputTokens", in_usage);
  return completed(std::move(reply), "output.message.content", endpoint_);
}

bool Bedrock::retryable(int status, int attempt) const {
  // 424: the model itself failed, which a second look may mend.
  return status == 429 || status == 503 || status == 500 || status == 408 || (status == 424 && attempt == 1);
}

}  // namespace hangtag::llm
