// The taxonomy: which values an attribute may take for each type of product. Predictions never leave it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "catalog/product.h"

namespace hangtag::catalog {

// The attribute whose value is the product's type itself, as styles.csv calls it.
inline constexpr const char* kTypeAttribute = "articleType";

class Taxonomy {
 public:
  struct Value {
    std::string name;
    std::int64_t count;  // products that carry it: the prior
    bool operator==(const Value&) const = default;
  };

  Taxonomy() = default;
  explicit Taxonomy(std::span<const Product> products);
  void add(const Product& product);

  // taxonomy.json, described in docs/formats/dataset.md. Reading throws kInvalid with the place of what is wrong;
  // `name` stands in messages. Writing is stable: equal taxonomies give equal bytes.
  static Taxonomy from_json(const base::Json& json, std::string_view name);
  static Taxonomy read(const std::filesystem::path& path);
  base::OrderedJson to_json() const;
  void write(const std::filesystem::path& path) const;

  std::vector<std::string> types() const;  // sorted
  bool has_type(std::string_view type) const;

  // A `type` that is empty or that the taxonomy does not hold means that the type is not known: the union over all
  // types then, counts added up. For a known type without the attribute: nothing.
  std::vector<std::string> attributes(std::string_view type = {}) const;                    // sorted
  std::vector<Value> values(std::string_view attribute, std::string_view type = {}) const;  // by count, then name

  bool operator==(const Taxonomy&) const = default;

 private:
  using Counts = std::map<std::string, std::int64_t, std::less<>>;  // value → products
  using Attributes = std::map<std::string, Counts, std::less<>>;
  Attributes merged(std::string_view type) const;

  std::map<std::string, Attributes, std::less<>> types_;
};

}  // namespace hangtag::catalog
