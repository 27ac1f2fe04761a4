#include "describe/model_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "describe/compose.h"
#include "llm/openai.h"

namespace hangtag::describe {
namespace {

using testing::HasSubstr;

const std::string kGood =
    R"({"title":"Blue Shirt","description":"A blue shirt.","bullets":["Colour: blue"],"seo_title":"Blue Shirt",)"
    R"("seo_description":"A blue shirt.","alt_text":"A blue shirt"})";

TEST(ParseAnswer, FindsTheObjectAmongOtherWords) {
  for (const auto& text : {kGood, "Here you are:\n```json\n" + kGood + "\n```\nEnjoy!"}) {
    const auto answer = parse_answer(text, {});
    EXPECT_EQ(answer.malformed, "");
    EXPECT_EQ(answer.description.text, "A blue shirt.");
    EXPECT_THAT(answer.description.bullets, testing::ElementsAre("Colour: blue"));
  }
}

TEST(ParseAnswer, SaysWhatCannotBeRead) {
  struct Case {
    const char *text, *malformed;
  };
  for (const Case& c :
       {Case{"", "no JSON object"}, Case{"A blue shirt.", "no JSON object"}, Case{"{\"title\": }", "not valid JSON"},
        Case{"} {", "no JSON object"}, Case{R"({"title": 7})", "lacks the text \"title\""},
        Case{R"({"title":"T","description":"D","seo_title":"S","seo_description":"D","alt_text":"A"})",
             "lacks \"bullets\""},
        Case{R"({"title":"T","description":"D","seo_title":"S","seo_description":"D","alt_text":"A","bullets":[1]})",
             "lacks \"bullets\""}}) {
    EXPECT_THAT(parse_answer(c.text, {}).malformed, HasSubstr(c.malformed)) << c.text;
  }
}

// A server that gives one answer after the other; keeps what it was asked.
struct Server {
  std::vector<std::string> answers;
  std::vector<base::Json> asked{};

  std::shared_ptr<llm::Client> client() {
    llm::ClientOptions options;
    options.send = [this](const net::Request& request) {
      asked.push_back(base::Json::parse(request.body));
      const auto& text = answers[std::min(asked.size(), answers.size()) - 1];
      const base::Json body = {{"model", "m-1"},
                               {"choices", {{{"message", {{"content", text}}}, {"finish_reason", "stop"}}}},
                               {"usage", {{"prompt_tokens", 100}, {"completion_tokens", 20}}}};
      return net::Response{.status = 200, .headers = {}, .body = body.dump()};
    };
    return std::make_shared<llm::Client>(
        std::make_unique<llm::OpenAi>(llm::OpenAiOptions{.model = "m", .base_url = "http://127.0.0.1:1/v1"}), options);
  }
};

const facts::ProductFacts kShirt{.id = "1", .type = "Shirts", .facts = {{"baseColour", "Blue"}}};

TEST(ModelWriter, AsksWithThePromptAndASchema) {
  Server server{{kGood}};
  const ModelWriter writer(server.client(), Prompt::garment(), {.name = "openai", .fingerprint = "m"});
  const auto composed = compose(kShirt, writer, {});
  EXPECT_EQ(composed.writer, "openai");
  EXPECT_EQ(composed.model, "m-1");
  EXPECT_EQ(composed.prompt, "garment@1");
  EXPECT_EQ(composed.input_tokens, 100);
  ASSERT_EQ(server.asked.size(), 1u);
  EXPECT_EQ(server.asked[0]["messages"][0]["role"], "system");
  EXPECT_THAT(server.asked[0]["messages"][1]["content"].get<std::string>(), HasSubstr("<product_attributes>"));
  EXPECT_EQ(server.asked[0]["response_format"]["json_schema"]["schema"]["properties"]["seo_title"]["type"], "string");
}

TEST(ModelWriter, HandsBackWhatWasWrong) {
  auto lie = kGood;
  lie.replace(lie.find("A blue shirt."), 13, "A blue silk shirt.");
  Server server{{lie, "no JSON at all", kGood}};
  const ModelWriter writer(server.client(), Prompt::garment(), {.name = "openai", .fingerprint = "m"});
  const auto composed = compose(kShirt, writer, {});
  EXPECT_EQ(composed.tries, 3);
  EXPECT_EQ(composed.writer, "openai");
  ASSERT_EQ(server.asked.size(), 3u);
  const auto& second = server.asked[1]["messages"];
  EXPECT_EQ(second[2]["role"], "assistant");
  EXPECT_EQ(second[2]["content"], lie);
  EXPECT_THAT(second[3]["content"].get<std::string>(),
              HasSubstr("description: nothing that is known supports \"silk\""));
  EXPECT_THAT(server.asked[2]["messages"][3]["content"].get<std::string>(), HasSubstr("no JSON object"));
}

TEST(ModelWriter, RepeatingTheInstructionsDoesNotPass) {
  auto echo = kGood;
  echo.replace(echo.find("A blue shirt."), 13, "A blue shirt. What you do not know, you leave out. Plain text only.");
  Server server{{echo}};
  const ModelWriter writer(server.client(), Prompt::garment(), {.name = "openai", .fingerprint = "m"});
  const auto composed = compose(kShirt, writer, {});
  EXPECT_EQ(composed.writer, "template");
  EXPECT_THAT(composed.rejected, testing::Contains(HasSubstr("repeats the instructions")));
}

}  // namespace
}  // namespace hangtag::describe
