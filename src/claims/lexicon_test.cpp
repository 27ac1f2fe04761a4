#include "claims/lexicon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "claims/units.h"

namespace hangtag::claims {
namespace {

TEST(Aspects, NamesAndWhatFollows) {
  const auto& aspects = Aspects::get();
  const auto colour = aspects.of_attribute("baseColour");
  ASSERT_TRUE(colour);
  EXPECT_EQ(colour, aspects.of_attribute("Base Colour"));
  EXPECT_EQ(colour, aspects.of_attribute("base_colour"));
  EXPECT_FALSE(aspects.of_attribute("Shelf life"));
  const auto navy = aspects.value(*colour, "Navy Blue"), blue = aspects.value(*colour, "blue");
  ASSERT_TRUE(navy && blue);
  EXPECT_TRUE(aspects.entails(*navy, *blue));
  EXPECT_FALSE(aspects.entails(*blue, *navy));
  const auto sleeves = aspects.of_attribute("Sleeve Length");
  ASSERT_TRUE(sleeves);
  EXPECT_EQ(aspects.value(*sleeves, "No Sleeves"), aspects.value(*sleeves, "Sleeveless"));
  EXPECT_TRUE(aspects.means_absence(*aspects.value(*sleeves, "sleeveless")));
}

// Reading a lexicon fails where a value has no word, so this is also the test that none is missing.
TEST(Lexicon, EveryLocaleTranslatesEveryValue) {
  const auto& aspects = Aspects::get();
  for (const auto& locale : Lexicon::locales()) {
    SCOPED_TRACE(locale);
    const auto& lexicon = Lexicon::of(locale);
    EXPECT_EQ(lexicon.locale(), locale);
    for (int aspect = 0; aspect < static_cast<int>(aspects.size()); ++aspect) {
      EXPECT_FALSE(lexicon.label(aspect).empty());
      for (int value = 0; value < static_cast<int>(aspects.values(aspect)); ++value) {
        const auto word = lexicon.translation({aspect, value});
        const auto* meanings = lexicon.find(key_of(word, lexicon.elision()));
        ASSERT_TRUE(meanings) << word;
        EXPECT_THAT(*meanings, testing::Contains(Meaning{Meaning::kValue, {aspect, value}})) << word;
      }
    }
  }
  EXPECT_EQ(Lexicon::of("de").translation(*aspects.value(*aspects.find("fibre"), "cotton")), "Baumwolle");
}

TEST(Lexicon, HyphensAndCompounds) {
  const auto& english = Lexicon::of("en");
  EXPECT_TRUE(english.find("v neck"));
  EXPECT_TRUE(english.find("vneck"));
  EXPECT_FALSE(english.find_compound("cottonsomething"));
  EXPECT_TRUE(Lexicon::of("de").find_compound("baumwollhemd"));
}

TEST(Lexicon, UnknownLocaleIsRefusedWithThoseThatThereAre) {
  try {
    Lexicon::of("xx");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("en, de, es, fr, it, ja, nl, pt"));
  }
}

// Of words that claim nothing, none may say what a buyer can feel, measure or hold the shop to.
TEST(Lexicon, HarmlessEnglishWordsAreHarmless) {
  const auto& english = Lexicon::of("en");
  for (const char* word : {"soft",      "comfortable", "warm",      "breathable", "durable", "quality",     "premium",
                           "organic",   "sustainable", "handmade",  "free",       "new",     "exclusive",   "genuine",
                           "guarantee", "guaranteed",  "certified", "waterproof", "stretch", "lightweight", "luxury",
                           "healthy",   "cheap",       "sale",      "best",       "italy",   "two",         "pockets",
                           "buttons",   "zip",         "lined",     "recycled",   "vegan",   "never"}) {
    const auto* meanings = english.find(word);
    if (!meanings) continue;
    EXPECT_THAT(*meanings, testing::Not(testing::Contains(Meaning{Meaning::kNeutral}))) << word;
  }
}

}  // namespace
}  // namespace hangtag::claims
