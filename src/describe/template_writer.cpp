#include "describe/template_writer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "claims/units.h"
#include "facts/wording.h"

namespace hangtag::describe {

namespace {

using namespace facts;  // the sentences below are made of its words

constexpr std::size_t kLongestValue = 80;   // in a sentence of its own
constexpr std::size_t kLongestPhrase = 40;  // as a part of another sentence
constexpr std::size_t kLongestAttribute = 40;

// The attributes that become part of a sentence.
enum Slot {
  kColour,
  kPattern,
  kFabric,
  kFit,
  kNeck,
  kCollar,
  kSleeveLength,
  kSleeveStyling,
  kAudience,
  kSeason,
  kOccasion,
  kSlots
};

// By attribute_words().
constexpr std::array<std::pair<std::string_view, Slot>, 21> kSlotOfAttribute = {{{"base colour", kColour},
                                                                                 {"base color", kColour},
                                                                                 {"colour", kColour},
                                                                                 {"color", kColour},
                                                                                 {"pattern", kPattern},
                                                                                 {"fabric", kFabric},
                                                                                 {"material", kFabric},
                                                                                 {"fit", kFit},
                                                                                 {"neck", kNeck},
                                                                                 {"neckline", kNeck},
                                                                                 {"collar", kCollar},
                                                                                 {"sleeve length", kSleeveLength},
                                                                                 {"sleeves", kSleeveLength},
                                                                                 {"sleeve styling", kSleeveStyling},
                                                                                 {"sleeve style", kSleeveStyling},
                                                                                 {"gender", kAudience},
                                                                                 {"audience", kAudience},
                                                                                 {"season", kSeason},
                                                                                 {"usage", kOccasion},
                                                                                 {"use", kOccasion},
                                                                                 {"occasion", kOccasion}}};

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool ends_with_one_of(std::string_view text, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return text.ends_with(ending); });
}

// "no sleeves", "without a collar": takes neither an article nor a noun.
bool is_negative(std::string_view value) {
  return value.starts_with("no ") || value.starts_with("without ");
}

// The facts of a product, sorted by the part that they play in the text.
struct Sheet {
  Noun noun;
  std::array<std::string, kSlots> values;  // in lower case; empty where not known
  bool of_material = false;                // kFabric came as "Material": what shoes and bags are made of is no fabric
  std::vector<std::string> details;        // sentences for what fits no slot

  bool has(Slot slot) const { return !values[slot].empty(); }
  bool wearable() const { return has(kFit) || has(kNeck) || has(kCollar) || has(kSleeveLength) || has(kSleeveStyling); }
};

// Whether the sentences made for a slot can take this value. "Collar: Yes" or "Pattern: Other" would not read.
bool fits(Slot slot, const std::string& value) {
  if (!is_plain(value) || (value[0] >= '0' && value[0] <= '9')) return false;
  const std::string word = lower(value);
  if (is_one_of(word, {"yes", "no", "other", "others"})) return false;
  if (slot == kAudience) return is_one_of(word, {"men", "women", "boys", "girls", "kids", "children", "unisex"});
  if (slot == kSeason) return is_one_of(word, {"spring", "summer", "fall", "autumn", "winter"});
  return true;
}

std::string quoted(const std::string& text) {
  return is_plain(text) ? text : "“" + text + "”";
}

Sheet sort_facts(const ProductFacts& product) {
  Sheet sheet{.noun = noun_of(product.type), .values = {}, .details = {}};
  for (const Fact& fact : product.facts) {
    const std::string value = clean(fact.value, kLongestValue);
    if (says_nothing(value)) continue;
    const std::string attribute = attribute_words(clean(fact.attribute, kLongestAttribute));
    const auto* found = std::find_if(kSlotOfAttribute.begin(), kSlotOfAttribute.end(),
                                     [&](const auto& entry) { return entry.first == attribute; });
    if (found != kSlotOfAttribute.end()) {
      std::string& place = sheet.values[found->second];
      const std::string words = lower(value);
      if (place == words) continue;  // said already
      if (place.empty() && fits(found->second, clean(fact.value, kLongestPhrase))) {
        place = words;
        if (found->second == kFabric) sheet.of_material = attribute == "material";
        continue;
      }
    }
    sheet.details.push_back(capitalised(quoted(attribute)) + ": " + quoted(value) + ".");
  }
  return sheet;
}

// Something that a product has: "a round neck", "long sleeves".
struct Feature {
  std::string text;
  bool plural = false;
};

Feature neck_feature(const std::string& value) {
  if (is_negative(value)) return {value};
  if (value.ends_with("straps")) return {value, true};
  return {with_article(ends_with_one_of(value, {"neck", "neckline", "collar", "lapel"}) ? value : value + " neckline")};
}

Feature collar_feature(const std::string& value) {
  if (is_negative(value)) return {value};
  return {with_article(ends_with_one_of(value, {"collar", "lapel", "hood"}) ? value : value + " collar")};
}

Feature sleeve_feature(const std::string& length, const std::string& styling, base::Random& random) {
  const auto sleeves = [](const std::string& value) -> Feature {
    if (value.empty() || is_negative(value)) return {value};
    if (value == "sleeveless") return {"a sleeveless cut"};
    return {ends_with_one_of(value, {"sleeves", "straps"}) ? value : value + " sleeves", true};
  };
  const Feature first = sleeves(length), second = sleeves(styling);
  if (length.empty() || first.text == second.text) return second;
  if (styling.empty()) return first;
  const bool same_sleeves = first.text.ends_with("sleeves") && second.plural && second.text.ends_with("sleeves");
  const char* joint = is_negative(first.text) ? " and "
                      : !same_sleeves         ? " with "
                      : random.chance(0.5)    ? " styled as "
                                              : " cut as ";
  return {first.text + joint + second.text, first.plural};
}

std::vector<Feature> features_of(const Sheet& sheet, base::Random& random) {
  const auto& values = sheet.values;
  std::vector<Feature> features;
  if (sheet.has(kFit)) {
    features.push_back({with_article(values[kFit].ends_with("fit") ? values[kFit] : values[kFit] + " fit")});
  }
  if (sheet.has(kNeck)) features.push_back(neck_feature(values[kNeck]));
  if (sheet.has(kCollar) && values[kCollar] != values[kNeck]) features.push_back(collar_feature(values[kCollar]));
  // "Shoulder Straps" may be both the neck and the styling of the sleeves: once is enough.
  const std::string styling = values[kSleeveStyling] == values[kNeck] ? "" : values[kSleeveStyling];
  if (sheet.has(kSleeveLength) || !styling.empty()) {
    features.push_back(sleeve_feature(values[kSleeveLength], styling, random));
  }
  random.shuffle(features);
  return features;
}

// "a regular fit, a round neck and short sleeves"
std::string listing(const std::vector<Feature>& features) {
  std::string text;
  for (std::size_t i = 0; i < features.size(); ++i) {
    text += (i == 0 ? "" : i + 1 < features.size() ? ", " : " and ") + features[i].text;
  }
  return text;
}

// A property that may stand before the noun, after it, or in a sentence of its own.
struct Property {
  std::string before;              // "striped"; empty where it cannot
  std::vector<std::string> after;  // "with a striped pattern"; empty where it cannot
  std::vector<std::string> sentences;
};

Property colour_property(const std::string& value) {
  if (value == "multi") return {"multicoloured", {}, {}};
  return {value, {"in " + value}, {"It comes in " + value + ".", "The colour is " + value + "."}};
}

Property pattern_property(const std::string& value) {
  const std::string noun =
      is_negative(value) || ends_with_one_of(value, {"stripes", "checks", "prints", "motifs", "dots"}) ? value
      : ends_with_one_of(value, {"print", "pattern"}) ? with_article(value)
                                                      : with_article(value + " pattern");
  if (is_negative(value) || ends_with_one_of(value, {"stripes", "checks", "prints", "motifs", "dots", "design", "print",
                                                     "pattern", "lace"})) {
    return {"", {"with " + noun}, {"It has " + noun + "."}};
  }
  return {value,
          {"with " + noun, "in " + with_article(value + " design")},
          {"It has " + noun + ".", "The pattern is " + value + "."}};
}

Property fabric_property(const std::string& value, bool of_material) {
  const std::string what = of_material ? "material" : "fabric";
  if (is_one_of(value, {"blended", "synthetic", "mixed"})) {
    const std::string noun = with_article(value + " " + what);
    return {"", {"made of " + noun}, {"It is made of " + noun + ".", "The " + what + " is " + value + "."}};
  }
  Property property{
      value, {"made of " + value}, {"It is made of " + value + ".", "The " + what + " is " + value + "."}};
  if (!of_material) {
    property.after.push_back("cut from " + value);
    property.sentences.push_back("It is cut from " + value + ".");
  }
  return property;
}

// "men's", "boys'", "unisex"
std::string possessive(const std::string& audience) {
  if (audience.empty() || audience == "unisex") return audience;
  return audience + (audience.ends_with("s") ? "'" : "'s");
}

const std::string& pick(base::Random& random, const std::vector<std::string>& alternatives) {
  return alternatives[random.below(alternatives.size())];
}

// How the product is named in the first sentence, and what is left to say of its properties.
struct Naming {
  std::string phrase;                  // "striped navy blue T-shirt made of cotton"
  std::string after;                   // its end, "made of cotton", if it has one
  std::vector<std::string> sentences;  // "The pattern is striped."
};

Naming name_product(const Sheet& sheet, base::Random& random) {
  enum Place { kBefore, kAfter, kApart };
  const std::array<Property, 3> properties = {
      sheet.has(kColour) ? colour_property(sheet.values[kColour]) : Property{},
      sheet.has(kPattern) ? pattern_property(sheet.values[kPattern]) : Property{},
      sheet.has(kFabric) ? fabric_property(sheet.values[kFabric], sheet.of_material) : Property{}};
  std::array<Place, 3> places = {kBefore, kBefore, kBefore};
  if (random.chance(0.45)) places[random.below(3)] = kAfter;
  if (random.chance(0.3)) places[random.below(3)] = kApart;
  if (properties[kColour].after.empty()) places[kColour] = kBefore;
  // "A solid cotton shirt" would speak of its strength: solid stands before a colour, or says of what.
  const bool solid = sheet.values[kPattern] == "solid";
  const bool colour_before = sheet.has(kColour) && places[kColour] == kBefore;
  bool taken = false;
  std::array<std::string, 3> before;
  Naming naming;
  for (const Slot slot : {kColour, kPattern, kFabric}) {
    const Property& property = properties[slot];
    if (!sheet.has(slot)) continue;
    const bool cannot_stand_before = property.before.empty() || (slot == kPattern && solid && !colour_before);
    if (places[slot] == kBefore && cannot_stand_before) places[slot] = kAfter;
    if (places[slot] == kAfter && std::exchange(taken, true)) places[slot] = kApart;  // two in a row would not read
    if (places[slot] == kBefore) before[slot] = property.before;
    if (places[slot] == kAfter) naming.after = pick(random, property.after);
    if (places[slot] == kApart) naming.sentences.push_back(pick(random, property.sentences));
  }
  if (solid || random.chance(0.6)) std::swap(before[kColour], before[kPattern]);

  // In front: "a shirt for women made of cotton" would say who is made of cotton.
  std::string adjectives = possessive(sheet.values[kAudience]);
  for (const std::string& word : before) adjectives += (adjectives.empty() || word.empty() ? "" : " ") + word;
  naming.phrase = sheet.noun.phrase(adjectives);
  if (!naming.after.empty()) naming.phrase += " " + naming.after;
  return naming;
}

// Sentences one after the other, where neighbours do not start with the same word.
class Text {
 public:
  Text(base::Random& random, const std::vector<std::string>& banned) : random_(random) {
    for (const auto& words : banned) banned_.push_back(fmt::format(" {} ", claims::key_of(words)));
  }

  // One of them that holds no banned word; where all do, the fact check will say so.
  void add(std::vector<std::string> alternatives) {
    if (std::vector<std::string> allowed = alternatives;
        std::erase_if(allowed, [&](const auto& text) { return is_banned(text); }), !allowed.empty()) {
      alternatives = std::move(allowed);
    }
    const auto repeats = [&](const std::string& sentence) { return first_word(sentence) == first_word(last_); };
    if (!std::all_of(alternatives.begin(), alternatives.end(), repeats)) std::erase_if(alternatives, repeats);
    last_ = capitalised(pick(random_, alternatives));
    text_ += (text_.empty() ? "" : " ") + last_;
  }

  bool is_banned(const std::string& sentence) const {
    const auto words = fmt::format(" {} ", claims::key_of(sentence));
    return std::ranges::any_of(banned_, [&](const auto& banned) { return words.find(banned) != std::string::npos; });
  }

  const std::string& str() const { return text_; }

 private:
  static std::string_view first_word(std::string_view sentence) { return sentence.substr(0, sentence.find(' ')); }

  base::Random& random_;
  std::vector<std::string> banned_;
  std::string text_;
  std::string last_;
};

void open(Text& text, const Naming& naming, const std::vector<Feature>& features) {
  const std::string &phrase = naming.phrase, a_phrase = with_article(phrase), list = listing(features);
  if (features.empty()) {
    text.add({"Meet " + a_phrase + ".", "Here is " + a_phrase + ".", "This is " + a_phrase + ".",
              "Say hello to " + a_phrase + ".", "Have a look at this " + phrase + "."});
    return;
  }
  std::vector<std::string> alternatives = {"This " + phrase + " has " + list + ".",
                                           "This " + phrase + " comes with " + list + "."};
  if (features.size() > 1) alternatives.push_back("Meet this " + phrase + ": " + list + ".");
  if (naming.after.empty()) {
    alternatives.insert(alternatives.end(),
                        {"Here is " + a_phrase + " with " + list + ".", a_phrase + " with " + list + ".",
                         "Meet " + a_phrase + " with " + list + "."});
  } else if (!naming.after.starts_with("with")) {
    alternatives.push_back(a_phrase + ", with " + list + ".");
  }
  text.add(std::move(alternatives));
}

void add_features(Text& text, const Sheet& sheet, const std::vector<Feature>& features, bool more) {
  const std::string list = listing(features), also = more ? "also " : "";
  const std::string reference = sheet.noun.pair ? "pair" : sheet.noun.text;
  std::vector<std::string> alternatives = {"It " + also + "has " + list + ".",
                                           "It " + also + "comes with " + list + ".",
                                           "The " + reference + " " + also + "has " + list + "."};
  const bool negative =
      std::any_of(features.begin(), features.end(), [](const Feature& f) { return is_negative(f.text); });
  if (!negative) {  // "No collar rounds it off" would be odd
    const std::string ending = features.size() == 1 && !features[0].plural ? "s" : "";
    alternatives.insert(alternatives.end(), {list + " round" + ending + " it off.",
                                             list + " complete" + ending + " the " + reference + "."});
  }
  text.add(std::move(alternatives));
}

void add_use(Text& text, const Sheet& sheet) {
  if (!sheet.has(kOccasion) && !sheet.has(kSeason)) return;
  std::string use = sheet.has(kOccasion) ? sheet.values[kOccasion] + " wear" : "";
  if (sheet.has(kSeason)) use += (use.empty() ? "" : " in ") + ("the " + sheet.values[kSeason] + " season");
  text.add({"It is meant for " + use + ".", "Intended for " + use + ".", "Designed with " + use + " in mind."});
}

void close(Text& text, const Sheet& sheet, base::Random& random) {
  if (!random.chance(0.8)) return;
  std::vector<std::string> alternatives = {"Make it yours.", "The rest is up to you.", "See if it is the one for you.",
                                           "For you, or for someone you like."};
  if (sheet.wearable()) {
    alternatives = {"Make it yours.",
                    "Style it your way.",
                    "Wear it your way.",
                    "Combine it as you please.",
                    "Yours to style.",
                    "How you style it is up to you.",
                    "Give it a place in your wardrobe.",
                    "What you wear it with is up to you.",
                    "Put it on and make the day yours.",
                    "Build your outfit around it.",
                    "Start your outfit here.",
                    "Let it tell your story.",
                    "A good outfit starts with knowing what you wear."};
  }
  std::erase_if(alternatives, [&](const auto& sentence) { return text.is_banned(sentence); });
  if (!alternatives.empty()) text.add(std::move(alternatives));
}

// "striped navy blue cotton T-shirt for women, regular fit, round neck": all that fits, the most telling first.
std::string headline(const Sheet& sheet, std::size_t longest) {
  std::string line;
  const auto add = [&](const std::string& words) { line += (line.empty() || words.empty() ? "" : " ") + words; };
  if (sheet.values[kAudience] == "unisex") add("unisex");
  std::vector<std::string> parts;
  if (sheet.has(kPattern)) {
    const Property pattern = pattern_property(sheet.values[kPattern]);
    add(pattern.before);
    if (pattern.before.empty()) parts.push_back(sheet.values[kPattern]);
  }
  if (sheet.has(kColour)) add(colour_property(sheet.values[kColour]).before);
  if (sheet.has(kFabric)) {
    const Property fabric = fabric_property(sheet.values[kFabric], sheet.of_material);
    add(fabric.before);
    if (fabric.before.empty()) parts.push_back(sheet.values[kFabric] + (sheet.of_material ? " material" : " fabric"));
  }
  add(sheet.noun.text);
  if (sheet.has(kAudience) && sheet.values[kAudience] != "unisex") add("for " + sheet.values[kAudience]);
  for (const Slot slot : {kFit, kNeck, kCollar, kSleeveLength, kSleeveStyling}) {
    if (sheet.has(slot) && std::find(parts.begin(), parts.end(), sheet.values[slot]) == parts.end()) {
      parts.push_back(sheet.values[slot]);
    }
  }
  for (const std::string& part : parts) {
    if (characters(line) + 2 + characters(part) <= longest) line += ", " + part;
  }
  return shortened(line, longest);
}

Description english(const facts::ProductFacts& product, const Limits& limits, const std::vector<std::string>& banned) {
  const Sheet sheet = sort_facts(product);
  base::Random random(0, product.id);
  const Naming naming = name_product(sheet, random);
  const std::vector<Feature> features = features_of(sheet, random);
  // No more than three features in the first sentence: more would not be read.
  const std::size_t most = std::min<std::size_t>(features.size(), 3);
  const std::size_t in_first = random.chance(0.6) ? most : random.chance(0.5) ? 0 : random.below(most + 1);
  const auto middle = features.begin() + static_cast<std::ptrdiff_t>(in_first);
  const std::vector<Feature> first(features.begin(), middle), rest(middle, features.end());

  Text text(random, banned);
  open(text, naming, first);
  const bool features_early = random.chance(0.5);
  if (features_early && !rest.empty()) add_features(text, sheet, rest, !first.empty());
  for (const std::string& sentence : naming.sentences) text.add({sentence});
  if (!features_early && !rest.empty()) add_features(text, sheet, rest, !first.empty());
  add_use(text, sheet);
  for (const std::string& detail : sheet.details) text.add({detail});
  close(text, sheet, random);

  Description description{.title = product.name.empty()
                                       ? title_case(headline(sheet, limits.title))
                                       : shortened(clean(product.name, product.name.size()), limits.title),
                          .text = shortened(text.str(), limits.text),
                          .bullets = {},
                          .seo_title = title_case(headline(sheet, limits.seo_title)),
                          .seo_description = shortened(text.str(), limits.seo_description),
                          .alt_text = capitalised(headline(sheet, limits.alt_text))};
  for (const Fact& fact : product.facts) {
    if (description.bullets.size() == limits.bullets) break;
    description.bullets.push_back(shortened(
        fmt::format("{}: {}", capitalised(quoted(attribute_words(fact.attribute))), quoted(lower(fact.value))),
        limits.bullet));
  }
  return description;
}

// Other languages get a list of what is known, in the table's words: no sentence that a grammar would have to inflect.
Description listed(const facts::ProductFacts& product, const claims::Lexicon& lexicon, const Limits& limits) {
  const auto& aspects = claims::Aspects::get();
  const auto type = aspects.value(aspects.type(), product.type);
  const std::string noun = type ? lexicon.translation(*type) : quoted(product.type);
  std::string line = capitalised(noun);
  Description description{.title = clean(product.name, product.name.size()),
                          .text = noun.empty() ? "" : line + (lexicon.locale() == "ja" ? "。" : "."),
                          .bullets = {},
                          .seo_title = {},
                          .seo_description = {},
                          .alt_text = {}};
  for (const Fact& fact : product.facts) {
    const auto aspect = aspects.of_attribute(fact.attribute);
    const auto place = aspects.value_of(fact.attribute, fact.value);
    const std::string value = place ? lexicon.translation(*place) : quoted(fact.value);
    const std::string label = aspect ? lexicon.label(*aspect) : quoted(attribute_words(fact.attribute));
    const std::string said = capitalised(label) +
                             (lexicon.locale() == "ja"   ? "："
                              : lexicon.locale() == "fr" ? " : "
                                                         : ": ") +
                             value;
    if (description.bullets.size() < limits.bullets) description.bullets.push_back(shortened(said, limits.bullet));
    const bool spaced =
        lexicon.locale() != "ja" || static_cast<unsigned char>(said[0]) < 0x80;  // "。x" could be a host's name
    description.text +=
        (description.text.empty() || !spaced ? "" : " ") + said + (lexicon.locale() == "ja" ? "。" : ".");
    if (place) line += (line.empty() ? "" : lexicon.locale() == "ja" ? "、" : ", ") + value;
  }
  if (line.empty()) line = description.bullets.front();
  if (description.title.empty()) description.title = line;
  description.title = shortened(description.title, limits.title);
  description.seo_title = shortened(line, limits.seo_title);
  description.seo_description = shortened(description.text, limits.seo_description);
  description.alt_text = shortened(line, limits.alt_text);
  description.text = shortened(description.text, limits.text);
  return description;
}

}  // namespace

Draft TemplateWriter::write(const Brief& brief, const Feedback*) const {
  const auto& product = brief.product;
  if (std::ranges::all_of(product.facts,
                          [](const Fact& fact) { return says_nothing(clean(fact.value, kLongestValue)); })) {
    base::fail(base::ErrorCode::kInvalid,
               "product {}: nothing is known of it; expected at least one attribute with a value",
               clean(product.id, 80));
  }
  const bool is_english = brief.lexicon.locale() == "en";
  return {.description = is_english ? english(product, brief.limits, brief.brand.banned)
                                    : listed(product, brief.lexicon, brief.limits)};
}

}  // namespace hangtag::describe
