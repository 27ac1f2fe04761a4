#include "llm/openai.h"

#include <utility>

#include "base/error.h"
#include "net/url.h"

namespace hangtag::llm {

namespace {

using base::ErrorCode;
using base::Json;
using base::OrderedJson;

// Text, a list of parts some of which are text, or nothing.
std::string content_text(const Json& message, const std::string& where) {
  const auto content = base::find<Json>(message, "content", where);
  if (!content) return "";
  if (content->is_string()) return content->get<std::string>();
  std::string text;
  for (const Json& part : get_list(message, "content", where)) {
    text += base::get_or<std::string>(part, "text", "", where + ".content");
  }
  return text;
}

std::string stop_of(const std::string& reason) {
  if (reason == "stop") return "end";
  if (reason == "length") return "length";
  if (reason == "content_filter") return "refused";
  return "other";
}

}  // namespace

OpenAi::OpenAi(OpenAiOptions options)
    : endpoint_(checked(Endpoint{.provider = "openai",
                                 .base_url = std::move(options.base_url),
                                 .model = std::move(options.model),
                                 .key = std::move(options.key)})),
      max_completion_tokens_(options.max_completion_tokens.value_or(
          net::shown_url(endpoint_.base_url).starts_with("https://api.openai.com/"))),
      json_schema_(options.json_schema) {}

net::Request OpenAi::request(const Chat& chat) const {
  check(chat);
  OrderedJson messages = OrderedJson::array();
  if (!chat.system.empty()) messages.push_back({{"role", "system"}, {"content", chat.system}});
  for (const Message& message : chat.messages) {
    messages.push_back({{"role", to_string(message.role)}, {"content", message.text}});
  }
  OrderedJson body = {{"model", endpoint_.model}, {"messages", std::move(messages)}};
  body[max_completion_tokens_ ? "max_completion_tokens" : "max_tokens"] = chat.max_tokens;
  if (chat.temperature) body["temperature"] = *chat.temperature;
  if (chat.schema && json_schema_) {
    body["response_format"] = {{"type", "json_schema"},
                               {"json_schema", {{"name", "answer"}, {"strict", true}, {"schema", *chat.schema}}}};
  }
  auto request = post(endpoint_, "/chat/completions", body);
  if (endpoint_.key) request.headers.push_back({"Authorization", "Bearer " + endpoint_.key->reveal()});
  return request;
}

Reply OpenAi::parse(const net::Response& response) const {
  const Json json = read_answer(response, endpoint_);
  const std::string where = endpoint_.where();
  const Json choices = get_list(json, "choices", where);
  if (choices.empty()) base::fail(ErrorCode::kInvalid, "{}: \"choices\" is empty; expected an answer", where);
  const std::string in_choice = where + ": choices[0]";
  const Json message = base::get<Json>(choices[0], "message", in_choice);

  Reply reply{.text = content_text(message, in_choice + ".message"),
              .stop = stop_of(base::get_or<std::string>(choices[0], "finish_reason", "", in_choice)),
              .model = base::get_or<std::string>(json, "model", "", where)};
  if (auto refusal = base::find<std::string>(message, "refusal", in_choice + ".message");
      refusal && !refusal->empty()) {
    reply.stop = "refused";
    if (reply.text.empty()) reply.text = *std::move(refusal);
  }
  if (const auto usage = base::find<Json>(json, "usage", where)) {
    reply.usage = {.input_tokens = tokens_or_zero(*usage, "prompt_tokens", where + ": usage"),
                   .output_tokens = tokens_or_zero(*usage, "completion_tokens", where + ": usage")};
  }
  return completed(std::move(reply), "choices[0].message.content", endpoint_);
}

}  // namespace hangtag::llm
