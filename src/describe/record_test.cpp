#include "describe/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hangtag::describe {
namespace {

using testing::HasSubstr;

Composed composed() {
  return {.product = {.id = "7", .facts = {{"Neck", "V-Neck", 0.5}}},
          .left_out = {{"Fit", "holds a link"}},
          .description = {.title = "T <b>",
                          .text = "Größe & V-neck.",
                          .bullets = {"*x*"},
                          .seo_title = "S",
                          .seo_description = "D",
                          .alt_text = "A"},
          .claims = {{{"description", 11, 17, "V-neck"}, claims::Claim::kAttribute, "Neck"}},
          .locale = "en",
          .writer = "template",
          .rejected = {},
          .untranslated = {}};
}

TEST(Record, Json) {
  const auto json = to_json(composed());
  EXPECT_EQ(json["id"], "7");
  EXPECT_EQ(json["attributes"]["Neck"], "V-Neck");
  // Offsets count characters: "Größe & " has eight.
  EXPECT_EQ(json["claims"][0].dump(),
            R"({"field":"description","start":9,"end":15,"text":"V-neck","by":"attribute","attribute":"Neck"})");
  EXPECT_EQ(json["left_out"][0].dump(), R"({"attribute":"Fit","reason":"holds a link"})");
  EXPECT_FALSE(json.contains("fallback"));
  EXPECT_FALSE(json.contains("usage"));
}

TEST(Record, MarkupIsEscaped) {
  EXPECT_THAT(to_html(composed()), HasSubstr("<h2>T &lt;b&gt;</h2>\n<p>Größe &amp; V-neck.</p>\n<ul>\n<li>*x*</li>"));
  EXPECT_THAT(to_markdown(composed()), HasSubstr("## T \\<b\\>\n\nGröße \\& V\\-neck\\.\n\n- \\*x\\*\n"));
}

}  // namespace
}  // namespace hangtag::describe
