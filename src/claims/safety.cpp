#include "claims/safety.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "claims/units.h"
#include "facts/characters.h"
#include "facts/wording.h"

namespace hangtag::claims {
namespace {

constexpr std::size_t kEchoWords = 8;

struct Character {
  utf8proc_int32_t code_point;
  std::size_t begin, end;
};

bool is_letter(utf8proc_int32_t c) {
  const auto category = utf8proc_category(c);
  return c >= 0 && category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool is_ascii_alnum(utf8proc_int32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Full stops, and what is drawn like one between the parts of a host's name.
bool is_dot(utf8proc_int32_t c) {
  return c == '.' || c == 0x3002 || c == 0xFF0E || c == 0xFF61 || c == 0x2024;
}

// Letters in circles, mathematical alphabets: they read like others, and no filter of words knows them.
bool is_disguised(utf8proc_int32_t c) {
  return (c >= 0x2460 && c <= 0x24FF) || (c >= 0x1D400 && c <= 0x1D7FF) || (c >= 0x1F100 && c <= 0x1F1FF);
}

bool is_mark(utf8proc_int32_t c) {
  const auto category = utf8proc_category(c);
  return c >= 0 && (category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME);
}

bool is_variation_selector(utf8proc_int32_t c) {
  return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF);
}

// Of the three whose letters look alike.
enum class Script { kOther, kLatin, kGreek, kCyrillic };
Script script_of(utf8proc_int32_t c) {
  if (!is_letter(c)) return Script::kOther;
  if (c < 0x250 || (c >= 0x1E00 && c <= 0x1EFF)) return Script::kLatin;
  if ((c >= 0x370 && c <= 0x3FF) || (c >= 0x1F00 && c <= 0x1FFF)) return Script::kGreek;
  if (c >= 0x400 && c <= 0x52F) return Script::kCyrillic;
  return Script::kOther;
}

const char* fault_of(utf8proc_int32_t c, bool lines) {
  if (c < 0) return "bytes that are not UTF-8";
  if (c == '\n' && lines) return nullptr;
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return "a control or formatting character";
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
      return "a character that is not assigned";
    default:
      break;
  }
  // Signs of markup, templates, formulas, addresses. Product copy needs none of them.
  if (c < 0x80 && std::string_view("<>{}[]|\\`~^_=*#@").find(static_cast<char>(c)) != std::string_view::npos) {
    return c == '@' ? "an address" : "markup";
  }
  if (c == 0xFF1C || c == 0xFF1E || c == 0xFF20) return "markup";  // full-width < > @
  if (is_disguised(c) || is_variation_selector(c)) return "letters in disguise";
  return nullptr;
}

}  // namespace

std::vector<Unsafe> find_unsafe(std::string_view text, bool lines) {
  std::vector<Character> characters;
  facts::each_character(text, [&](utf8proc_int32_t c, std::string_view bytes) {
    const auto begin = static_cast<std::size_t>(bytes.data() - text.data());
    characters.push_back({c, begin, begin + bytes.size()});
  });
  std::vector<Unsafe> found;
  const auto at = [&](std::size_t i) { return i < characters.size() ? characters[i].code_point : ' '; };
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (const char* fault = fault_of(at(i), lines)) {
      found.push_back({characters[i].begin, characters[i].end, fault});
      continue;
    }
    // "evil.example", "user:pass", "hxxp://": a dot with letters at both sides, or "//". A sentence has a space behind
    // its end; 2.5 has digits.
    const bool host = is_dot(at(i)) && i > 0 && (is_ascii_alnum(at(i - 1)) || is_letter(at(i - 1))) &&
                      is_letter(at(i + 1)) &&
                      (at(i) != 0x3002 || (is_ascii_alnum(at(i - 1)) && is_ascii_alnum(at(i + 1))));
    const bool slashes = at(i) == '/' && at(i + 1) == '/';
    const bool entity = at(i) == '&' && (at(i + 1) == '#' || (is_ascii_alnum(at(i + 1)) && [&] {
                                           std::size_t j = i + 1;
                                           while (is_ascii_alnum(at(j))) ++j;
                                           return at(j) == ';';
                                         }()));
    const bool path = is_dot(at(i)) && is_dot(at(i + 1)) && at(i + 2) == '/';
    const bool stacked = is_mark(at(i)) && i > 1 && is_mark(at(i - 1)) && is_mark(at(i - 2));
    const bool per_cent =
        at(i) == '%' && !(i > 0 && ((at(i - 1) >= '0' && at(i - 1) <= '9') || at(i - 1) == ' ' || at(i - 1) == 0xA0));
    const auto script = script_of(at(i)), before = i > 0 ? script_of(at(i - 1)) : Script::kOther;
    if (script != Script::kOther && before != Script::kOther && script != before) {
      found.push_back({characters[i - 1].begin, characters[i].end, "a word of two scripts"});
    } else if (stacked) {
      found.push_back({characters[i].begin, characters[i].end, "letters in disguise"});
    } else if (per_cent) {
      found.push_back({characters[i].begin, characters[i].end, "markup"});
    } else if (host || slashes || path) {
      found.push_back({characters[i].begin, characters[i].end, "a link"});
    } else if (entity) {
      found.push_back({characters[i].begin, characters[i].end, "markup"});
    }
  }
  return found;
}

std::optional<Unsafe> find_echo(std::string_view text, std::string_view prompt) {
  const auto said = cut(text), known = cut(prompt);
  if (said.size() < kEchoWords || known.size() < kEchoWords) return std::nullopt;
  const auto run = [](const std::vector<Unit>& units, std::size_t first) {
    std::string words;
    for (std::size_t i = first; i < first + kEchoWords; ++i) words += units[i].key + ' ';
    return words;
  };
  std::set<std::string> runs;
  for (std::size_t i = 0; i + kEchoWords <= known.size(); ++i) runs.insert(run(known, i));
  for (std::size_t i = 0; i + kEchoWords <= said.size(); ++i) {
    if (runs.contains(run(said, i))) return Unsafe{said[i].begin, said[i + kEchoWords - 1].end, "words of the prompt"};
  }
  return std::nullopt;
}

std::optional<std::string> unfit_to_print(std::string_view text, std::size_t longest, std::size_t most_words) {
  if (const auto unsafe = find_unsafe(text); !unsafe.empty()) return "holds " + unsafe.front().reason;
  if (facts::clean(text, longest) != facts::clean(text, text.size()))
    return fmt::format("is longer than {} characters", longest);
  const auto words = cut(text);
  std::size_t count = 0;
  for (std::size_t i = 0; i < words.size(); ++i) count += i == 0 || words[i].begin > words[i - 1].end;
  if (count > most_words) return fmt::format("has more than {} words", most_words);
  return std::nullopt;
}

bool has_several_sentences(std::string_view text) {
  constexpr std::size_t kLongestAbbreviation = 3;
  std::size_t letters = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const bool ends = (text[i] == '.' || text[i] == '!' || text[i] == '?') && text[i + 1] == ' ';
    if (ends && letters > kLongestAbbreviation) return true;
    letters = text[i] == ' ' ? 0 : letters + 1;
  }
  return false;
}

std::optional<std::string> unfit_as_value(std::string_view text) {
  constexpr std::size_t kLongest = 60, kMostWords = 4, kMostUnits = 20, kMostDigits = 6;
  if (auto reason = unfit_to_print(text, kLongest, kMostWords)) return reason;
  const auto units = cut(text);
  bool sentence = has_several_sentences(text) || units.size() > kMostUnits;
  facts::each_character(text, [&](utf8proc_int32_t c, std::string_view) {
    const auto category = utf8proc_category(c);
    sentence |= category == UTF8PROC_CATEGORY_PI || c == 0x201E ||
                std::string_view(":;!?\"").find(static_cast<char>(c < 0x80 ? c : 0)) != std::string_view::npos ||
                c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF1A || c == 0xFF1B || c == 0xFF0C;
  });
  if (sentence) return "reads like a sentence";
  std::size_t digits = 0;
  for (const auto& unit : units)
    digits += static_cast<std::size_t>(
        std::count_if(unit.key.begin(), unit.key.end(), [](char c) { return c >= '0' && c <= '9'; }));
  if (digits > kMostDigits) return "holds a telephone number, or another long one";
  return std::nullopt;
}

}  // namespace hangtag::claims
