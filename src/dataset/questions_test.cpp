#include "dataset/questions.h"

#include <gtest/gtest.h>

namespace hangtag::dataset {
namespace {

TEST(Question, SaysTheAttributeInWords) {
  EXPECT_EQ(question("Fabric"), "What is the fabric of the clothing in this picture?");
  EXPECT_EQ(question("Sleeve Length"), "What is the sleeve length of the clothing in this picture?");
  EXPECT_EQ(question("baseColour"), "What is the base colour of the clothing in this picture?");
  EXPECT_EQ(question("Fabric 2"), "What is the fabric 2 of the clothing in this picture?");
  EXPECT_EQ(question("\xC3\x89toffe"), "What is the \xC3\x89toffe of the clothing in this picture?");
}

TEST(Prompt, EndsInASpace) {
  EXPECT_EQ(prompt(question("Fit")), "Question: What is the fit of the clothing in this picture? Answer: ");
}

TEST(MakeExample, KeepsTheSpellingOfTheCatalogueInTheAnswer) {
  EXPECT_EQ(make_example("7", "baseColour", "Navy Blue"),
            (Example{"7", "baseColour", "What is the base colour of the clothing in this picture?",
                     "baseColour: Navy Blue"}));
}

struct AnswerCase {
  const char* name;
  const char* text;
  std::optional<Label> label;
};

class ParseAnswerTest : public testing::TestWithParam<AnswerCase> {};

TEST_P(ParseAnswerTest, TakesAttributeAndValueApart) {
  EXPECT_EQ(parse_answer(GetParam().text), GetParam().label);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ParseAnswerTest,
    testing::Values(AnswerCase{"Usual", "Sleeve Length: Long Sleeves", Label{"Sleeve Length", "Long Sleeves"}},
                    AnswerCase{"NoSpace", "Fit:Slim", Label{"Fit", "Slim"}},
                    AnswerCase{"Spaces", "  Fit :\tSlim Fit \n", Label{"Fit", "Slim Fit"}},
                    AnswerCase{"ColonInTheValue", "Fabric: Cotton: organic", Label{"Fabric", "Cotton: organic"}},
                    AnswerCase{"Empty", "", std::nullopt}, AnswerCase{"NoColon", "Cotton", std::nullopt},
                    AnswerCase{"NoValue", "Fabric: ", std::nullopt},
                    AnswerCase{"NoAttribute", ": Cotton", std::nullopt}),
    [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace hangtag::dataset
