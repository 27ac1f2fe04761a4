#include "describe/template_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <regex>
#include <set>

#include "base/error.h"
#include "base/random.h"

namespace hangtag::describe {
namespace {

using facts::Fact;
using facts::ProductFacts;
using testing::HasSubstr;
using testing::Not;

// Values of the Shirts and Tshirts in the Kaggle catalogue Fashion Product Images.
const std::map<std::string, std::vector<std::string>> kRealValues = {
    {"Fabric",
     {"Polyester", "Cotton", "Synthetic", "Blended", "Elastane", "Linen", "Viscose Rayon", "Silk", "Nylon",
      "Cotton Linen", "Bamboo"}},
    {"Fit", {"Regular Fit", "Slim Fit", "Loose", "Tailored Fit"}},
    {"Collar",
     {"Spread Collar", "Peter Pan Collar", "Slim Collar", "Mandarin Collar", "Button-Down Collar", "Cutaway Collar"}},
    {"Pattern", {"Solid", "Striped", "Printed", "Checked", "Colourblocked", "Dyed", "Self Design"}},
    {"Sleeve Length", {"Long Sleeves", "Short Sleeves", "Sleeveless", "Three-Quarter Sleeves"}},
    {"Sleeve Styling",
     {"Raglan Sleeves", "Regular Sleeves", "No Sleeves", "Cap Sleeves", "Roll-Up Sleeves", "Puff Sleeves",
      "Extended Sleeves"}},
    {"Neck",
     {"Polo Collar", "Round Neck", "V-Neck", "Scoop Neck", "Halter Neck", "High Neck", "Boat Neck", "Henley Neck",
      "Mandarin Collar"}},
    {"baseColour", {"Blue",           "Red",
                    "Grey",           "Black",
                    "White",          "Navy Blue",
                    "Green",          "Orange",
                    "Brown",          "Yellow",
                    "Purple",         "Maroon",
                    "Cream",          "Pink",
                    "Multi",          "Peach",
                    "Beige",          "Tan",
                    "Charcoal",       "Grey Melange",
                    "Mustard",        "Olive",
                    "Magenta",        "Khaki",
                    "Burgundy",       "Teal",
                    "Turquoise Blue", "Off White",
                    "Lavender",       "Rust",
                    "Coffee Brown",   "Gold",
                    "Sea Green",      "Fluorescent Green",
                    "Lime Green",     "Mushroom Brown"}},
    {"gender", {"Men", "Women", "Unisex", "Boys", "Girls"}},
    {"season", {"Summer", "Fall", "Spring", "Winter"}},
    {"usage", {"Sports", "Casual", "Formal", "Smart Casual", "Ethnic", "Party"}},
    {"Wash Care", {"Machine Wash", "Hand Wash", "Dry Clean"}},
    {"Hemline", {"Curved", "Straight", "High-Low"}},
};

std::string in_small_letters(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

Description write(const ProductFacts& product) {
  const Brand brand;
  const Limits limits;
  return TemplateWriter()
      .write({.product = product, .lexicon = claims::Lexicon::of("en"), .brand = brand, .limits = limits}, nullptr)
      .description;
}

bool has_word(const std::string& text, const std::string& word) {
  const auto is_letter = [&](std::size_t i) {
    return i < text.size() && std::isalpha(static_cast<unsigned char>(text[i]));
  };
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    if (!is_letter(at + word.size()) && (at == 0 || !is_letter(at - 1))) return true;
  }
  return false;
}

// What is wrong with the text, or nothing.
std::string fault_of(const std::string& text) {
  static const std::regex kFaults(
      "  |^ | $|\\b[Aa] (?:[aeio]|u(?!ni))|\\b[Aa]n (?:[^aeiouAF8]|uni)|[ ,:]\\.| ,|,,|\\.\\.|\\. "
      "[^A-Z]|^[^A-Z]|[^.]$|\\b(\\w+) \\1\\b");
  std::smatch match;
  return std::regex_search(text, match, kFaults) ? fmt::format("\"{}\" in: {}", match.str(), text) : "";
}

TEST(TemplateWriter, FaultsAreFound) {
  EXPECT_EQ(fault_of("A shirt. An orange one has a unisex cut."), "");
  for (const char* text : {"A orange shirt.", "It has an blue hem.", "An unisex shirt.", "Two  spaces.", "no capital.",
                           "A shirt. it fits.", "No end", "A shirt ..", "It has has a hem.", "A shirt , red."}) {
    EXPECT_NE(fault_of(text), "") << text;
  }
}

TEST(TemplateWriter, RealValuesReadWellAndAllStandInTheText) {
  base::Random random(1);
  const std::vector<std::string> types = {"Shirts", "Tshirts", "", "Jeans", "Dresses", "Innerwear Vests"};
  for (const auto& [attribute, values] : kRealValues) {
    for (const std::string& value : values) {
      for (int i = 0; i < 15; ++i) {
        // This value with a random half of the other attributes, so that each meets all.
        ProductFacts product{.id = std::to_string(random.next()), .type = types[random.below(types.size())]};
        product.facts.push_back({attribute, value});
        for (const auto& [other, others] : kRealValues) {
          if (other != attribute && random.chance(0.5))
            product.facts.push_back({other, others[random.below(others.size())]});
        }
        const Description description = write(product);
        EXPECT_EQ(fault_of(description.text), "");
        for (const Fact& fact : product.facts) {
          EXPECT_THAT(in_small_letters(description.text), HasSubstr(in_small_letters(fact.value)));
        }
        EXPECT_LE(description.title.size(), 150u);
        EXPECT_THAT(description.title, testing::MatchesRegex("[A-Z].*[a-z]"));
      }
    }
  }
}

// No value of any attribute but the one that was given may be said.
TEST(TemplateWriter, SaysNothingThatWasNotGiven) {
  for (const auto& [attribute, values] : kRealValues) {
    for (int id = 0; id < 30; ++id) {
      const std::string text =
          in_small_letters(write({.id = std::to_string(id), .type = "Shirts", .facts = {{attribute, values[0]}}}).text);
      for (const auto& [other, other_values] : kRealValues) {
        if (other == attribute) continue;
        for (const std::string& value : other_values) {
          // Only values that are not part of the value that was given.
          const std::string word = in_small_letters(value);
          const bool said = has_word(text, word);
          EXPECT_FALSE(said && in_small_letters(values[0]).find(word) == std::string::npos) << word << " in: " << text;
        }
      }
    }
  }
}

TEST(TemplateWriter, IsTheSameForAnIdAndVariesBetweenIds) {
  std::set<std::string> texts;
  for (int id = 0; id < 200; ++id) {
    const ProductFacts product{.id = std::to_string(id),
                               .type = "Tshirts",
                               .facts = {{"Fabric", "Cotton"},
                                         {"Fit", "Regular Fit"},
                                         {"Pattern", "Striped"},
                                         {"Sleeve Length", "Short Sleeves"},
                                         {"Neck", "Round Neck"},
                                         {"baseColour", "Navy Blue"}}};
    EXPECT_EQ(write(product).text, write(product).text);
    EXPECT_EQ(write(product).title, "Striped Navy Blue Cotton T-Shirt, Regular Fit, Round Neck, Short Sleeves");
    texts.insert(write(product).text);
  }
  EXPECT_GE(texts.size(), 190u);
}

TEST(TemplateWriter, NothingKnownIsAnError) {
  for (const std::vector<Fact>& facts : {std::vector<Fact>{}, {{"Fabric", "NA"}, {"Fit", ""}, {"Neck", " \n"}}}) {
    try {
      write({.id = "7", .type = "Shirts", .facts = facts});
      FAIL() << "expected an error";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kInvalid);
      EXPECT_THAT(error.what(), HasSubstr("product 7: nothing is known of it"));
    }
  }
}

TEST(TemplateWriter, OddValues) {
  struct Case {
    const char* name;
    Fact fact;
    const char* expected;
  };
  for (const Case& c : {
           Case{"an attribute that it does not know", {"Sport Team", "A C Milan"}, "Sport team: A C Milan."},
           Case{"other", {"Pattern", "Other"}, "Pattern: Other."},
           Case{"yes", {"Collar", "Yes"}, "Collar: Yes."},
           Case{"no", {"Collar", "No Collar"}, "no collar"},
           Case{"a number", {"Fabric", "100% Cotton"}, "Fabric: 100% Cotton."},
           Case{"an audience that is none", {"Gender", "Dogs"}, "Gender: Dogs."},
           Case{"a season that is none", {"Season", "Always"}, "Season: Always."},
           Case{"a neck that is none", {"Neck", "Off-Shoulder"}, "an off-shoulder neckline"},
           Case{"straps", {"Neck", "Shoulder Straps"}, "shoulder straps"},
           Case{"a word alone", {"Sleeve Length", "Long"}, "long sleeves"},
           Case{"a print", {"Pattern", "Floral Print"}, "a floral print"},
           Case{"stripes", {"Pattern", "Vertical Stripes"}, "vertical stripes"},
           Case{"no letters of ours", {"Fabric", "綿"}, "綿"},
       }) {
    for (int id = 0; id < 20; ++id) {
      const std::string text = write({.id = std::to_string(id), .type = "Shirts", .facts = {c.fact}}).text;
      EXPECT_THAT(in_small_letters(text), HasSubstr(in_small_letters(c.expected))) << c.name;
    }
  }
}

TEST(TemplateWriter, TheSameAttributeTwice) {
  const auto text_with = [](const char* second) {
    return write({.id = "1", .type = "Shirts", .facts = {{"usage", "Casual"}, {"Occasion", second}}}).text;
  };
  EXPECT_THAT(text_with("casual"), Not(HasSubstr("Occasion")));
  EXPECT_THAT(text_with("Party"), HasSubstr("Occasion: Party."));
}

TEST(TemplateWriter, ContradictionsAndRepetitionsStillRead) {
  const std::string text = write({.id = "1",
                                  .type = "Tops",
                                  .facts = {{"Neck", "Shoulder Straps"},
                                            {"Sleeve Styling", "Shoulder Straps"},
                                            {"Sleeve Length", "No Sleeves"},
                                            {"Collar", "No Collar"}}})
                               .text;
  EXPECT_EQ(fault_of(text), "");
  EXPECT_EQ(text.find("houlder straps"), text.rfind("houlder straps")) << text;
}

TEST(TemplateWriter, HostileValuesStayData) {
  struct Case {
    const char* name;
    std::string value, expected;
  };
  for (const Case& c : {
           Case{"markup", "<script>alert(1)</script>", "“<script>alert(1)</script>”"},
           Case{"a sentence", "Cotton. It cures colds", "“Cotton. It cures colds”"},
           Case{"lines", "Cotton\n\nIGNORE ALL\r\n", "cotton IGNORE ALL"},
           Case{"controls", "\x1b[2JCotton\x07", "“[2JCotton”"},
           Case{"format strings", "{0} %s {}", "“{0} %s {}”"},
           Case{"malformed UTF-8",
                "\xff"
                "Cotton\xc3",
                "cotton"},
           Case{"very long", std::string(100000, 'x'), std::string(79, 'x') + "…"},
       }) {
    for (const char* attribute : {"Fabric", "Unheard Of"}) {
      const Description description = write({.id = c.value, .type = c.value, .facts = {{attribute, c.value}}});
      EXPECT_THAT(in_small_letters(description.text), HasSubstr(in_small_letters(c.expected))) << c.name;
      EXPECT_LT(description.text.size(), 500u) << c.name;
      EXPECT_THAT(description.text, Not(testing::ContainsRegex("[\n\r\x1b\x07]"))) << c.name;
      EXPECT_LE(description.title.size(), 160u) << c.name;
    }
    // As the name of an attribute, of the product, and of its type.
    const Description description =
        write({.id = "1", .type = c.value, .name = c.value, .facts = {{c.value, "Cotton"}, {"Fit", "Slim Fit"}}});
    EXPECT_THAT(description.text, HasSubstr(": Cotton.")) << c.name;
    EXPECT_LE(description.title.size(), 160u) << c.name;
  }
}

TEST(TemplateWriter, TheNameIsTheTitleWhereThereIsOne) {
  const Description description =
      write({.id = "1", .type = "Shirts", .name = "Oxford  No. 5", .facts = {{"Fit", "Slim Fit"}}});
  EXPECT_EQ(description.title, "Oxford No. 5");
  EXPECT_THAT(description.text, Not(HasSubstr("Oxford")));
}

Description write_in(const char* locale, const ProductFacts& product, const Limits& limits = {},
                     const Brand& brand = {}) {
  return TemplateWriter()
      .write({.product = product, .lexicon = claims::Lexicon::of(locale), .brand = brand, .limits = limits}, nullptr)
      .description;
}

TEST(TemplateWriter, OtherLanguagesListTheTablesWords) {
  const ProductFacts product{
      .id = "1", .type = "Shirts", .facts = {{"Fabric", "Cotton"}, {"baseColour", "Navy Blue"}, {"Cut no.", "A7"}}};
  const Description german = write_in("de", product);
  EXPECT_THAT(german.text, HasSubstr("Baumwolle"));
  EXPECT_THAT(german.text, HasSubstr("“cut no.”: A7"));
  EXPECT_THAT(german.title, HasSubstr("Baumwolle"));
  EXPECT_THAT(write_in("ja", product).text, testing::EndsWith("。"));
}

TEST(TemplateWriter, KeepsLimitsAndBannedWords) {
  const ProductFacts product{
      .id = "1", .type = "Shirts", .facts = {{"Fabric", "Cotton"}, {"Fit", "Slim Fit"}, {"Neck", "Round Neck"}}};
  const Limits tight{
      .title = 20, .text = 60, .bullet = 12, .bullets = 2, .seo_title = 15, .seo_description = 30, .alt_text = 20};
  EXPECT_THAT(faults_of(write_in("en", product, tight), tight), testing::IsEmpty());
  for (int id = 0; id < 100; ++id) {
    const auto description = write_in(
        "en", {.id = std::to_string(id), .type = "Shirts", .facts = product.facts}, {},
        {.name = {}, .tone = {}, .facts = {}, .banned = {"wardrobe", "Make it yours", "meet"}, .examples = {}});
    EXPECT_THAT(in_small_letters(description.text), Not(testing::ContainsRegex("wardrobe|make it yours|meet")));
  }
}

}  // namespace
}  // namespace hangtag::describe
