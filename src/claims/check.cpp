#include "claims/check.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>
#include <utility>

#include "claims/safety.h"
#include "claims/units.h"
#include "facts/wording.h"

namespace hangtag::claims {
namespace {

constexpr int kNegationReach = 4;        // units between "not" and what it denies, at most
constexpr int kHeadReach = 5;            // units between "sleeves" and "long", at most
constexpr int kSupplyReach = 2;          // units between "comes with" and "belt", at most
constexpr int kInviteReach = 7;          // units between "pair" and "with", at most
constexpr std::size_t kPhraseReach = 4;  // words before the garment that they describe, at most

// What the check knows of one fact of the product.
struct Known {
  std::string attribute;
  std::string value;  // as given
  std::optional<int> aspect;
  std::optional<Aspects::Value> place;  // where the lexicon knows the value
  bool told = false;
};

// A form found in the text: units [first, last).
struct Match {
  std::size_t first, last;
  std::vector<Meaning> meanings;  // none: unknown
  std::vector<int> facts;         // whose own words these are
  bool name = false;              // words of the product's name or type
  bool label = false;             // what one of its attributes is called
  bool unknown() const { return meanings.empty() && facts.empty() && !name && !label; }
};

bool has(const std::vector<Meaning>& meanings, Meaning::Kind kind) {
  return std::any_of(meanings.begin(), meanings.end(), [&](const Meaning& m) { return m.kind == kind; });
}

bool has_digit(std::string_view key) {
  return std::any_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "ships", "shipped" and "shipping" are one word to a brand's fact; "recycled" and "recyclable" are not.
std::string stem(std::string word) {
  for (const std::string_view ending : {"'s", "ing", "ed", "es", "s", "e"}) {
    if (word.size() >= ending.size() + 3 && word.ends_with(ending)) {
      word.resize(word.size() - ending.size());
      break;
    }
  }
  if (word.size() > 3 && word[word.size() - 1] == word[word.size() - 2]) word.pop_back();
  return word;
}

struct BrandFact {
  std::string text;
  std::set<std::string> stems;    // of all its words
  std::set<std::string> content;  // without those that claim nothing
  bool denies = false;
};

class Checker {
 public:
  Checker(const Grounds& grounds, const Lexicon& lexicon) : grounds_(grounds), lexicon_(lexicon) {
    const auto& product = grounds.product;
    for (const auto& fact : product.facts) {
      const auto value = facts::clean(fact.value, fact.value.size());
      if (facts::says_nothing(value)) continue;
      Known known{
          .attribute = fact.attribute, .value = value, .aspect = aspects_.of_attribute(fact.attribute), .place = {}};
      if (known.aspect) known.place = aspects_.value(*known.aspect, value);
      const int id = static_cast<int>(known_.size());
      own_words(value, id);
      if (known.place) own_words(lexicon.translation(*known.place), id);
      const auto attribute = facts::attribute_words(facts::clean(fact.attribute, fact.attribute.size()));
      labelled(attribute);
      for (auto& unit : cut(attribute, lexicon.elision()))
        label_words_.insert(std::move(unit.key));  // "strap", of a strap material
      if (known.aspect) labelled(lexicon.label(*known.aspect));
      const auto folded = key_of(value);
      if (folded == "yes" || folded == "true") own_words(attribute, id);
      known_.push_back(std::move(known));
    }
    if (const auto type = facts::clean(product.type, product.type.size()); !type.empty()) {
      type_ = aspects_.value(aspects_.type(), type);
      named(type);
      named(facts::noun_of(type).text);
      if (type_) own_families_ = lexicon.families(key_of(lexicon.translation(*type_)));
    }
    if (!product.name.empty()) named(product.name);
    for (const auto& text : grounds.brand_facts) {
      BrandFact fact{.text = text, .stems = {"we", "our", "us"}, .content = {}, .denies = false};  // the shop speaks
      for (const auto& unit : cut(text, lexicon.elision())) {
        const auto* meanings = lexicon.find(unit.key);
        fact.stems.insert(stem(unit.key));
        if (meanings && has(*meanings, Meaning::kNegation)) {
          fact.denies = true;
        } else if (!meanings || !has(*meanings, Meaning::kNeutral)) {
          fact.content.insert(stem(unit.key));
        }
      }
      brand_facts_.push_back(std::move(fact));
    }
  }

  void read(const Field& field) {
    for (const auto& unsafe : find_unsafe(field.text, field.name == "description")) {
      add(ProblemKind::kUnsafe,
          {field.name, unsafe.begin, unsafe.end, field.text.substr(unsafe.begin, unsafe.end - unsafe.begin)}, "",
          fmt::format("{} has no place in a product's text", unsafe.reason));
    }
    if (const auto echo = find_echo(field.text, grounds_.prompt)) {
      add(ProblemKind::kUnsafe,
          {field.name, echo->begin, echo->end, field.text.substr(echo->begin, echo->end - echo->begin)}, "",
          "repeats the instructions");
    }
    field_ = &field;
    units_ = cut(field.text, lexicon_.elision());
    find_banned();
    const auto matches = find_matches();
    for (std::size_t i = 0; i < matches.size();) {
      std::size_t end = i + 1;
      while (end < matches.size() && sentence(matches[end]) == sentence(matches[i])) ++end;
      read_sentence(std::span(matches).subspan(i, end - i));
      i = end;
    }
  }

  Verdict finish() {
    const auto by_place = [](const auto& a, const auto& b) { return a.place.begin < b.place.begin; };
    // Fields come in order already; within one, unsafe and banned words were found before the claims.
    for (auto first = verdict_.problems.begin(); first != verdict_.problems.end();) {
      const auto last = std::find_if(first, verdict_.problems.end(),
                                     [&](const Problem& p) { return p.place.field != first->place.field; });
      std::stable_sort(first, last, by_place);
      first = last;
    }
    for (const auto& known : known_) {
      if (!known.told) {
        add(ProblemKind::kMissing, {}, known.attribute,
            fmt::format("does not tell the {}: {}", known.attribute, shown(known)));
      }
    }
    return std::move(verdict_);
  }

 private:
  void own_words(std::string_view text, int fact) {
    const auto key = key_of(text, lexicon_.elision());
    if (!key.empty()) own_[key].push_back(fact);
    note_length(key);
  }
  void labelled(std::string_view text) {
    const auto key = key_of(text, lexicon_.elision());
    labels_.insert(key);
    note_length(key);
  }
  void named(std::string_view text) {
    const auto key = key_of(text, lexicon_.elision());
    names_.insert(key);
    note_length(key);
  }
  void note_length(const std::string& key) {
    longest_ = std::max(longest_, static_cast<std::size_t>(1 + std::count(key.begin(), key.end(), ' ')));
  }

  std::string shown(const Known& known) const { return known.place ? lexicon_.translation(*known.place) : known.value; }

  int sentence(const Match& match) const { return units_[match.first].sentence; }

  Place place(std::size_t first, std::size_t last) const {
    const std::size_t begin = units_[first].begin, end = units_[last - 1].end;
    return {field_->name, begin, end, field_->text.substr(begin, end - begin)};
  }

  void add(ProblemKind kind, Place place, std::string attribute, std::string message) {
    verdict_.problems.push_back({kind, std::move(place), std::move(attribute), std::move(message)});
  }

  void find_banned() {
    for (const auto& banned : grounds_.banned) {
      const auto wanted = cut(banned, lexicon_.elision());
      if (wanted.empty()) continue;
      for (std::size_t i = 0; i + wanted.size() <= units_.size(); ++i) {
        const auto same = [&](std::size_t j) { return units_[i + j].key == wanted[j].key; };
        bool all = true;
        for (std::size_t j = 0; j < wanted.size() && all; ++j) all = same(j);
        if (!all) continue;
        add(ProblemKind::kBanned, place(i, i + wanted.size()), "",
            fmt::format("\"{}\" is a word that the brand does not use", banned));
      }
    }
  }

  // Where no form begins at a unit, the unit is a match without meanings.
  std::vector<Match> find_matches() {
    std::vector<Match> matches;
    bool styling = false;                 // whether a suggestion what to wear it with has begun in the sentence
    std::optional<std::size_t> inviting;  // the verb of one, "tuck", whose preposition is to come
    for (std::size_t i = 0; i < units_.size();) {
      if (i > 0 && units_[i - 1].sentence != units_[i].sentence) styling = false;
      if (lexicon_.invites(units_[i].key) && !follows_article(i)) inviting = i;
      Match best{.first = i, .last = i + 1, .meanings = {}, .facts = {}};
      std::string key;
      for (std::size_t last = i + 1; last <= std::min(units_.size(), i + std::max(longest_, lexicon_.longest()));
           ++last) {
        // A form does not reach over a comma or a colon; the product's own words may.
        const bool one_clause = units_[last - 1].clause == units_[i].clause;
        key += (last == i + 1 ? "" : " ") + units_[last - 1].key;
        Match match{.first = i, .last = last, .meanings = {}, .facts = {}};
        if (!one_clause && !names_.contains(key) && !own_.contains(key)) continue;
        if (!look_up(key, match)) continue;
        styling |= has(match.meanings, Meaning::kStyling);
        // Elsewhere, "black jeans" would hide that the product itself is said to be black.
        const bool styled = has(match.meanings, Meaning::kStyledCompanion) && tells_of_product(units_[i].key);
        if (!styled || styling || match.meanings.size() > 1 || !match.facts.empty()) best = std::move(match);
      }
      if (best.unknown()) {
        Match match{.first = i, .last = i + 1, .meanings = {}, .facts = {}};
        const std::string& word = units_[i].key;
        if (word.ends_with("'s") && look_up(word.substr(0, word.size() - 2), match)) {
          best = std::move(match);
        } else if (const auto parts = lexicon_.find_compound(word)) {
          for (const auto& meanings : *parts)
            matches.push_back({.first = i, .last = i + 1, .meanings = meanings, .facts = {}});
          ++i;
          continue;
        }
      }
      const bool preposition = best.last == i + 1 || has(best.meanings, Meaning::kSupply);  // "with", "with a"
      if (inviting && *inviting < i && i - *inviting <= kInviteReach && preposition &&
          units_[*inviting].clause == units_[i].clause && lexicon_.joins_outfit(units_[i].key)) {
        best = {.first = best.first, .last = best.last, .meanings = {{Meaning::kStyling}}, .facts = {}};
        styling = true;
      }
      i = best.last;
      matches.push_back(std::move(best));
    }
    return matches;
  }

  // "a layer with" invites to nothing.
  bool follows_article(std::size_t unit) const {
    constexpr std::array<std::string_view, 8> kArticles = {"a", "an", "the", "this", "that", "its", "your", "every"};
    return unit > 0 && units_[unit - 1].clause == units_[unit].clause &&
           std::find(kArticles.begin(), kArticles.end(), units_[unit - 1].key) != kArticles.end();
  }

  bool look_up(const std::string& key, Match& match) const {
    if (const auto* meanings = lexicon_.find(key)) match.meanings = *meanings;
    if (const auto own = own_.find(key); own != own_.end()) match.facts = own->second;
    match.label = labels_.contains(key);
    match.name = names_.contains(key);
    return !match.unknown();
  }

  // A modifier says something near a head of its aspect only.
  void drop_loose_modifiers(std::vector<Match>& matches) const {
    for (auto& match : matches) {
      std::erase_if(match.meanings, [&](const Meaning& meaning) {
        if (meaning.kind != Meaning::kModifier || is_true(meaning.value))
          return false;  // "loose and plain", of a loose fit
        return std::none_of(matches.begin(), matches.end(), [&](const Match& other) {
          const auto gap = other.first >= match.last   ? other.first - match.last
                           : match.first >= other.last ? match.first - other.last
                                                       : 0;
          return &other != &match && gap <= kHeadReach && holds_head(other, meaning.value.aspect);
        });
      });
    }
  }

  // Whether the word names a value of an aspect that something is known of.
  bool tells_of_product(const std::string& word) const {
    const auto* meanings = lexicon_.find(word);
    return meanings && std::any_of(meanings->begin(), meanings->end(), [&](const Meaning& meaning) {
             return meaning.kind == Meaning::kValue &&
                    std::any_of(known_.begin(), known_.end(),
                                [&](const Known& known) { return known.aspect == meaning.value.aspect; });
           });
  }

  bool is_true(Aspects::Value said) const {
    return std::any_of(known_.begin(), known_.end(),
                       [&](const Known& known) { return known.place && aspects_.entails(*known.place, said); });
  }

  // "short raglan sleeves": the head may be part of a longer form.
  bool holds_head(const Match& match, int aspect) const {
    for (std::size_t i = match.first; i < match.last; ++i) {
      const auto* meanings = lexicon_.find(units_[i].key);
      if (meanings && std::any_of(meanings->begin(), meanings->end(), [&](const Meaning& m) {
            return m.kind == Meaning::kHead && m.value.aspect == aspect;
          })) {
        return true;
      }
    }
    return false;
  }

  // Which matches speak of another garment than the product: "with white sneakers", "with trousers in grey".
  std::vector<bool> of_other_pieces(std::span<const Match> matches) const {
    std::vector<bool> others(matches.size());
    if (!open_ || is_title()) return others;
    bool suggestion = false;
    for (std::size_t i = 0; i < matches.size(); ++i) {
      if (has(matches[i].meanings, Meaning::kStyling)) {
        suggestion = true;
        mark_bare(matches, i + 1, others);
      } else if (is_other_piece(matches, i, suggestion)) {
        const bool apart = suggestion || !is_kin(matches[i]);
        mark_before(matches, i, apart ? kPhraseReach : 1, others);
        if (apart) mark_behind(matches, i, others);
      }
    }
    return others;
  }

  // What stands before a garment is said of it: "crisp white canvas sneakers".
  void mark_before(std::span<const Match> matches, std::size_t garment, std::size_t reach,
                   std::vector<bool>& others) const {
    for (std::size_t i = garment; i-- > 0 && garment - i <= reach;) {
      const auto& match = matches[i];
      if (!same_clause(match, matches[garment]) || match.name || is_own_type(match) || supplied(matches, i) ||
          opens(matches, i)) {
        return;
      }
      if (describes(match) || has(match.meanings, Meaning::kHead)) {  // "wide leg trousers"
        others[i] = true;
      } else if (is_no_adjective(match)) {
        const bool between = i > 0 && i + 1 < garment && describes(matches[i - 1]);  // "black and white sneakers"
        if (!joins(match) || !between) return;
      }
    }
  }

  // Whether what describes a garment begins behind the match at the latest.
  bool is_no_adjective(const Match& match) const {
    if (has(match.meanings, Meaning::kCompanion)) return false;  // "churidar trousers"
    if (match.unknown()) return units_[match.first].key.ends_with('s');
    return !has(match.meanings, Meaning::kNeutral) || is_function(match);
  }

  // "trousers in grey or navy"
  void mark_behind(std::span<const Match> matches, std::size_t garment, std::vector<bool>& others) const {
    if (garment + 1 >= matches.size() || !is_word(matches[garment + 1], "in")) return;
    for (std::size_t i = garment + 2; i < matches.size() && same_clause(matches[i], matches[garment]); ++i) {
      if (describes(matches[i])) {
        others[i] = true;
      } else if (!joins(matches[i])) {
        return;
      }
    }
  }

  // "pair it with denim or leather": colours and fabrics that stand for garments.
  void mark_bare(std::span<const Match> matches, std::size_t from, std::vector<bool>& others) const {
    const auto lists = [&](const Match& match) {
      constexpr std::array kWords = {"to", "from", "everything", "anything", "both", "either", "all"};
      return std::any_of(kWords.begin(), kWords.end(), [&](const char* word) { return is_word(match, word); });
    };
    for (std::size_t i = from; i < matches.size() && same_clause(matches[i], matches[from]); ++i) {
      if (joins(matches[i]) || lists(matches[i])) continue;
      const bool last = i + 1 == matches.size() || !same_clause(matches[i + 1], matches[i]);
      if (!stands_alone(matches[i]) || (!last && !is_function(matches[i + 1]))) return;
      others[i] = true;
    }
  }

  bool stands_alone(const Match& match) const {
    return match.facts.empty() && has(match.meanings, Meaning::kValue) &&
           std::all_of(match.meanings.begin(), match.meanings.end(), [&](const Meaning& m) {
             return m.kind == Meaning::kClaim ||
                    (m.kind == Meaning::kValue && (m.value.aspect == colour_ || m.value.aspect == fibre_));
           });
  }

  // Whether a garment is named that is not the product. What is worn where the product is worn, or may be part of it,
  // counts as such in a suggestion only.
  bool is_other_piece(std::span<const Match> matches, std::size_t at, bool suggestion) const {
    const auto& match = matches[at];
    const bool of_type = names_type(match);
    if (match.name || is_own_type(match) || (of_type && !type_) || supplied(matches, at)) return false;
    if (!of_type && !has(match.meanings, Meaning::kCompanion)) return false;
    if (is_function(match) && !suggestion) return false;  // "white ones"
    if (at + 1 == matches.size() || matches[at + 1].first != match.last || !same_clause(matches[at + 1], match)) {
      return true;
    }
    // "shirt collar" is no shirt.
    const auto& next = matches[at + 1];
    return is_function(next) || next.unknown() || !(describes(next) || has(next.meanings, Meaning::kHead));
  }

  bool names_type(const Match& match) const {
    return std::any_of(match.meanings.begin(), match.meanings.end(), [&](const Meaning& m) {
      return m.kind == Meaning::kValue && m.value.aspect == aspects_.type();
    });
  }

  bool is_own_type(const Match& match) const {
    return type_ && std::any_of(match.meanings.begin(), match.meanings.end(), [&](const Meaning& m) {
             return m.kind == Meaning::kValue && m.value.aspect == aspects_.type() && aspects_.entails(*type_, m.value);
           });
  }

  // Whether the garment is worn where the product is, so that the text may mean the product by it.
  bool is_kin(const Match& match) const {
    const auto& families = lexicon_.families(units_[match.last - 1].key);
    return !type_ || families.empty() ||
           std::any_of(families.begin(), families.end(), [&](int family) { return own_families_.contains(family); });
  }

  static bool is_function(const Match& match) { return has(match.meanings, Meaning::kFunction); }
  bool is_word(const Match& match, std::string_view word) const {
    return match.last == match.first + 1 && units_[match.first].key == word;
  }
  bool joins(const Match& match) const { return is_word(match, "and") || is_word(match, "or"); }
  bool same_clause(const Match& a, const Match& b) const { return units_[a.first].clause == units_[b.first].clause; }

  static bool describes(const Match& match) {
    return !match.name && (has(match.meanings, Meaning::kClaim) || has(match.meanings, Meaning::kValue) ||
                           has(match.meanings, Meaning::kModifier));
  }

  // "A dress to love."
  bool opens(std::span<const Match> matches, std::size_t at) const {
    if (matches[at].first != matches.front().first + 1) return false;
    const auto& first = units_[matches.front().first].key;
    return (first == "a" || first == "an") && names_type(matches[at]);
  }

  bool supplied(std::span<const Match> matches, std::size_t at) const {
    for (std::size_t i = at; i-- > 0 && matches[at].first - matches[i].last <= kSupplyReach;) {
      if (has(matches[i].meanings, Meaning::kSupply)) return true;
      if (has(matches[i].meanings, Meaning::kStyling) || is_own_type(matches[i]))
        return false;  // "this shirt with jeans"
    }
    return false;
  }

  bool denied(std::span<const Match> matches, std::size_t at) const {
    const auto& match = matches[at];
    return std::any_of(matches.begin(), matches.end(), [&](const Match& other) {
      if (!has(other.meanings, Meaning::kNegation) || other.first == match.first) return false;
      if (units_[other.first].clause != units_[match.first].clause) return false;
      const bool before =
          !lexicon_.denies_behind() && other.last <= match.first && match.first - other.last <= kNegationReach;
      const bool behind =
          lexicon_.denies_behind() && other.first >= match.last && other.first - match.last <= kNegationReach;
      return before || behind;
    });
  }

  void read_sentence(std::span<const Match> found) {
    std::vector<Match> matches(found.begin(), found.end());
    drop_loose_modifiers(matches);
    const auto others = of_other_pieces(matches);
    std::vector<Problem> problems;
    bool denies = false, styling = false;
    for (std::size_t i = 0; i < matches.size(); ++i) {
      denies |= has(matches[i].meanings, Meaning::kNegation);
      styling |= has(matches[i].meanings, Meaning::kStyling);
      if (others[i]) continue;
      // Where the lexicon is open, prose may name other garments, but neither as this product nor as part of it.
      const bool companion = styling || (open_ && !is_title() && !supplied(matches, i) && !opens(matches, i));
      if (auto problem = judge(matches[i], denied(matches, i), companion)) problems.push_back(std::move(*problem));
    }
    if (!problems.empty() && tie_to_brand_facts(matches, problems, denies)) return;
    // Unknown words in a row are one problem.
    for (auto& problem : problems) {
      auto& all = verdict_.problems;
      if (!all.empty() && problem.kind == ProblemKind::kInvention && all.back().kind == ProblemKind::kInvention &&
          all.back().place.field == problem.place.field && all.back().place.end <= problem.place.begin &&
          adjacent(all.back().place.end, problem.place.begin)) {
        auto& last = all.back();
        last.place.end = problem.place.end;
        last.place.text = field_->text.substr(last.place.begin, last.place.end - last.place.begin);
        last.message = invented(last.place.text);
        continue;
      }
      all.push_back(std::move(problem));
    }
  }

  bool adjacent(std::size_t end, std::size_t begin) const {
    const auto between = std::string_view(field_->text).substr(end, begin - end);
    return between.empty() || between == " " || between == "-";
  }

  static std::string invented(std::string_view text) {
    return fmt::format("nothing that is known supports \"{}\"", text);
  }

  // An ordinary word that no list holds passes where the lexicon is open, unless it looks like a name.
  bool is_ordinary(const Match& match) const {
    if (!open_ || !lexicon_.is_ordinary(units_[match.first].key)) return false;
    const Unit& unit = units_[match.first];
    const bool first = match.first == 0 || units_[match.first - 1].sentence != unit.sentence;
    const char initial = field_->text[unit.begin];
    const bool capital = initial >= 'A' && initial <= 'Z';
    return !capital || first || is_title();
  }
  bool is_title() const { return field_->name.ends_with("title"); }

  // What the facts say to the values that a match says.
  struct Evidence {
    std::optional<std::size_t> supporting;  // a fact that makes one of them true
    std::optional<std::size_t> against;     // a fact of the same aspect with another value
    bool narrower = false;                  // the text is more exact than a fact that does not contradict it
    bool advice = false;                    // nothing makes it true, but it may be advised of such a product
    bool says_value = false, says_type = false, type_is_true = false;
  };

  Evidence weigh(const Match& match) const {
    Evidence evidence{.supporting = {}, .against = {}, .says_value = !match.facts.empty(), .type_is_true = match.name};
    if (!match.facts.empty()) evidence.supporting = static_cast<std::size_t>(match.facts.front());
    for (const auto& meaning : match.meanings) {
      if (meaning.kind != Meaning::kValue && meaning.kind != Meaning::kModifier) continue;
      evidence.type_is_true |= type_ && aspects_.entails(*type_, meaning.value);  // "knitted", too, of a sweater
      if (meaning.value.aspect == aspects_.type()) {
        evidence.says_type = true;
        continue;
      }
      evidence.says_value = true;
      bool any_known = false;
      for (std::size_t i = 0; i < known_.size(); ++i) {
        const auto& place = known_[i].place;
        any_known |= known_[i].aspect == meaning.value.aspect;
        if (place && aspects_.entails(*place, meaning.value)) {
          evidence.supporting = evidence.supporting.value_or(i);
        } else if (known_[i].aspect == meaning.value.aspect) {
          evidence.against = evidence.against.value_or(i);
          evidence.narrower |= place && aspects_.entails(meaning.value, *place);
          evidence.advice |= place && aspects_.suits(*place, meaning.value);
        }
      }
      evidence.advice |= !any_known && aspects_.is_advice(meaning.value);
    }
    evidence.advice &= !has(match.meanings, Meaning::kClaim) && !has(match.meanings, Meaning::kPledge);
    return evidence;
  }

  // A fact is told in its own words, or by its very value: "blue" does not tell that it is navy.
  void note_told(const Match& match) {
    for (const int fact : match.facts) known_[static_cast<std::size_t>(fact)].told = true;
    for (const auto& meaning : match.meanings) {
      if (meaning.kind != Meaning::kValue && meaning.kind != Meaning::kModifier) continue;
      for (auto& known : known_) known.told |= known.place == meaning.value;
    }
  }

  std::optional<Problem> judge(const Match& match, bool denied, bool companion) {
    if (match.unknown() && is_ordinary(match)) return std::nullopt;
    const bool neutral = has(match.meanings, Meaning::kNeutral) || has(match.meanings, Meaning::kNegation) ||
                         has(match.meanings, Meaning::kStyling) || has(match.meanings, Meaning::kSupply);
    const auto here = place(match.first, match.last);
    const auto claim = [&](Claim::Tie tie, std::string to) { verdict_.claims.push_back({here, tie, std::move(to)}); };
    const auto contradiction = [&](std::string attribute, std::string message) {
      return Problem{ProblemKind::kContradiction, here, std::move(attribute), std::move(message)};
    };
    if (field_->tells && !denied) note_told(match);

    const auto evidence = weigh(match);
    if (evidence.supporting) {
      const auto& known = known_[*evidence.supporting];
      if (denied && !neutral) {
        return contradiction(known.attribute, fmt::format("denies the {}, which is {}", known.attribute, shown(known)));
      }
      claim(Claim::kAttribute, known.attribute);
      return std::nullopt;
    }
    if (evidence.type_is_true) {
      claim(match.name && !evidence.says_type ? Claim::kName : Claim::kType, "");
      return std::nullopt;
    }
    if (evidence.against && denied) {  // "no stripes", of a plain shirt
      auto& known = known_[*evidence.against];
      known.told |= field_->tells && known.place && aspects_.means_absence(*known.place);
      claim(Claim::kAttribute, known.attribute);
      return std::nullopt;
    }
    if (match.label || neutral || evidence.advice) return std::nullopt;  // "Largo" is what the length is called, too
    if (companion && (has(match.meanings, Meaning::kCompanion) || has(match.meanings, Meaning::kStyledCompanion) ||
                      (evidence.says_type && open_))) {
      return std::nullopt;
    }
    if (evidence.against && !evidence.narrower) {
      const auto& known = known_[*evidence.against];
      return contradiction(known.attribute, fmt::format("\"{}\" contradicts the {}, which is {}", here.text,
                                                        known.attribute, shown(known)));
    }
    if (evidence.says_type && denied) return std::nullopt;  // "you will not need another shirt"
    if (evidence.says_type && type_ && !evidence.says_value) {
      return contradiction(
          "type", fmt::format("\"{}\" is another product: this is a {}", here.text, lexicon_.translation(*type_)));
    }
    for (const auto& meaning : match.meanings) {  // "sleeves" alone
      const auto known = std::find_if(known_.begin(), known_.end(), [&](const Known& k) {
        return meaning.kind == Meaning::kHead && k.aspect == meaning.value.aspect;
      });
      if (known == known_.end()) continue;
      const bool absent = known->place && aspects_.means_absence(*known->place);
      if (absent != denied) {
        return contradiction(known->attribute,
                             fmt::format("contradicts the {}, which is {}", known->attribute, shown(*known)));
      }
      known->told |= absent && field_->tells;  // "you will not find sleeves"
      return std::nullopt;
    }
    if (match.last == match.first + 1) {
      const auto& word = units_[match.first].key;
      if (is_part_of_another(word) || label_words_.contains(word)) return std::nullopt;
    }
    return Problem{ProblemKind::kInvention, here, "", invented(here.text)};
  }

  // "Cuff", of a watch.
  bool is_part_of_another(const std::string& word) const {
    return std::any_of(own_families_.begin(), own_families_.end(),
                       [&](int family) { return lexicon_.lacks(family, word); });
  }

  // Whether all that stands unsupported in the sentence repeats facts of the brand.
  bool tie_to_brand_facts(const std::vector<Match>& matches, const std::vector<Problem>& problems, bool denies) {
    std::set<std::string> said;
    for (const auto& match : matches) {
      for (std::size_t i = match.first; i < match.last; ++i) said.insert(stem(units_[i].key));
    }
    std::vector<Claim> claims;
    for (const auto& problem : problems) {
      const auto fact = std::find_if(brand_facts_.begin(), brand_facts_.end(), [&](const BrandFact& f) {
        return f.denies == denies && is_repeated(f, said) && holds(f, problem.place.begin, problem.place.end);
      });
      if (fact == brand_facts_.end()) return false;
      claims.push_back({problem.place, Claim::kBrandFact, fact->text});
    }
    verdict_.claims.insert(verdict_.claims.end(), claims.begin(), claims.end());
    return true;
  }

  // With all its numbers, and three fifths of its words.
  static bool is_repeated(const BrandFact& fact, const std::set<std::string>& said) {
    std::size_t repeated = 0;
    for (const auto& word : fact.content) {
      if (has_digit(word) && !said.contains(word)) return false;
      repeated += said.contains(word);
    }
    return repeated * 5 >= fact.content.size() * 3;
  }

  bool holds(const BrandFact& fact, std::size_t begin, std::size_t end) const {
    return std::all_of(units_.begin(), units_.end(), [&](const Unit& unit) {
      if (unit.begin < begin || unit.end > end || fact.stems.contains(stem(unit.key))) return true;
      const auto* meanings = lexicon_.find(unit.key);
      return meanings && has(*meanings, Meaning::kNeutral);
    });
  }

  const Grounds& grounds_;
  const Lexicon& lexicon_;
  const Aspects& aspects_ = Aspects::get();
  const bool open_ = lexicon_.open() && !grounds_.strict;
  std::vector<Known> known_;
  std::optional<Aspects::Value> type_;
  std::set<int> own_families_;
  std::optional<int> colour_ = aspects_.find("colour"), fibre_ = aspects_.find("fibre");
  std::unordered_map<std::string, std::vector<int>> own_;
  std::set<std::string> labels_, label_words_, names_;
  std::vector<BrandFact> brand_facts_;
  std::size_t longest_ = 1;
  const Field* field_ = nullptr;
  std::vector<Unit> units_;
  Verdict verdict_;
};

}  // namespace

const char* to_string(Claim::Tie tie) {
  switch (tie) {
    case Claim::kAttribute:
      return "attribute";
    case Claim::kType:
      return "type";
    case Claim::kName:
      return "name";
    case Claim::kBrandFact:
      return "brand_fact";
  }
  return "";
}

const char* to_string(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::kContradiction:
      return "contradiction";
    case ProblemKind::kInvention:
      return "invention";
    case ProblemKind::kMissing:
      return "missing";
    case ProblemKind::kBanned:
      return "banned";
    case ProblemKind::kUnsafe:
      return "unsafe";
  }
  return "";
}

Verdict check(std::span<const Field> fields, const Grounds& grounds, const Lexicon& lexicon) {
  Checker checker(grounds, lexicon);
  for (const auto& field : fields) checker.read(field);
  return checker.finish();
}

}  // namespace hangtag::claims
