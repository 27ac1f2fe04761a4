#include "llm/openai.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "llm/testing.h"

namespace hangtag::llm {
namespace {

using namespace llm::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kKey = "sk-hidden-0123456789";

OpenAi local(OpenAiOptions options = {.model = "smollm2"}) {
  options.base_url = "http://127.0.0.1:8080/v1/";
  return OpenAi(std::move(options));
}

TEST(OpenAi, BodyForAServerAtHome) {
  const auto request = local().request(shirt_chat());
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://127.0.0.1:8080/v1/chat/completions");
  EXPECT_EQ(header(request, "Content-Type"), "application/json|");
  EXPECT_EQ(header(request, "Authorization"), "");
  EXPECT_EQ(request.body, R"({"model":"smollm2","messages":[{"role":"system","content":"You are an expert."},)"
                          R"({"role":"user","content":"<product_attributes>Fabric: \"Cotton\"</product_attributes>"}],)"
                          R"("max_tokens":400,"temperature":0.1})");
}

TEST(OpenAi, BodyForOpenAi) {
  const OpenAi openai({.model = "gpt-5-mini", .key = net::Secret(kKey, "KEY")});
  Chat chat = talk();
  chat.schema = base::OrderedJson::parse(R"({"type":"object","properties":{"title":{},"body":{}}})");
  const auto request = openai.request(chat);
  EXPECT_EQ(request.url, "https://api.openai.com/v1/chat/completions");
  EXPECT_EQ(header(request, "Authorization"), "Bearer " + kKey + "|");
  EXPECT_EQ(request.body,
            R"({"model":"gpt-5-mini","messages":[{"role":"user","content":"Hello"},)"
            R"({"role":"assistant","content":"Yes?"},{"role":"user","content":"Été\n"}],"max_completion_tokens":9,)"
            R"("response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,)"
            R"("schema":{"type":"object","properties":{"title":{},"body":{}}}}}})");
}

TEST(OpenAi, Options) {
  Chat chat = talk();
  chat.schema = base::OrderedJson::object();
  const auto body = local({.model = "m", .max_completion_tokens = true, .json_schema = false}).request(chat).body;
  EXPECT_THAT(body, AllOf(HasSubstr("\"max_completion_tokens\":9"), Not(HasSubstr("response_format"))));
  EXPECT_THAT(OpenAi({.model = "m", .max_completion_tokens = false}).request(chat).body, HasSubstr("\"max_tokens\":9"));
  EXPECT_THAT(OpenAi({.model = "m", .base_url = "https://api.openai.com.example/v1"}).request(chat).body,
              HasSubstr("\"max_tokens\":9"));
  chat.messages[0].text = "\xFF";
  EXPECT_THAT(local().request(chat).body, HasSubstr("\"content\":\"\uFFFD\""));
}

TEST(OpenAi, RefusesOptionsAndChats) {
  for (const OpenAiOptions& options : {OpenAiOptions{.model = ""}, OpenAiOptions{.model = "m", .base_url = ""},
                                       OpenAiOptions{.model = "m", .base_url = "localhost:8080"},
                                       OpenAiOptions{.model = "m", .base_url = "http://host/v1?key=hidden"}}) {
    try {
      OpenAi{options};
      ADD_FAILURE() << options.base_url;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
      EXPECT_THAT(error.what(), AllOf(HasSubstr("openai"), Not(HasSubstr("hidden"))));
    }
  }
  EXPECT_THROW(local().request({}), base::Error);
  EXPECT_THROW(local().request({.messages = {{}}, .max_tokens = 0}), base::Error);
  EXPECT_THROW(local().request({.messages = {{}}, .temperature = -1}), base::Error);
}

TEST(OpenAi, Answer) {
  const Reply reply =
      local().parse(ok(R"({"id":"chatcmpl-1","model":"smollm2-q8","choices":[{"index":0,"message":{"role":"assistant",)"
                       R"("content":"A shirt.",)"
                       R"("refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":3,)"
                       R"("total_tokens":15}})"));
  EXPECT_EQ(reply.text, "A shirt.");
  EXPECT_EQ(reply.stop, "end");
  EXPECT_EQ(reply.model, "smollm2-q8");
  EXPECT_EQ(reply.usage.input_tokens, 12);
  EXPECT_EQ(reply.usage.output_tokens, 3);
}

TEST(OpenAi, AnswersOfOtherShapes) {
  struct Case {
    const char* message;
    const char* finish_reason;
    const char* text;
    const char* stop;
  };
  for (const auto& [message, finish_reason, text, stop] : {
           Case{R"({"content":[{"type":"text","text":"A "},{"type":"image"},{"type":"text","text":"b"}]})", R"("stop")",
                "A b", "end"},
           Case{R"({"content":null})", R"("length")", "", "length"},
           Case{R"({"content":"A"})", R"("content_filter")", "A", "refused"},
           Case{R"({"content":null,"refusal":"No."})", R"("stop")", "No.", "refused"},
           Case{R"({"content":"","refusal":""})", R"("tool_calls")", "", "other"},
           Case{R"({"content":"A"})", "null", "A", "other"},
       }) {
    const Reply reply = local().parse(
        ok(fmt::format(R"({{"choices":[{{"message":{},"finish_reason":{}}}]}})", message, finish_reason)));
    EXPECT_EQ(reply.text, text) << message;
    EXPECT_EQ(reply.stop, stop) << message;
    EXPECT_EQ(reply.model, "smollm2");
    EXPECT_EQ(reply.usage.input_tokens + reply.usage.output_tokens, 0);
  }
}

TEST(OpenAi, MalformedAnswers) {
  expect_malformed(
      local(),
      {
          {"", "not valid JSON"},
          {"<html>", "not valid JSON"},
          {R"({"choices":[{"message":{"content":"cut o)", "not valid JSON"},
          {"[]", "expected an object"},
          {"null", "expected an object"},
          {"{}", "\"choices\" is missing"},
          {R"({"choices":{}})", "\"choices\" is of type object"},
          {R"({"choices":[]})", "\"choices\" is empty"},
          {R"({"choices":["text"]})", "choices[0]: expected an object"},
          {R"({"choices":[{}]})", "choices[0]: \"message\" is missing"},
          {R"({"choices":[{"message":{"content":5}}]})", "\"content\" is of type number"},
          {R"({"choices":[{"message":{"content":["text"]}}]})", "message.content: expected an object"},
          {R"({"choices":[{"message":{},"finish_reason":"stop"}]})", "choices[0].message.content holds no text"},
          {R"({"choices":[{"message":{"content":"A"}}],"usage":[]})", "usage: expected an object"},
          {R"({"choices":[{"message":{"content":"A"}}],"usage":{"prompt_tokens":"1"}})", "\"prompt_tokens\""},
          {R"({"choices":[{"message":{"content":"A"}}],"usage":{"completion_tokens":-1}})",
           "\"completion_tokens\" is -1"},
      });
}

TEST(OpenAi, Errors) {
  struct Case {
    int status;
    std::string body;
    std::string said;
  };
  for (const auto& [status, body, said] : {
           Case{401, R"({"error":{"message":"Incorrect API key provided","type":"invalid_request_error"}})",
                "the server answered 401: invalid_request_error: Incorrect API key provided; check the key"},
           Case{403, R"({"error":{"message":"no"}})", "403: no; check the key, and that it may use the model"},
           Case{404, R"({"detail":"Not Found"})", "404: Not Found; check the base URL and the model's name"},
           Case{302, "", "302 without a message; redirects are not followed, check the base URL"},
           Case{400, R"({"error":"a \u001b[31mred\r\nline\u0085\u009b of text\u007f"})",
                "400: a  [31mred  line   of text "},
           Case{500, "<html>secret page</html>", "500 without a message"},
           Case{204, "", "204 without a message"},
           Case{503, R"([{"error":"x"}])", "503 without a message"},
           Case{500, R"({"error":{"message":5,"type":[]}})", "500 without a message"},
           Case{200, R"({"error":{"message":"upstream failed","code":502}})", "200: upstream failed"},
       }) {
    const auto error = error_of(local(), {.status = status, .body = body});
    EXPECT_EQ(error.code(), base::ErrorCode::kIo) << body;
    EXPECT_THAT(error.what(), StartsWith("openai at http://127.0.0.1:8080/v1: the server answered "));
    EXPECT_TRUE(std::string(error.what()).ends_with(said)) << error.what();
  }
}

TEST(OpenAi, LongErrorsAreCutBetweenCharacters) {
  for (const char* start : {"", "a", "ab"}) {
    std::string words = start;
    for (int i = 0; i < 200; ++i) words += "é";
    const std::string message = error_of(local(), {.status = 400, .body = "{\"error\":\"" + words + "\"}"}).what();
    const std::string said = message.substr(message.find("400: ") + 5);
    EXPECT_LE(said.size(), 300u);
    EXPECT_GE(said.size(), 297u);
    EXPECT_TRUE(said.ends_with("é…")) << said;
  }
}

TEST(OpenAi, NoErrorHoldsTheKey) {
  expect_no_key(local({.model = "m", .key = net::Secret(kKey, "KEY")}), kKey);
}

TEST(OpenAi, Retries) {
  for (const int status : {429, 500, 502, 503, 504}) EXPECT_TRUE(local().retryable(status, 1)) << status;
  for (const int status : {200, 302, 400, 401, 403, 404, 408}) EXPECT_FALSE(local().retryable(status, 1)) << status;
}

}  // namespace
}  // namespace hangtag::llm
