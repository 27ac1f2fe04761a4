#include "claims/units.h"

#include <gtest/gtest.h>

namespace hangtag::claims {
namespace {

TEST(Units, Keys) {
  struct Case {
    const char *text, *keys;
    bool elision = false;
  };
  for (const Case& c : {
           Case{"A V-neck, cut SLIM.", "a v neck cut slim"},
           Case{"Men’s and boys' tees", "men's and boys tees"},
           Case{"2.5 inches, 1,200 g, 100%", "2.5 inches 1,200 g 100 %"},
           Case{"cotton/linen & silk", "cotton linen silk"},
           Case{"“Quoted” and ‘so’", "quoted and so"},
           Case{"L’élégance d'un col", "l' élégance d' un col", true},
           Case{"Ａ－ｌｉｎｅ ﬁt", "a line fit"},
           Case{"GRÖSSE Straße", "grösse strasse"},
           Case{"Vネックの長袖シャツ。", "v ネ ッ ク の 長 袖 シ ャ ツ"},
           Case{"e\u0301te\u0301", "\u00e9t\u00e9"},
           Case{"a\xff"
                "b",
                "a \uFFFD b"},
           Case{"", ""},
       }) {
    EXPECT_EQ(key_of(c.text, c.elision), c.keys) << c.text;
  }
}

TEST(Units, TextWithoutAnEndIsCutIntoSentencesToo) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "red ";
  EXPECT_GE(cut(text).back().sentence, 3);
}

TEST(Units, PlacesSentencesAndClauses) {
  const std::string text = "It fits, I say. “So” do 2.5 of us!";
  const auto units = cut(text);
  ASSERT_EQ(units.size(), 9u);
  EXPECT_EQ(text.substr(units[4].begin, units[4].end - units[4].begin), "So");
  EXPECT_EQ(units[1].clause, 0);
  EXPECT_EQ(units[2].clause, 1);
  EXPECT_EQ(units[3].sentence, 0);
  EXPECT_EQ(units[4].sentence, 1);
  EXPECT_EQ(units[8].sentence, 1);
}

}  // namespace
}  // namespace hangtag::claims
