#include "claims/lexicon.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <utility>

#include "claims/units.h"
#include "hangtag_claims_embedded_files.h"

namespace hangtag::claims {
namespace {

using base::ErrorCode;
using Strings = std::vector<std::string>;

struct File {
  std::string_view locale;
  std::string_view (*text)();
};

constexpr std::array kFiles = {
    File{"en", embedded::en_json}, File{"de", embedded::de_json}, File{"es", embedded::es_json},
    File{"fr", embedded::fr_json}, File{"it", embedded::it_json}, File{"ja", embedded::ja_json},
    File{"nl", embedded::nl_json}, File{"pt", embedded::pt_json},
};

// Of claims, those that say what the eye or the hand would find on a garment, this one or another.
constexpr std::array<std::string_view, 6> kGarmentGroups = {"feature", "property", "size",
                                                            "make",    "material", "sensory"};

}  // namespace

const std::vector<std::string>& Lexicon::locales() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names;
    for (const File& file : kFiles) names.emplace_back(file.locale);
    return names;
  }();
  return all;
}

const Lexicon& Lexicon::of(std::string_view locale) {
  const auto* found =
      std::find_if(kFiles.begin(), kFiles.end(), [&](const File& file) { return file.locale == locale; });
  if (found == kFiles.end()) {
    base::fail(ErrorCode::kUsage, "there are no words for the locale \"{}\"; there are: {}", locale,
               fmt::join(locales(), ", "));
  }
  static std::array<std::unique_ptr<const Lexicon>, kFiles.size()> loaded;
  static std::array<std::once_flag, kFiles.size()> once;
  const auto place = static_cast<std::size_t>(found - kFiles.begin());
  std::call_once(once[place], [&] {
    const auto name = fmt::format("{}.json", locale);
    auto lexicon = std::make_unique<Lexicon>(base::parse_json(found->text(), name), name, Aspects::get());
    if (locale == "en") {
      lexicon->open_with(base::parse_json(embedded::en_claims_json(), "en.claims.json"), "en.claims.json",
                         std::array{embedded::american_english(), embedded::british_english()});
    }
    loaded[place] = std::move(lexicon);
  });
  return *loaded[place];
}

Lexicon::Lexicon(const base::Json& json, std::string_view name, const Aspects& aspects)
    : locale_(base::get<std::string>(json, "locale", name)),
      elision_(locale_ == "fr" || locale_ == "it"),
      denies_behind_(locale_ == "ja"),
      labels_(aspects.size()) {
  const auto aspect_named = [&](const std::string& aspect) {
    const auto found = aspects.find(aspect);
    if (!found) base::fail(ErrorCode::kInvalid, "{}: aspects.json has no aspect \"{}\"", name, aspect);
    return *found;
  };
  const auto value_named = [&](int aspect, const std::string& value) {
    const auto found = aspects.value(aspect, value);
    if (!found) base::fail(ErrorCode::kInvalid, "{}: aspects.json has no {} \"{}\"", name, aspects.name(aspect), value);
    return *found;
  };
  for (const auto& [aspect, label] : base::get<std::map<std::string, std::string>>(json, "labels", name)) {
    labels_[static_cast<std::size_t>(aspect_named(aspect))] = label;
  }

  auto values = base::get<std::map<std::string, std::map<std::string, Strings>>>(json, "values", name);
  values["type"] = base::get<std::map<std::string, Strings>>(json, "types", name);
  for (const auto& [aspect_name, by_value] : values) {
    const int aspect = aspect_named(aspect_name);
    for (const auto& [value_name, forms] : by_value) {
      const auto value = value_named(aspect, value_name);
      if (forms.empty()) base::fail(ErrorCode::kInvalid, "{}: {} \"{}\" has no form", name, aspect_name, value_name);
      translations_.emplace(value, forms.front());
      for (const auto& form : forms) add(form, {Meaning::kValue, value});
    }
  }
  for (std::size_t aspect = 0; aspect < aspects.size(); ++aspect) {
    const int id = static_cast<int>(aspect);
    if (labels_[aspect].empty()) base::fail(ErrorCode::kInvalid, "{}: \"labels\" lacks \"{}\"", name, aspects.name(id));
    for (std::size_t value = 0; value < aspects.values(id); ++value) {
      const Aspects::Value place{id, static_cast<int>(value)};
      if (!translations_.contains(place)) {
        base::fail(ErrorCode::kInvalid, "{}: no word for the {} \"{}\"", name, aspects.name(id),
                   aspects.value_name(place));
      }
    }
  }
  for (const auto& [aspect_name, head] : base::get_or(json, "heads", std::map<std::string, base::Json>{}, name)) {
    const int aspect = aspect_named(aspect_name);
    for (const auto& word : base::get<Strings>(head, "words", name)) add(word, {Meaning::kHead, {aspect, -1}});
    for (const auto& [value, forms] : base::get_or(head, "modifiers", std::map<std::string, Strings>{}, name)) {
      for (const auto& form : forms) add(form, {Meaning::kModifier, value_named(aspect, value)});
    }
  }
  for (const auto& [key, kind] : {std::pair{"negations", Meaning::kNegation},
                                  {"function_words", Meaning::kNeutral},
                                  {"function_words", Meaning::kFunction},
                                  {"harmless", Meaning::kNeutral},
                                  {"companions", Meaning::kCompanion},
                                  {"styling", Meaning::kStyling}}) {
    for (const auto& form : base::get<Strings>(json, key, name)) {
      const auto units = cut(form, elision_);
      const auto* first = units.size() > 1 ? find(units.front().key) : nullptr;
      const bool valued = first && std::ranges::any_of(*first, [&](const Meaning& m) {
                            return m.kind == Meaning::kValue && m.value.aspect != aspects.type();
                          });
      add(form, {kind == Meaning::kCompanion && valued ? Meaning::kStyledCompanion : kind});
    }
  }
  for (const auto& form : base::get_or(json, "supplies", Strings{}, name)) add(form, {Meaning::kSupply});
  const auto keys = [](const Strings& words) {
    std::unordered_set<std::string> all;
    for (const auto& word : words) all.insert(key_of(word));
    return all;
  };
  inviting_verbs_ = keys(base::get_or(json, "inviting_verbs", Strings{}, name));
  inviting_prepositions_ = keys(base::get_or(json, "inviting_prepositions", Strings{}, name));
  const auto lacking = base::get_or(json, "lacking", std::map<std::string, Strings>{}, name);
  int number = 0;
  for (const auto& [family, forms] : base::get_or(json, "families", std::map<std::string, Strings>{}, name)) {
    for (const auto& form : forms) families_[key_of(form)].insert(number);
    if (const auto parts = lacking.find(family); parts != lacking.end()) lacking_[number] = keys(parts->second);
    ++number;
  }
}

void Lexicon::open_with(const base::Json& claims, std::string_view name,
                        std::span<const std::string_view> dictionaries) {
  for (const auto& [group, forms] : base::get<std::map<std::string, Strings>>(claims, "groups", name)) {
    const bool of_garment = std::ranges::find(kGarmentGroups, group) != kGarmentGroups.end();
    for (const auto& form : forms) add(form, {of_garment ? Meaning::kClaim : Meaning::kPledge});
  }
  for (const auto& form : base::get<Strings>(claims, "abuse", name)) add(form, {Meaning::kAbuse});
  for (const auto dictionary : dictionaries) {
    for (std::size_t begin = 0; begin < dictionary.size();) {
      const auto end = std::min(dictionary.find('\n', begin), dictionary.size());
      const auto word = dictionary.substr(begin, end - begin);
      if (!word.empty() && word.front() >= 'a' && word.front() <= 'z' && !word.ends_with("'s"))
        dictionary_.insert(word);
      begin = end + 1;
    }
  }
}

// Whether the word, or what it may be an inflection of, says something that can be checked: softer, softness.
bool Lexicon::claims(const std::string& word) const {
  const auto listed = [&](const std::string& base) {
    const auto* meanings = find(base);
    return meanings && std::ranges::any_of(*meanings, [](const Meaning& m) {
             return m.kind == Meaning::kClaim || m.kind == Meaning::kPledge || m.kind == Meaning::kAbuse;
           });
  };
  if (listed(word)) return true;
  constexpr std::size_t kShortestStem = 3;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kEndings = {{{"s", ""},
                                                                                       {"es", ""},
                                                                                       {"ies", "y"},
                                                                                       {"ed", ""},
                                                                                       {"ed", "e"},
                                                                                       {"ied", "y"},
                                                                                       {"ing", ""},
                                                                                       {"ing", "e"},
                                                                                       {"er", ""},
                                                                                       {"er", "e"},
                                                                                       {"ier", "y"},
                                                                                       {"est", ""},
                                                                                       {"est", "e"},
                                                                                       {"iest", "y"},
                                                                                       {"ness", ""},
                                                                                       {"iness", "y"}}};
  return std::any_of(kEndings.begin(), kEndings.end(), [&](const auto& ending) {
    if (!word.ends_with(ending.first) || word.size() < ending.first.size() + kShortestStem) return false;
    std::string stem = word.substr(0, word.size() - ending.first.size());
    if (listed(stem + std::string(ending.second))) return true;
    const auto size = stem.size();  // zipped: zip
    return ending.second.empty() && size > kShortestStem && stem[size - 1] == stem[size - 2] &&
           listed(stem.substr(0, size - 1));
  });
}

bool Lexicon::is_abuse(const std::string& word) const {
  return std::ranges::any_of(
      std::array{word, word.ends_with('s') ? word.substr(0, word.size() - 1) : word}, [&](const auto& form) {
        const auto* meanings = find(form);
        return meanings && std::ranges::find(*meanings, Meaning{Meaning::kAbuse}) != meanings->end();
      });
}

bool Lexicon::is_ordinary(const std::string& word) const {
  const auto ordinary = [&](const std::string& part) { return dictionary_.contains(part) && !claims(part); };
  if (ordinary(word)) return true;
  if (dictionary_.contains(word)) return false;
  constexpr std::size_t kShortestPart = 4;  // deckchair, bookshop: of two ordinary words that no list holds
  for (std::size_t at = kShortestPart; at + kShortestPart <= word.size(); ++at) {
    const auto first = word.substr(0, at), second = word.substr(at);
    if (ordinary(first) && ordinary(second) && !find(first) && !find(second)) return true;
  }
  return false;
}

void Lexicon::add(std::string_view form, Meaning meaning) {
  const auto put = [&](auto& table, std::string key) {
    auto& meanings = table[std::move(key)];
    if (std::find(meanings.begin(), meanings.end(), meaning) == meanings.end()) meanings.push_back(meaning);
  };
  if (form.ends_with('-')) {
    put(prefixes_, key_of(form, elision_));
    return;
  }
  const auto units = cut(form, elision_);
  if (units.empty()) return;
  longest_ = std::max(longest_, units.size());
  put(forms_, key_of(form, elision_));
  if (form.find('-') != std::string_view::npos) {
    std::string joined;
    for (const char c : form) {
      if (c != '-') joined += c;
    }
    put(forms_, key_of(joined, elision_));
  }
}

const std::set<int>& Lexicon::families(const std::string& form) const {
  static const std::set<int> none;
  const auto found = families_.find(form);
  return found == families_.end() ? none : found->second;
}

bool Lexicon::lacks(int family, const std::string& part) const {
  const auto found = lacking_.find(family);
  return found != lacking_.end() && found->second.contains(part);
}

const std::vector<Meaning>* Lexicon::find(const std::string& key) const {
  const auto found = forms_.find(key);
  return found == forms_.end() ? nullptr : &found->second;
}

std::optional<std::vector<std::vector<Meaning>>> Lexicon::find_compound(const std::string& word) const {
  constexpr std::size_t kShortestRest = 3;
  for (const auto& [prefix, meanings] : prefixes_) {
    if (!word.starts_with(prefix) || word.size() < prefix.size() + kShortestRest) continue;
    const std::string rest = word.substr(prefix.size());
    if (const auto* found = find(rest)) return std::vector{meanings, *found};
    if (auto more = find_compound(rest)) {
      more->insert(more->begin(), meanings);
      return more;
    }
  }
  return std::nullopt;
}

}  // namespace hangtag::claims
