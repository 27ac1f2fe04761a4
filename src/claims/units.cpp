#include "claims/units.h"

#include <cstdlib>
#include <memory>

#include "facts/characters.h"

namespace hangtag::claims {
namespace {

enum class Class { kWord, kIdeograph, kApostrophe, kSpace, kClauseEnd, kSentenceEnd, kQuote, kSign };

bool is_ideographic(utf8proc_int32_t c) {
  return (c >= 0x3005 && c <= 0x3007) || (c >= 0x3041 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFF66 && c <= 0xFF9F);
}

Class class_of(utf8proc_int32_t c) {
  if (c < 0) return Class::kSign;
  if (c == 0x30FB) return Class::kSpace;  // ・
  if (is_ideographic(c)) return Class::kIdeograph;
  if (c == '\'' || c == 0x2019 || c == 0x02BC) return Class::kApostrophe;
  if (c == '.' || c == '!' || c == '?' || c == '\n' || c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0x2026 ||
      c == 0x2028 || c == 0x2029) {
    return Class::kSentenceEnd;
  }
  if (c == ',' || c == ';' || c == ':' || c == '(' || c == ')' || c == 0x3001 || c == 0xFF0C || c == 0xFF1A) {
    return Class::kClauseEnd;
  }
  if (c == 0x2013 || c == 0x2014) return Class::kClauseEnd;
  if (c == '-' || c == '/' || c == 0x2010 || c == 0x2011 || c == 0xFF0D || c == '&') return Class::kSpace;
  const auto category = utf8proc_category(c);
  if (c == '"' || category == UTF8PROC_CATEGORY_PI || category == UTF8PROC_CATEGORY_PF || c == 0x201E || c == 0x201A ||
      c == 0xA1 || c == 0xBF || (c >= 0x3008 && c <= 0x3011)) {
    return Class::kQuote;
  }
  if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO) return Class::kWord;
  if (category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP) return Class::kSpace;
  if (c == '\t' || c == '\r') return Class::kSpace;
  return Class::kSign;
}

std::string folded(std::string_view text) {
  utf8proc_uint8_t* result = nullptr;
  const auto options =
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &result, options);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result, &std::free);
  if (length < 0) return "\uFFFD";
  std::string key(reinterpret_cast<const char*>(result), static_cast<std::size_t>(length));
  constexpr std::string_view kCurly = "’";
  std::string plain;  // with one kind of apostrophe
  for (std::size_t from = 0;;) {
    const auto at = key.find(kCurly, from);
    plain.append(key, from, at - from);
    if (at == std::string::npos) return plain;
    plain += '\'';
    from = at + kCurly.size();
  }
}

class Cutter {
 public:
  Cutter(std::string_view text, bool elision) : text_(text), elision_(elision) {}

  std::vector<Unit> run() {
    Class last = Class::kSpace;
    bool last_is_digit = false;
    facts::each_character(text_, [&](utf8proc_int32_t c, std::string_view bytes) {
      const auto at = static_cast<std::size_t>(bytes.data() - text_.data());
      const std::size_t after = at + bytes.size();
      Class now = class_of(c);
      const bool is_digit = c >= '0' && c <= '9';
      if ((c == '.' || c == ',') && last_is_digit && after < text_.size() && text_[after] >= '0' &&
          text_[after] <= '9') {
        now = Class::kWord;
      }
      switch (now) {
        case Class::kWord:
          if (last != Class::kWord) start(at);
          break;
        case Class::kApostrophe:
          // Inside a word, or behind it: boys' and l'été. A quotation mark elsewhere.
          if (last == Class::kWord) {
            if (elision_) {
              finish(after);
            } else {
              now = Class::kWord;
            }
          } else {
            now = Class::kQuote;
          }
          break;
        case Class::kIdeograph:
        case Class::kSign:
          finish(at);
          start(at);
          finish(after);
          break;
        case Class::kClauseEnd:
        case Class::kSentenceEnd:
          finish(at);
          ++clause_;
          if (now == Class::kSentenceEnd) end_sentence();
          break;
        case Class::kQuote:
        case Class::kSpace:
          finish(at);
          break;
      }
      last = now == Class::kApostrophe ? Class::kSpace : now;
      last_is_digit = is_digit;
    });
    finish(text_.size());
    return std::move(units_);
  }

 private:
  void start(std::size_t at) {
    begin_ = at;
    open_ = true;
  }

  void finish(std::size_t end) {
    if (!open_) return;
    open_ = false;
    std::string key = folded(text_.substr(begin_, end - begin_));
    // 'quoted' and boys' end alike; neither apostrophe tells anything.
    if (!elision_ && key.size() > 1 && key.back() == '\'') key.pop_back();
    // Nobody writes such sentences; text without an end must not take time beyond its length.
    if (++in_sentence_ > kLongestSentence) end_sentence();
    if (!key.empty())
      units_.push_back(
          Unit{.key = std::move(key), .begin = begin_, .end = end, .sentence = sentence_, .clause = clause_});
  }

  void end_sentence() {
    ++sentence_;
    in_sentence_ = 0;
  }

  static constexpr int kLongestSentence = 300;  // units

  std::string_view text_;
  bool elision_;
  std::vector<Unit> units_;
  std::size_t begin_ = 0;
  bool open_ = false;
  int sentence_ = 0, clause_ = 0, in_sentence_ = 0;
};

}  // namespace

std::vector<Unit> cut(std::string_view text, bool elision) {
  return Cutter(text, elision).run();
}

std::string key_of(std::string_view text, bool elision) {
  std::string key;
  for (const Unit& unit : cut(text, elision)) key += (key.empty() ? "" : " ") + unit.key;
  return key;
}

}  // namespace hangtag::claims
