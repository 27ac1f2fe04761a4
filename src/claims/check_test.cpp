#include "claims/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hangtag::claims {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Grounds shirt() {
  return {.product = {.id = "1",
                      .type = "Shirts",
                      .facts = {{"Fabric", "Cotton"},
                                {"Fit", "Slim Fit"},
                                {"Sleeve Length", "Long Sleeves"},
                                {"baseColour", "Navy Blue"}}},
          .brand_facts = {},
          .banned = {},
          .prompt = {}};
}

// "contradiction Fabric: polyester", one a problem.
std::vector<std::string> problems(const std::string& text, const Grounds& grounds, const char* locale = "en") {
  std::vector<std::string> found;
  const Field field{"description", text};
  for (const auto& problem : check(std::span(&field, 1), grounds, Lexicon::of(locale)).problems) {
    auto line = std::string(to_string(problem.kind));
    if (!problem.attribute.empty()) line += " " + problem.attribute;
    if (!problem.place.text.empty()) line += ": " + problem.place.text;
    found.push_back(std::move(line));
  }
  return found;
}

const std::string kTrue = "A slim fit shirt in navy blue cotton with long sleeves.";

TEST(Check, TrueTextsPass) {
  for (const std::string& text :
       {kTrue + " Make it yours.", kTrue + " The sleeves are long.", kTrue + " It is blue.",
        std::string("Long-sleeved, slim-fitting, navy: a cotton shirt."), kTrue + " Pair it with jeans."}) {
    EXPECT_THAT(problems(text, shirt()), IsEmpty()) << text;
  }
}

TEST(Check, ClaimsAreTiedToTheirAttributes) {
  const Field field{"description", kTrue};
  const auto verdict = check(std::span(&field, 1), shirt(), Lexicon::of("en"));
  std::vector<std::string> tied;
  for (const auto& claim : verdict.claims)
    tied.push_back(claim.place.text + " <- " + (claim.tie == Claim::kType ? "type" : claim.to));
  EXPECT_THAT(tied, ElementsAre("slim fit <- Fit", "shirt <- type", "navy blue <- baseColour", "cotton <- Fabric",
                                "long sleeves <- Sleeve Length"));
  EXPECT_EQ(kTrue.substr(verdict.claims[3].place.begin, 6), "cotton");
}

TEST(Check, WhatContradictsIsNamed) {
  EXPECT_THAT(problems(kTrue + " Its polyester drapes.", shirt()),
              ElementsAre("contradiction Fabric: polyester", "invention: drapes"));
  EXPECT_THAT(problems(kTrue + " The sleeves are short.", shirt()), ElementsAre("contradiction Sleeve Length: short"));
  EXPECT_THAT(problems(kTrue + " It is red.", shirt()), ElementsAre("contradiction baseColour: red"));
  EXPECT_THAT(problems(kTrue + " It isn't made of cotton.", shirt()), ElementsAre("contradiction Fabric: cotton"));
  EXPECT_THAT(problems(kTrue + " It comes without long sleeves.", shirt()),
              ElementsAre("contradiction Sleeve Length: long sleeves"));
  EXPECT_THAT(problems(kTrue + " A dress to love.", shirt()), testing::Contains("contradiction type: dress"));
}

TEST(Check, WhatNothingSupportsIsNamed) {
  EXPECT_THAT(problems(kTrue + " With 3 pockets.", shirt()), ElementsAre("invention: 3 pockets"));
  EXPECT_THAT(problems(kTrue + " 100% cotton.", shirt()), ElementsAre("invention: 100%"));
  EXPECT_THAT(problems(kTrue + " For men.", shirt()), ElementsAre("invention: men"));
  // More exact than the attribute is an invention, not a contradiction.
  EXPECT_THAT(problems(kTrue + " It is made of pure cotton.", shirt()), ElementsAre("invention: pure cotton"));
}

TEST(Check, AnOutfitsOtherPiecesMayLookAsTheyLike) {
  for (const char* outfit : {"Wear it with crisp white canvas sneakers and a black denim jacket.",
                             "Tuck it into trousers in grey or black.", "Pair it with denim or leather."}) {
    EXPECT_THAT(problems(kTrue + " " + outfit, shirt()), IsEmpty()) << outfit;
  }
  EXPECT_THAT(problems(kTrue + " Wear this red shirt with blue jeans.", shirt()),
              ElementsAre("contradiction baseColour: red"));
  EXPECT_THAT(problems(kTrue + " Layer this silk shirt over a white tee.", shirt()),
              ElementsAre("contradiction Fabric: silk"));
}

TEST(Check, WhatIsMissingIsNamed) {
  EXPECT_THAT(problems("A slim fit shirt in navy blue cotton.", shirt()), ElementsAre("missing Sleeve Length"));
  // A denied attribute is not told.
  EXPECT_THAT(problems("A slim fit shirt in navy blue cotton, not long-sleeved.", shirt()),
              ElementsAre("contradiction Sleeve Length: long-sleeved", "missing Sleeve Length"));
  auto grounds = shirt();
  grounds.product.facts.push_back({"Collar", "NA"});
  EXPECT_THAT(problems(kTrue, grounds), IsEmpty());
}

TEST(Check, BrandFacts) {
  auto grounds = shirt();
  grounds.brand_facts = {"Returns within 30 days.", "Designed in Lisbon."};
  EXPECT_THAT(problems(kTrue + " You can return it within 30 days.", grounds), IsEmpty());
  EXPECT_THAT(problems(kTrue + " Designed in Lisbon.", grounds), IsEmpty());
  EXPECT_THAT(problems(kTrue + " Returns within 60 days.", grounds), testing::Not(IsEmpty()));
  EXPECT_THAT(problems(kTrue + " It is not designed in Lisbon.", grounds), testing::Not(IsEmpty()));
  EXPECT_THAT(problems(kTrue + " Made in Lisbon with 30 hands.", grounds), testing::Not(IsEmpty()));
}

TEST(Check, BannedAndUnsafe) {
  auto grounds = shirt();
  grounds.banned = {"must have", "Wardrobe"};
  EXPECT_THAT(problems(kTrue + " A place in your wardrobe.", grounds), ElementsAre("banned: wardrobe"));
  EXPECT_THAT(problems(kTrue + " Make it <b>yours</b>.", shirt()), testing::Contains("unsafe: <"));
}

TEST(Check, ValuesThatNoLexiconKnows) {
  auto grounds = shirt();
  grounds.product.facts = {{"Closure kind", "Toggle Rope"}, {"Reversible", "Yes"}};
  EXPECT_THAT(problems("A shirt with a toggle rope. Reversible.", grounds), IsEmpty());
  EXPECT_THAT(problems("A shirt.", grounds), ElementsAre("missing Closure kind", "missing Reversible"));
}

TEST(Check, AbsenceIsAValue) {
  auto grounds = shirt();
  grounds.product.facts = {{"Sleeve Length", "Sleeveless"}};
  EXPECT_THAT(problems("A shirt without sleeves.", grounds), IsEmpty());
  EXPECT_THAT(problems("A sleeveless shirt.", grounds), IsEmpty());
  EXPECT_THAT(problems("A sleeveless shirt with wonderful sleeves.", grounds),
              testing::Contains(testing::HasSubstr("contradiction Sleeve Length")));
}

TEST(Check, OtherLanguages) {
  EXPECT_THAT(problems("Slim Fit Hemd aus Baumwolle, marineblau, mit langen Ärmeln.", shirt(), "de"), IsEmpty());
  EXPECT_THAT(problems("Slim Fit Hemd aus Seide, marineblau, mit langen Ärmeln.", shirt(), "de"),
              ElementsAre("contradiction Fabric: Seide", "missing Fabric"));
  EXPECT_THAT(problems("Camisa de algodón azul marino, manga larga, corte slim.", shirt(), "es"), IsEmpty());
  EXPECT_THAT(problems("Camisa de seda azul marino, manga larga, corte slim.", shirt(), "es"),
              ElementsAre("contradiction Fabric: seda", "missing Fabric"));
}

}  // namespace
}  // namespace hangtag::claims
