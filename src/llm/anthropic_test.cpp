#include "llm/anthropic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "llm/testing.h"

namespace hangtag::llm {
namespace {

using namespace llm::testing;
using ::testing::HasSubstr;

const std::string kKey = "sk-ant-hidden-0123456789";

Anthropic claude() {
  return Anthropic({.model = "claude-x", .key = net::Secret(kKey, "KEY")});
}

TEST(Anthropic, Body) {
  const auto request = claude().request(shirt_chat());
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://api.anthropic.com/v1/messages");
  EXPECT_EQ(header(request, "Content-Type"), "application/json|");
  EXPECT_EQ(header(request, "anthropic-version"), "2023-06-01|");
  EXPECT_EQ(header(request, "x-api-key"), kKey + "|");
  EXPECT_EQ(header(request, "Authorization"), "");
  EXPECT_EQ(request.body,
            R"({"model":"claude-x","max_tokens":400,"temperature":0.1,"system":"You are an expert.","messages":[)"
            R"({"role":"user","content":[{"type":"text",)"
            R"("text":"<product_attributes>Fabric: \"Cotton\"</product_attributes>"}]}]})");
}

TEST(Anthropic, BodyOfATalkWithoutOptions) {
  const Anthropic gateway({.model = "m", .base_url = "http://gateway/anthropic"});
  const auto request = gateway.request(talk());
  EXPECT_EQ(request.url, "http://gateway/anthropic/v1/messages");
  EXPECT_EQ(header(request, "x-api-key"), "");
  EXPECT_EQ(request.body,
            R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"Hello"}]},)"
            R"({"role":"assistant","content":[{"type":"text","text":"Yes?"}]},)"
            R"({"role":"user","content":[{"type":"text","text":"Été\n"}]}]})");
}

TEST(Anthropic, Answer) {
  const Reply reply = claude().parse(
      ok(R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-x-1",)"
         R"("content":[{"type":"text","text":"A "},)"
         R"({"type":"thinking","thinking":"hm"},{"type":"text","text":"shirt."}],"stop_reason":"end_turn",)"
         R"("usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":null,)"
         R"("output_tokens":3}})"));
  EXPECT_EQ(reply.text, "A shirt.");
  EXPECT_EQ(reply.stop, "end");
  EXPECT_EQ(reply.model, "claude-x-1");
  EXPECT_EQ(reply.usage.input_tokens, 15);
  EXPECT_EQ(reply.usage.output_tokens, 3);
}

TEST(Anthropic, StopReasons) {
  for (const auto& [reason, stop] :
       std::vector<std::pair<const char*, const char*>>{{"stop_sequence", "end"},
                                                        {"max_tokens", "length"},
                                                        {"model_context_window_exceeded", "length"},
                                                        {"refusal", "refused"},
                                                        {"tool_use", "other"},
                                                        {"pause_turn", "other"}}) {
    const std::string text = std::string(stop) == "end" ? R"({"type":"text","text":"x"})" : "";
    const auto body = fmt::format(
        R"({{"content":[{}],"stop_reason":"{}","usage":{{"input_tokens":1,"output_tokens":0}}}})", text, reason);
    EXPECT_EQ(claude().parse(ok(body)).stop, stop) << reason;
  }
}

TEST(Anthropic, MalformedAnswers) {
  expect_malformed(
      claude(),
      {
          {"", "not valid JSON"},
          {"5", "expected an object"},
          {"{}", "\"usage\" is missing"},
          {R"({"usage":{"output_tokens":1}})", "usage: \"input_tokens\" is missing"},
          {R"({"usage":{"input_tokens":1}})", "usage: \"output_tokens\" is missing"},
          {R"({"usage":{"input_tokens":1.5,"output_tokens":1}})", "\"input_tokens\" has an unexpected type"},
          {R"({"usage":{"input_tokens":1,"output_tokens":1}})", "\"stop_reason\" is missing"},
          {R"({"usage":{"input_tokens":1,"output_tokens":1},"stop_reason":null})", "\"stop_reason\" is missing"},
          {R"({"usage":{"input_tokens":1,"output_tokens":1},"stop_reason":"end_turn"})", "\"content\" is missing"},
          {R"({"usage":{"input_tokens":1,"output_tokens":1},"stop_reason":"end_turn","content":"A"})",
           "\"content\" is of type string"},
          {R"({"usage":{"input_tokens":1,"output_tokens":1},"stop_reason":"end_turn","content":[{"text":"A"}]})",
           "content: \"type\" is missing"},
          {R"({"usage":{"input_tokens":1,"output_tokens":1},"stop_reason":"end_turn","content":[{"type":"text"}]})",
           "content: \"text\" is missing"},
          {R"({"usage":{"input_tokens":1,"output_tokens":1},"stop_reason":"end_turn","content":[]})",
           "content holds no text"},
          {R"({"usage":{"input_tokens":-1,"output_tokens":1},"stop_reason":"end_turn","content":[]})",
           "\"input_tokens\" is -1"},
      });
}

TEST(Anthropic, Errors) {
  for (const auto& [status, type] : std::vector<std::pair<int, const char*>>{{400, "invalid_request_error"},
                                                                             {401, "authentication_error"},
                                                                             {403, "permission_error"},
                                                                             {404, "not_found_error"},
                                                                             {413, "request_too_large"},
                                                                             {429, "rate_limit_error"},
                                                                             {500, "api_error"},
                                                                             {529, "overloaded_error"}}) {
    const auto body = fmt::format(R"({{"type":"error","error":{{"type":"{}","message":"words"}}}})", type);
    const auto error = error_of(claude(), {.status = status, .body = body});
    EXPECT_EQ(error.code(), base::ErrorCode::kIo);
    EXPECT_THAT(error.what(),
                HasSubstr(fmt::format("anthropic at https://api.anthropic.com/: the server answered {}: {}: words",
                                      status, type)));
    EXPECT_EQ(std::string_view(error.what()).find("check the key") != std::string_view::npos,
              status == 401 || status == 403);
    EXPECT_EQ(claude().retryable(status, 3), status == 429 || status >= 500);
  }
}

TEST(Anthropic, NoErrorHoldsTheKey) {
  expect_no_key(claude(), kKey);
}

}  // namespace
}  // namespace hangtag::llm
