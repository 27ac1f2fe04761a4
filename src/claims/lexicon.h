// The words of a language: docs/formats/lexicon.md.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "claims/aspects.h"

namespace hangtag::claims {

// What a form can say. Several meanings may share one form.
struct Meaning {
  enum Kind {
    kValue,            // that the product has the value
    kModifier,         // the same, where a head of the aspect is near
    kHead,             // names the aspect: "sleeves"
    kNegation,         // denies what is near
    kNeutral,          // nothing that could be checked
    kFunction,         // the same, and no adjective: "and", "with", "it"
    kCompanion,        // another garment
    kStyledCompanion,  // the same with a colour or another value of its own: "white sneakers"
    kStyling,          // opens a suggestion what to wear it with
    kSupply,           // "comes with": what follows would be delivered, too
    kClaim,            // something of the garment that a buyer could see or feel
    kPledge,           // what a buyer could hold the shop to: a price, an origin, a certificate
    kAbuse,            // an insult, a threat, a crime: in no text and no name
  };
  Kind kind;
  Aspects::Value value = {-1, -1};  // of kValue and kModifier; of kHead, the aspect alone
  bool operator==(const Meaning&) const = default;
};

// Immutable; may be used by several threads at once.
class Lexicon {
 public:
  static const std::vector<std::string>& locales();   // "en" first
  static const Lexicon& of(std::string_view locale);  // "de"; throws kUsage and lists those that there are

  Lexicon(const base::Json& json, std::string_view name, const Aspects& aspects);  // throws kInvalid
  // Makes it open. Dictionaries hold one word a line; those that start with a capital are names. They must outlive the
  // lexicon. Throws kInvalid.
  void open_with(const base::Json& claims, std::string_view name, std::span<const std::string_view> dictionaries);

  const std::string& locale() const { return locale_; }
  bool elision() const { return elision_; }              // how its text is to be cut
  bool denies_behind() const { return denies_behind_; }  // Japanese denies behind the word

  // Of the units of a form, joined by spaces; nullptr where it has none.
  const std::vector<Meaning>* find(const std::string& key) const;
  // Of a word that is a compound: those of its first part and of the rest.
  std::optional<std::vector<std::vector<Meaning>>> find_compound(const std::string& word) const;
  std::size_t longest() const { return longest_; }  // units of the longest form

  // Verbs that invite to wear something with something, and the prepositions behind them: "tuck … into", "wear … with".
  bool invites(const std::string& word) const { return inviting_verbs_.contains(word); }
  bool joins_outfit(const std::string& word) const { return inviting_prepositions_.contains(word); }
  // Where a garment is worn: each number a family of garments of which one is worn at a time.
  const std::set<int>& families(const std::string& form) const;
  // Whether a product of the family has no such part: a watch has no cuff, so that it is somebody else's.
  bool lacks(int family, const std::string& part) const;

  // An open lexicon lets words pass that it does not hold, if they are ordinary and claim nothing: it knows a
  // dictionary, and the words of checkable claims, and their inflections. One that is not open lets nothing pass that
  // it does not hold.
  bool open() const { return !dictionary_.empty(); }
  bool is_ordinary(const std::string& word) const;
  bool is_abuse(const std::string& word) const;

  std::string translation(Aspects::Value value) const { return translations_.at(value); }
  const std::string& label(int aspect) const { return labels_[static_cast<std::size_t>(aspect)]; }

 private:
  void add(std::string_view form, Meaning meaning);
  bool claims(const std::string& word) const;

  std::string locale_;
  bool elision_ = false, denies_behind_ = false;
  std::unordered_map<std::string, std::vector<Meaning>> forms_;
  std::map<std::string, std::vector<Meaning>, std::less<>> prefixes_;
  std::unordered_set<std::string> inviting_verbs_, inviting_prepositions_;
  std::unordered_map<std::string, std::set<int>> families_;
  std::map<int, std::unordered_set<std::string>> lacking_;
  std::map<Aspects::Value, std::string> translations_;
  std::vector<std::string> labels_;
  std::unordered_set<std::string_view> dictionary_;
  std::size_t longest_ = 1;
};

}  // namespace hangtag::claims
