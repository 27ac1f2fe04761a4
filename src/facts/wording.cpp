#include "facts/wording.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "facts/characters.h"

namespace hangtag::facts {

namespace {

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

template <typename List>
bool contains(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

// Letters, marks, numbers, punctuation and symbols, but not separators, controls, formats or what is not assigned.
bool is_visible(utf8proc_int32_t code_point) {
  const auto category = utf8proc_category(code_point);
  return code_point >= 0 && category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_SO;
}

bool is_letter_or_digit(utf8proc_int32_t code_point) {
  const auto category = utf8proc_category(code_point);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == ' ') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string lower_word(std::string word) {
  constexpr std::array kNames = {"Peter", "Pan", "Nehru", "Swiss"};
  const bool has_lower = std::any_of(word.begin(), word.end(), is_lower);
  if (contains(kNames, word) || (word.size() > 1 && !has_lower)) return word;  // a name, or letters such as "UV"
  const bool letter_shape = word.size() > 2 && word[1] == '-';                 // "V-Neck", "A-Line", "T-Shirt"
  std::transform(word.begin() + (letter_shape ? 1 : 0), word.end(), word.begin() + (letter_shape ? 1 : 0), to_lower);
  return word == "tshirt" ? "T-shirt" : word == "tshirts" ? "T-shirts" : word;
}

std::string singular(const std::string& word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kIrregular = {
      {{"scarves", "scarf"}, {"ties", "tie"}, {"hoodies", "hoodie"}, {"beanies", "beanie"}}};
  for (const auto& [plural, one] : kIrregular) {
    if (word == plural) return std::string(one);
  }
  const auto without = [&](std::size_t letters) { return word.substr(0, word.size() - letters); };
  if (word.ends_with("ies")) return without(3) + "y";
  for (const char* ending : {"sses", "shes", "ches", "xes"}) {
    if (word.ends_with(ending)) return without(2);
  }
  return word.ends_with("s") && !word.ends_with("ss") ? without(1) : word;
}

}  // namespace

std::string clean(std::string_view text, std::size_t longest) {
  std::string result;
  std::size_t characters = 0, last_start = 0;
  bool gap = false, cut = false;
  const auto append = [&](std::string_view bytes) {
    if (cut) return;
    if (characters == longest) {
      result.resize(last_start);
      result += "…";
      cut = true;
      return;
    }
    last_start = result.size();
    result += bytes;
    ++characters;
  };
  each_character(text, [&](utf8proc_int32_t code_point, std::string_view bytes) {
    if (!is_visible(code_point)) {
      gap = characters > 0;
      return;
    }
    if (std::exchange(gap, false)) append(" ");
    append(bytes);
  });
  return result;
}

bool is_plain(std::string_view text) {
  bool plain = !text.empty();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool decimal_point =
        text[i] == '.' && i > 0 && is_digit(text[i - 1]) && i + 1 < text.size() && is_digit(text[i + 1]);
    if (text[i] == '.' && !decimal_point) plain = false;
  }
  each_character(text, [&](utf8proc_int32_t code_point, std::string_view bytes) {
    plain = plain && (is_letter_or_digit(code_point) ||
                      (bytes.size() == 1 && std::string_view(" .-'/&%+").find(bytes) != std::string_view::npos));
  });
  return plain;
}

bool says_nothing(std::string_view clean_value) {
  constexpr std::array kNothing = {"",    "na", "n/a",     "none",          "null",           "nil",
                                   "nan", "-",  "unknown", "not available", "not applicable", "unspecified"};
  std::string value(clean_value);
  std::transform(value.begin(), value.end(), value.begin(), to_lower);
  return contains(kNothing, value);
}

std::string lower(std::string_view words) {
  std::vector<std::string> list = split_words(words);
  std::transform(list.begin(), list.end(), list.begin(), lower_word);
  return join_words(list);
}

std::string capitalised(std::string_view text) {
  std::string result;
  each_character(text, [&](utf8proc_int32_t code_point, std::string_view bytes) {
    utf8proc_uint8_t upper[4];
    if (result.empty() && code_point >= 0) {
      const auto length = utf8proc_encode_char(utf8proc_toupper(code_point), upper);
      result.assign(reinterpret_cast<const char*>(upper), static_cast<std::size_t>(length));
    } else {
      result += bytes;
    }
  });
  return result;
}

std::string title_case(std::string_view text) {
  std::vector<std::string> words = split_words(text);
  for (std::string& word : words) {
    if (word == "for" || word == "of" || word == "and") continue;
    std::string parts;
    for (std::size_t start = 0; start <= word.size();) {
      const auto end = std::min(word.find('-', start), word.size());
      if (start > 0) parts += '-';
      parts += capitalised(word.substr(start, end - start));
      start = end + 1;
    }
    word = parts;
  }
  return join_words(words);
}

std::string attribute_words(std::string_view attribute) {
  std::string spaced;
  for (const char c : attribute) {
    if (is_upper(c) && !spaced.empty() && is_lower(spaced.back())) spaced += ' ';
    spaced += c == '_' ? ' ' : c;
  }
  return lower(spaced);
}

std::string with_article(std::string_view noun_phrase) {
  const std::string first = split_words(noun_phrase)[0];
  const auto starts_with_any = [&](const auto&... starts) { return (first.starts_with(starts) || ...); };
  bool an = std::string_view("aeiouAEIOU").find(first[0]) != std::string_view::npos;
  // Spelled letter by letter, "an MP3", or as a shape, "an A-line dress": what counts is how the letter is called.
  const bool spelled = first.size() == 1 || first[1] == '-' || std::none_of(first.begin(), first.end(), is_lower);
  if (is_upper(first[0]) && spelled) {
    an = std::string_view("AEFHILMNORSX").find(first[0]) != std::string_view::npos;
  } else if (starts_with_any("uni", "Uni", "eu", "Eu", "one", "One", "use")) {
    an = false;
  } else if (starts_with_any("hour", "honest", "heir", "8", "11", "18")) {
    an = true;
  }
  std::string result = an ? "an " : "a ";
  return result += noun_phrase;
}

std::string Noun::phrase(const std::string& adjectives) const {
  return (pair ? "pair of " : "") + adjectives + (adjectives.empty() ? "" : " ") + text;
}

Noun noun_of(std::string_view type) {
  constexpr std::size_t kLongest = 40;
  constexpr std::array kPairs = {
      "jeans",    "trousers",  "shorts",  "pants",      "leggings", "jeggings",   "tights",  "capris", "chinos",
      "joggers",  "stockings", "socks",   "boxers",     "briefs",   "shoes",      "sandals", "heels",  "flats",
      "flops",    "sneakers",  "boots",   "booties",    "loafers",  "slippers",   "laces",   "gloves", "mittens",
      "earrings", "cufflinks", "glasses", "sunglasses", "goggles",  "suspenders", "pyjamas", "pajamas"};
  const std::string words = clean(type, kLongest);
  if (!is_plain(words) || says_nothing(words)) return {"piece"};
  std::vector<std::string> list = split_words(lower(words));
  if (contains(kPairs, list.back())) return {join_words(list), true};
  if (contains(list, "and") || list.back().ends_with("wear")) return {join_words(list) + " item"};
  list.back() = singular(list.back());
  return {join_words(list)};
}

}  // namespace hangtag::facts
