#include "claims/aspects.h"

#include "claims/units.h"
#include "facts/wording.h"
#include "hangtag_claims_embedded_files.h"

namespace hangtag::claims {
namespace {

using Strings = std::vector<std::string>;

std::string attribute_key(std::string_view attribute) {
  return key_of(facts::attribute_words(attribute));
}

template <typename Place>
bool relates(const std::map<Place, std::set<Place>>& related, const Place& from, const Place& to) {
  const auto found = related.find(from);
  return found != related.end() && found->second.contains(to);
}

}  // namespace

const Aspects& Aspects::get() {
  static const Aspects aspects(base::parse_json(embedded::aspects_json(), "aspects.json"), "aspects.json");
  return aspects;
}

Aspects::Aspects(const base::Json& json, std::string_view name) {
  for (const auto& entry : base::get<base::Json>(json, "aspects", name)) {
    Aspect aspect{.name = base::get<std::string>(entry, "name", name),
                  .values = base::get<Strings>(entry, "values", name),
                  .by_key = {},
                  .broader = {},
                  .suits = {},
                  .absent = {},
                  .advice = {}};
    const auto where = fmt::format("{}, {}", name, aspect.name);
    const auto place = [&](const std::string& value) {
      const auto found = aspect.by_key.find(key_of(value));
      if (found == aspect.by_key.end())
        base::fail(base::ErrorCode::kInvalid, "{}: \"{}\" is none of its values", where, value);
      return found->second;
    };
    for (std::size_t i = 0; i < aspect.values.size(); ++i) {
      aspect.by_key.emplace(key_of(aspect.values[i]), static_cast<int>(i));
    }
    for (const auto& [other, value] : base::get_or(entry, "same", std::map<std::string, std::string>{}, where)) {
      aspect.by_key.emplace(key_of(other), place(value));
    }
    const auto related = [&](const char* key) {
      Related all;
      for (const auto& [value, others] : base::get_or(entry, key, std::map<std::string, Strings>{}, where)) {
        for (const auto& other : others) all[place(value)].insert(place(other));
      }
      return all;
    };
    aspect.broader = related("broader");
    for (bool grown = true; grown;) {
      grown = false;
      for (auto& [value, others] : aspect.broader) {
        for (const int other : std::set<int>(others)) {
          if (const auto more = aspect.broader.find(other); more != aspect.broader.end()) {
            for (const int third : more->second) grown |= others.insert(third).second;
          }
        }
      }
    }
    aspect.suits = related("suits");
    for (const auto& value : base::get_or(entry, "absent", Strings{}, where)) aspect.absent.insert(place(value));
    for (const auto& value : base::get_or(entry, "advice", Strings{}, where)) aspect.advice.insert(place(value));
    for (const auto& attribute : base::get<Strings>(entry, "attributes", where)) {
      by_attribute_.emplace(attribute_key(attribute), static_cast<int>(aspects_.size()));
    }
    aspects_.push_back(std::move(aspect));
  }
  const auto type = find("type");
  if (!type) base::fail(base::ErrorCode::kInvalid, "{}: there is no aspect \"type\"", name);
  type_ = *type;
  read_implied(json, name);
}

void Aspects::read_implied(const base::Json& json, std::string_view name) {
  using Implied = std::map<std::string, std::map<std::string, Strings>>;  // by value, by aspect
  const auto place = [&](const std::string& aspect, const std::string& value_name) {
    const auto found = find(aspect);
    const auto value = found ? this->value(*found, value_name) : std::nullopt;
    if (!value) base::fail(base::ErrorCode::kInvalid, "{}: there is no {} \"{}\"", name, aspect, value_name);
    return *value;
  };
  for (const auto& entry : base::get<base::Json>(json, "aspects", name)) {
    const auto aspect = base::get<std::string>(entry, "name", name);
    for (const auto& [value, others] : base::get_or(entry, "implies", Implied{}, name)) {
      for (const auto& [other, values] : others) {
        for (const auto& implied : values) implied_[place(aspect, value)].insert(place(other, implied));
      }
    }
  }
}

const std::string& Aspects::value_name(Value value) const {
  return at(value.aspect).values[static_cast<std::size_t>(value.value)];
}

std::optional<int> Aspects::find(std::string_view name) const {
  for (std::size_t i = 0; i < aspects_.size(); ++i) {
    if (aspects_[i].name == name) return static_cast<int>(i);
  }
  return std::nullopt;
}

std::optional<int> Aspects::of_attribute(std::string_view attribute) const {
  const auto found = by_attribute_.find(attribute_key(attribute));
  return found == by_attribute_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Aspects::Value> Aspects::value(int aspect, std::string_view name) const {
  const auto& by_key = at(aspect).by_key;
  const auto found = by_key.find(key_of(name));
  return found == by_key.end() ? std::nullopt : std::optional(Value{aspect, found->second});
}

std::optional<Aspects::Value> Aspects::value_of(std::string_view attribute, std::string_view name) const {
  const auto aspect = of_attribute(attribute);
  return aspect ? value(*aspect, name) : std::nullopt;
}

bool Aspects::entails(Value known, Value said) const {
  if (known == said) return true;
  return known.aspect == said.aspect ? relates(at(known.aspect).broader, known.value, said.value)
                                     : relates(implied_, known, said);
}

bool Aspects::suits(Value known, Value said) const {
  return known.aspect == said.aspect && relates(at(known.aspect).suits, known.value, said.value);
}

bool Aspects::is_advice(Value said) const {
  return at(said.aspect).advice.contains(said.value);
}

bool Aspects::means_absence(Value value) const {
  return at(value.aspect).absent.contains(value.value);
}

}  // namespace hangtag::claims
