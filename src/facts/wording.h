// Strings from data made fit for an English sentence.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hangtag::facts {

// Valid UTF-8 on one line: control, formatting and private characters and malformed bytes become spaces, spaces are
// single and inside only, and at most `longest` characters are kept, the last an ellipsis where something was cut.
std::string clean(std::string_view text, std::size_t longest);

// Whether clean text can stand in a sentence as it is: letters, digits, spaces and -'/&%+, and decimal points.
bool is_plain(std::string_view text);

// Whether a value means that nothing is known: "", "NA", "none", "-" …
bool says_nothing(std::string_view clean_value);

// "Navy Blue" → "navy blue", "V-Neck" → "V-neck", "Peter Pan Collar" → "Peter Pan collar", "UV" stays.
std::string lower(std::string_view words);

std::string capitalised(std::string_view text);  // the first letter
std::string title_case(std::string_view text);   // the first letter of every word and after every hyphen but "for"

// "baseColour", "base_colour", "Base Colour" → "base colour"
std::string attribute_words(std::string_view attribute);

// Of at least one character: "a shirt", "an orange shirt", "an A-line dress", "a unisex shirt", "an 8 cm heel"
std::string with_article(std::string_view noun_phrase);

// What a product type is called in the singular.
struct Noun {
  std::string text;   // "T-shirt"; "jeans"
  bool pair = false;  // worn or sold as a pair: "a pair of jeans"

  std::string phrase(const std::string& adjectives) const;  // "blue T-shirt", "pair of blue jeans"
};

// "Tshirts" → T-shirt, "Dresses" → dress, "Casual Shoes" → (a pair of) casual shoes; "piece" where there is no type.
Noun noun_of(std::string_view type);

}  // namespace hangtag::facts
