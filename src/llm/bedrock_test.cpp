#include "llm/bedrock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "llm/testing.h"

namespace hangtag::llm {
namespace {

using namespace llm::testing;
using ::testing::HasSubstr;

const std::string kToken = "hidden-bedrock-api-key";
constexpr const char* kSonnet = "anthropic.claude-3-sonnet-20240229-v1:0";

Bedrock bedrock(BedrockForm form) {
  return Bedrock({.model = kSonnet, .region = "us-east-1", .form = form, .token = net::Secret(kToken, "TOKEN")});
}

TEST(Bedrock, InvokeBody) {
  const auto request = bedrock(BedrockForm::kInvoke).request(shirt_chat());
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url,
            "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-3-sonnet-20240229-v1%3A0/invoke");
  EXPECT_EQ(header(request, "Content-Type"), "application/json|");
  EXPECT_EQ(header(request, "Authorization"), "Bearer " + kToken + "|");
  EXPECT_EQ(request.body, R"({"anthropic_version":"bedrock-2023-05-31","max_tokens":400,"temperature":0.1,)"
                          R"("system":"You are an expert.","messages":[{"role":"user","content":[{"type":"text",)"
                          R"("text":"<product_attributes>Fabric: \"Cotton\"</product_attributes>"}]}]})");
}

TEST(Bedrock, ConverseBody) {
  const auto request = bedrock(BedrockForm::kConverse).request(shirt_chat());
  EXPECT_EQ(request.url,
            "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-3-sonnet-20240229-v1%3A0/converse");
  EXPECT_EQ(request.body, R"({"system":[{"text":"You are an expert."}],"messages":[{"role":"user","content":[)"
                          R"({"text":"<product_attributes>Fabric: \"Cotton\"</product_attributes>"}]}],)"
                          R"("inferenceConfig":{"maxTokens":400,"temperature":0.1}})");
  EXPECT_EQ(bedrock(BedrockForm::kConverse).request(talk()).body,
            R"({"messages":[{"role":"user","content":[{"text":"Hello"}]},)"
            R"({"role":"assistant","content":[{"text":"Yes?"}]},{"role":"user","content":[{"text":"Été\n"}]}],)"
            R"("inferenceConfig":{"maxTokens":9}})");
}

TEST(Bedrock, ModelsUrlsAndSignatures) {
  const auto sign = [](net::Request& request) {
    request.headers.push_back({"Authorization", "signed " + request.url});
  };
  const Bedrock signing({.model = "arn:aws:bedrock:eu-central-1:1:inference-profile/eu.x",
                         .region = "ignored, where a URL is given",
                         .base_url = "http://127.0.0.1:9/",
                         .sign = sign});
  const std::string url =
      "http://127.0.0.1:9/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A1%3Ainference-profile%2Feu.x/converse";
  EXPECT_EQ(signing.request(talk()).url, url);
  EXPECT_EQ(header(signing.request(talk()), "Authorization"), "signed " + url + "|");
  const Bedrock both({.model = "m", .region = "eu-west-1", .token = net::Secret(kToken, "TOKEN"), .sign = sign});
  EXPECT_EQ(header(both.request(talk()), "Authorization"), "Bearer " + kToken + "|") << "a token needs no signature";
  for (const char* region : {"", "us-east-1.evil.example/", "US", "a b"}) {
    EXPECT_THROW(Bedrock({.model = "m", .region = region}), base::Error) << region;
  }
}

TEST(Bedrock, ConverseAnswer) {
  const Reply reply =
      bedrock(BedrockForm::kConverse)
          .parse(ok(R"({"output":{"message":{"role":"assistant","content":[{"reasoningContent":{}},)"
                    R"({"text":"A "},{"text":"shirt."}]}},)"
                    R"("stopReason":"end_turn","usage":{"inputTokens":10,"outputTokens":3,"totalTokens":13,)"
                    R"("cacheReadInputTokens":4},)"
                    R"("metrics":{"latencyMs":1}})"));
  EXPECT_EQ(reply.text, "A shirt.");
  EXPECT_EQ(reply.stop, "end");
  EXPECT_EQ(reply.model, kSonnet);
  EXPECT_EQ(reply.usage.input_tokens, 14);
  EXPECT_EQ(reply.usage.output_tokens, 3);
}

TEST(Bedrock, InvokeAnswer) {
  const Reply reply = bedrock(BedrockForm::kInvoke)
                          .parse(ok(R"({"id":"msg_1","type":"message","model":"claude-3-sonnet",)"
                                    R"("content":[{"type":"text","text":"A shirt."}],)"
                                    R"("stop_reason":"max_tokens","usage":{"input_tokens":10,"output_tokens":3}})"));
  EXPECT_EQ(reply.text, "A shirt.");
  EXPECT_EQ(reply.stop, "length");
  EXPECT_EQ(reply.model, "claude-3-sonnet");
  EXPECT_EQ(reply.usage.input_tokens, 10);
}

TEST(Bedrock, StopReasons) {
  for (const auto& [reason, stop] :
       std::vector<std::pair<const char*, const char*>>{{"stop_sequence", "end"},
                                                        {"max_tokens", "length"},
                                                        {"model_context_window_exceeded", "length"},
                                                        {"guardrail_intervened", "refused"},
                                                        {"content_filtered", "refused"},
                                                        {"tool_use", "other"},
                                                        {"malformed_model_output", "other"}}) {
    const auto body = fmt::format(R"({{"output":{{"message":{{"content":[{{"text":"x"}}]}}}},"stopReason":"{}",)"
                                  R"("usage":{{"inputTokens":1,"outputTokens":1}}}})",
                                  reason);
    EXPECT_EQ(bedrock(BedrockForm::kConverse).parse(ok(body)).stop, stop) << reason;
  }
}

TEST(Bedrock, MalformedAnswers) {
  expect_malformed(
      bedrock(BedrockForm::kConverse),
      {
          {"", "not valid JSON"},
          {"{}", "\"output\" is missing"},
          {R"({"output":{}})", "output: \"message\" is missing"},
          {R"({"output":{"message":{}}})", "\"usage\" is missing"},
          {R"({"output":{"message":{}},"usage":{}})", "usage: \"inputTokens\" is missing"},
          {R"({"output":{"message":{}},"usage":{"inputTokens":1}})", "usage: \"outputTokens\" is missing"},
          {R"({"output":{"message":{}},"usage":{"inputTokens":1,"outputTokens":1}})", "\"stopReason\" is missing"},
          {R"({"output":{"message":{}},"usage":{"inputTokens":1,"outputTokens":1},"stopReason":"end_turn"})",
           "output.message: \"content\" is missing"},
          {R"({"output":{"message":{"content":[{"text":5}]}},)"
           R"("usage":{"inputTokens":1,"outputTokens":1},"stopReason":"x"})",
           "output.message.content: \"text\" has an unexpected type"},
          {R"({"output":{"message":{"content":[]}},)"
           R"("usage":{"inputTokens":1,"outputTokens":1},"stopReason":"end_turn"})",
           "output.message.content holds no text"},
      });
  expect_malformed(bedrock(BedrockForm::kInvoke), {{"{}", "\"usage\" is missing"}});
}

TEST(Bedrock, Errors) {
  const auto model = bedrock(BedrockForm::kConverse);
  for (const auto& [status, type] : std::vector<std::pair<int, const char*>>{{400, "ValidationException"},
                                                                             {403, "AccessDeniedException"},
                                                                             {404, "ResourceNotFoundException"},
                                                                             {408, "ModelTimeoutException"},
                                                                             {424, "ModelErrorException"},
                                                                             {429, "ThrottlingException"},
                                                                             {500, "InternalServerException"},
                                                                             {503, "ServiceUnavailableException"}}) {
    const auto error =
        error_of(model, {.status = status,
                         .headers = {{"x-amzn-errortype", std::string(type) + ":http://internal.amazon.com/coral/"}},
                         .body = R"({"message":"words"})"});
    EXPECT_EQ(error.code(), base::ErrorCode::kIo);
    EXPECT_THAT(error.what(), HasSubstr(fmt::format("bedrock at https://bedrock-runtime.us-east-1.amazonaws.com/: the "
                                                    "server answered {}: {}: words",
                                                    status, type)));
  }
  EXPECT_THAT(error_of(model, {.status = 403, .body = R"({"Message":"words"})"}).what(),
              HasSubstr("403: words; check"));
}

TEST(Bedrock, NoErrorHoldsTheKey) {
  expect_no_key(bedrock(BedrockForm::kConverse), kToken);
  expect_no_key(bedrock(BedrockForm::kInvoke), kToken);
}

TEST(Bedrock, Retries) {
  const auto model = bedrock(BedrockForm::kConverse);
  for (const int status : {408, 429, 500, 503}) EXPECT_TRUE(model.retryable(status, 4)) << status;
  for (const int status : {200, 400, 403, 404, 502, 504}) EXPECT_FALSE(model.retryable(status, 1)) << status;
  EXPECT_TRUE(model.retryable(424, 1));
  EXPECT_FALSE(model.retryable(424, 2));
}

}  // namespace
}  // namespace hangtag::llm
