#include "facts/wording.h"

#include <gtest/gtest.h>

namespace hangtag::facts {
namespace {

TEST(Wording, Clean) {
  struct Case {
    const char* name;
    std::string text, expected;
  };
  for (const Case& c : {
           Case{"spaces", "  Big \t\n Blue ", "Big Blue"},
           Case{"controls", std::string("a\x1b[2J\0b", 7), "a [2J b"},
           Case{"right-to-left override and zero width", "a\u202Eb\u200Bc", "a b c"},
           Case{"line separators", "a\u2028b\u00A0c", "a b c"},
           Case{"malformed", "a\xff\xc3", "a"},
           Case{"as long as allowed", "größe 10", "größe 10"},
           Case{"too long", "größe 100", "größe 1…"},
           Case{"nothing", " \r\n", ""},
       }) {
    EXPECT_EQ(clean(c.text, 8), c.expected) << c.name;
  }
}

TEST(Wording, Plain) {
  for (const char* text : {"Cotton", "Roll-Up Sleeves", "2.5 inches", "Größe", "Levi's", "5 and above", "100%", "綿"}) {
    EXPECT_TRUE(is_plain(text)) << text;
  }
  for (const char* text : {"", "<b>", "a. Free", "It is.", ".5", "a; b", "a\"b", "{x}", "“a”", "a: b", "a…"}) {
    EXPECT_FALSE(is_plain(text)) << text;
  }
}

TEST(Wording, LowerKeepsNamesAndLetters) {
  for (const auto& [text, expected] :
       std::initializer_list<std::pair<const char*, const char*>>{{"Navy Blue", "navy blue"},
                                                                  {"V-Neck", "V-neck"},
                                                                  {"Peter Pan Collar", "Peter Pan collar"},
                                                                  {"UV Protected Lens", "UV protected lens"},
                                                                  {"Tshirts", "T-shirts"},
                                                                  {"Roll-Up Sleeves", "roll-up sleeves"},
                                                                  {"T-Shirt", "T-shirt"},
                                                                  {"", ""}}) {
    EXPECT_EQ(lower(text), expected);
  }
}

TEST(Wording, Attributes) {
  for (const char* text : {"baseColour", "base_colour", "Base Colour", "base colour"}) {
    EXPECT_EQ(attribute_words(text), "base colour");
  }
}

TEST(Wording, Articles) {
  for (const char* text :
       {"a shirt", "an orange shirt", "a unisex shirt", "an A-line dress", "a V-neck", "an 8 cm heel", "a UV filter",
        "an off white shirt", "a European cut", "an MP3 player", "a T-shirt", "an olive T-shirt", "a one-piece"}) {
    const std::string phrase(text);
    const std::string noun = phrase.substr(phrase.find(' ') + 1);
    EXPECT_EQ(with_article(noun), phrase);
  }
}

TEST(Wording, TypesInTheSingular) {
  for (const auto& [type, expected] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Shirts", "a shirt"},
           {"Tshirts", "a T-shirt"},
           {"Lounge Tshirts", "a lounge T-shirt"},
           {"Dresses", "a dress"},
           {"Dress", "a dress"},
           {"Watches", "a watch"},
           {"Clutches", "a clutch"},
           {"Blouses", "a blouse"},
           {"Handbags", "a handbag"},
           {"Scarves", "a scarf"},
           {"Ties", "a tie"},
           {"Shoe Accessories", "a shoe accessory"},
           {"Jeans", "a pair of jeans"},
           {"Casual Shoes", "a pair of casual shoes"},
           {"Flip Flops", "a pair of flip flops"},
           {"Sunglasses", "a pair of sunglasses"},
           {"Innerwear Vests", "an innerwear vest"},
           {"Swimwear", "a swimwear item"},
           {"Perfume and Body Mist", "a perfume and body mist item"},
           {"Nehru Jackets", "a Nehru jacket"},
           {"", "a piece"},
           {"NA", "a piece"},
           {"<script>", "a piece"}}) {
    EXPECT_EQ(with_article(noun_of(type).phrase("")), expected) << type;
  }
}

TEST(Wording, AdjectivesStandBeforeTheNounOfAPair) {
  EXPECT_EQ(noun_of("Jeans").phrase("blue"), "pair of blue jeans");
  EXPECT_EQ(noun_of("Shirts").phrase("blue"), "blue shirt");
}

TEST(Wording, Titles) {
  EXPECT_EQ(title_case("solid navy blue T-shirt for men, roll-up sleeves"),
            "Solid Navy Blue T-Shirt for Men, Roll-Up Sleeves");
  EXPECT_EQ(capitalised("écru"), "Écru");
  EXPECT_EQ(capitalised(""), "");
}

}  // namespace
}  // namespace hangtag::facts
