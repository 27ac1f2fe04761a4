#include "describe/description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hangtag::describe {
namespace {

using testing::ElementsAre;

TEST(Description, FaultsNameThePartAndTheLimit) {
  const Limits limits{
      .title = 4, .text = 10, .bullet = 3, .bullets = 1, .seo_title = 5, .seo_description = 5, .alt_text = 5};
  const Description good{
      .title = "Größ", .text = "A.", .bullets = {"abc"}, .seo_title = "T", .seo_description = "D", .alt_text = "A"};
  EXPECT_THAT(faults_of(good, limits), testing::IsEmpty());
  const Description bad{
      .title = "Größe", .text = " ", .bullets = {"a", "b"}, .seo_title = "T", .seo_description = "D", .alt_text = "A"};
  EXPECT_THAT(faults_of(bad, limits),
              ElementsAre("the title has 5 characters; at most 4 are allowed", "the description is empty",
                          "there are 2 bullets; at most 1 are allowed"));
}

TEST(Description, FieldsThatTell) {
  std::vector<std::string> telling;
  for (const auto& field : fields_of({.title = "T",
                           .text = "D",
                           .bullets = {"x", "y"},
                           .seo_title = "",
                           .seo_description = "",
                           .alt_text = ""})) {
    if (field.tells) telling.push_back(field.name);
  }
  EXPECT_THAT(telling, ElementsAre("description", "bullets[0]", "bullets[1]"));
}

TEST(Description, Shortened) {
  struct Case {
    const char *text, *expected;
    std::size_t longest;
  };
  for (const Case& c : {Case{"One. Two. Three.", "One. Two. Three.", 16}, Case{"One. Two. Three.", "One. Two.", 15},
                        Case{"One. Two. Three.", "One. Two.", 9}, Case{"red, green, blue", "red, green", 12},
                        Case{"red green blue", "red green", 11}, Case{"größer", "größ", 4}, Case{"赤。青。", "赤。", 3},
                        Case{"", "", 3}}) {
    EXPECT_EQ(shortened(c.text, c.longest), c.expected) << c.text << " " << c.longest;
  }
}

}  // namespace
}  // namespace hangtag::describe
