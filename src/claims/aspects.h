// What can be said of a product, whatever the language: docs/formats/lexicon.md.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace hangtag::claims {

// Aspects and values are known by their places in the file. The product's type is an aspect like any other.
class Aspects {
 public:
  struct Value {
    int aspect, value;
    auto operator<=>(const Value&) const = default;
  };

  static const Aspects& get();  // that of the program; immutable

  explicit Aspects(const base::Json& json, std::string_view name);  // throws kInvalid

  std::size_t size() const { return aspects_.size(); }
  const std::string& name(int aspect) const { return at(aspect).name; }
  std::size_t values(int aspect) const { return at(aspect).values.size(); }
  const std::string& value_name(Value value) const;
  int type() const { return type_; }  // the aspect of the product's type

  std::optional<int> find(std::string_view name) const;
  // By the name that a shop gives it: "baseColour", "Base Colour", "base_colour".
  std::optional<int> of_attribute(std::string_view attribute) const;
  std::optional<Value> value(int aspect, std::string_view name) const;  // "Navy Blue"; other spellings too
  // The value that a shop files as `name` under `attribute`.
  std::optional<Value> value_of(std::string_view attribute, std::string_view name) const;

  // Whether what is `known` makes `said` true: the same, or broader; or what every such product is, a knitted sweater.
  bool entails(Value known, Value said) const;
  // Whether `said` may be advised of a product of which `known` is known: a formal shirt for a wedding.
  bool suits(Value known, Value said) const;
  // Whether the value may be advised of a product of which nothing is known in its aspect.
  bool is_advice(Value said) const;
  // Whether the value means that there is none: sleeveless.
  bool means_absence(Value value) const;

 private:
  using Related = std::map<int, std::set<int>>;  // values to values
  struct Aspect {
    std::string name;
    std::vector<std::string> values;
    std::map<std::string, int, std::less<>> by_key;
    Related broader;  // closed
    Related suits;
    std::set<int> absent, advice;
  };
  void read_implied(const base::Json& json, std::string_view name);
  const Aspect& at(int aspect) const { return aspects_[static_cast<std::size_t>(aspect)]; }

  std::vector<Aspect> aspects_;
  std::map<std::string, int, std::less<>> by_attribute_;
  std::map<Value, std::set<Value>> implied_;
  int type_ = 0;
};

}  // namespace hangtag::claims
