#include "server/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hangtag::server {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kKnown = {"Fabric", "Fit"};

template <typename Parse>
std::string refusal(Parse parse) {
  try {
    parse();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kInvalid);
    return error.what();
  }
  return "none";
}

TEST(Predict, ReadsPhotosAndWhatIsWantedOfThem) {
  const auto request = parse_predict(
      R"({"photos":[{"image":"YWJj\nZA=="},{"id":"7","image":"data:image/png;base64,YQ==","type":"Shirts"}],)"
      R"("attributes":["Fit"],"alternatives":0})",
      kKnown);
  ASSERT_EQ(request.photos.size(), 2);
  EXPECT_EQ(request.photos[0].id, "0");
  EXPECT_EQ(request.photos[0].bytes, "abcd");
  EXPECT_EQ(request.photos[1].id, "7");
  EXPECT_EQ(request.photos[1].type, "Shirts");
  EXPECT_EQ(request.photos[1].bytes, "a");
  EXPECT_EQ(request.attributes, std::vector<std::string>{"Fit"});
  EXPECT_EQ(request.alternatives, 0);
}

TEST(Predict, SaysWhatItCannotRead) {
  struct Case {
    const char* name;
    std::string body;
    const char* message;
  };
  std::string many = R"({"photos":[{"image":"YQ=="})";
  for (std::size_t i = 0; i < kMostPhotos; ++i) many += R"(,{"image":"YQ=="})";
  for (const auto& [name, body, message] : std::vector<Case>{
           {"no JSON", "photo", "not valid JSON"},
           {"a list", "[]", "expected an object, found array"},
           {"too deep", std::string(40, '[') + std::string(40, ']'), "nested 40 deep"},
           {"no photos", "{}", "\"photos\" is missing"},
           {"an empty list", R"({"photos":[]})", "1 to 32"},
           {"too many", many + "]}", "1 to 32"},
           {"no image", R"({"photos":[{"id":"1"}]})", "photos[0]: \"image\" is missing"},
           {"no base64", R"({"photos":[{"image":"a*b="}]})", "photos[0]: \"image\" is not base64"},
           {"an empty image", R"({"photos":[{"image":""}]})", "photos[0]: \"image\" is empty"},
           {"a number for an id", R"({"photos":[{"id":1,"image":"YQ=="}]})", "\"id\" has an unexpected type: number"},
           {"an unknown key", R"({"photos":[{"image":"YQ==","url":"x"}]})", "photos[0]: unknown key \"url\""},
           {"an unknown attribute", R"({"photos":[{"image":"YQ=="}],"attributes":["Smell"]})",
            "no attribute \"Smell\""},
           {"an attribute twice", R"({"photos":[{"image":"YQ=="}],"attributes":["Fit","Fit"]})", "occurs twice"},
           {"fewer than none", R"({"photos":[{"image":"YQ=="}],"alternatives":-1})", "expected 0 or more"}}) {
    EXPECT_THAT(refusal([&] { parse_predict(body, kKnown); }), HasSubstr(message)) << name;
  }
}

TEST(Invocations, ReadTheOriginalsBody) {
  const auto plain = parse_invocation(R"({"image":"YQ==","prompt":"Question: Fit? Answer: "})");
  EXPECT_EQ(plain.prompt, (Prompt{.text = "Question: Fit? Answer: "}));
  const auto beams = parse_invocation(
      R"({"image":"YQ==","prompt":"?","parameters":{"max_new_tokens":5,"num_beams":3,"length_penalty":-1}})");
  EXPECT_EQ(beams.prompt, (Prompt{.text = "?", .max_new_tokens = 5, .num_beams = 3, .length_penalty = -1}));
}

TEST(Invocations, RefuseParametersByName) {
  struct Case {
    const char* parameters;
    const char* message;
  };
  for (const auto& [parameters, message] :
       std::vector<Case>{{R"({"temperature":0.5})", "parameters: unknown key \"temperature\""},
                         {R"({"num_beams":0})", "\"num_beams\" is 0; expected 1 to 8"},
                         {R"({"num_beams":true})", "\"num_beams\" has an unexpected type"},
                         {R"({"max_new_tokens":1000000})", "\"max_new_tokens\" is 1000000"},
                         {R"({"length_penalty":99})", "\"length_penalty\" is 99"},
                         {R"([])", "parameters: expected an object"}}) {
    const auto body = fmt::format(R"({{"image":"YQ==","prompt":"?","parameters":{}}})", parameters);
    EXPECT_THAT(refusal([&] { parse_invocation(body); }), HasSubstr(message)) << parameters;
  }
  EXPECT_THAT(refusal([&] { parse_invocation(R"({"image":"YQ==","prompt":""})"); }),
              HasSubstr("\"prompt\" has 0 bytes"));
}

TEST(Describe, KeepsTheOrderOfAttributes) {
  const auto request = parse_describe(
      "{\"product\":{\"id\":\"1\",\n\"attributes\":{\"Fit\":\"Slim\",\"Fabric\":\"Wool\"}},\"locale\":\"de\"}");
  EXPECT_EQ(request.locale, "de");
  ASSERT_EQ(request.product.facts.size(), 2);
  EXPECT_EQ(request.product.facts[0].attribute, "Fit");
  EXPECT_THAT(refusal([] { parse_describe(R"({"product":null})"); }), HasSubstr("\"product\" is missing"));
  EXPECT_THAT(refusal([] { parse_describe(R"({"product":{"id":"1"}})"); }), HasSubstr("\"attributes\" is missing"));
}

}  // namespace
}  // namespace hangtag::server
