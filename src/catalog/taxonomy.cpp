#include "catalog/taxonomy.h"

#include <algorithm>

namespace hangtag::catalog {
namespace {

constexpr const char* kFormat = "hangtag-taxonomy";
constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kMaxCount = 1'000'000'000'000;  // so that sums stay far from overflow

std::vector<Taxonomy::Value> by_count(const auto& counts) {
  std::vector<Taxonomy::Value> values;
  for (const auto& [name, count] : counts) values.push_back({name, count});
  // Stable on names, which come sorted.
  std::ranges::stable_sort(values, std::greater<>(), &Taxonomy::Value::count);
  return values;
}

const base::Json& object_at(const base::Json& json, std::string_view place) {
  if (!json.is_object()) {
    base::fail(base::ErrorCode::kInvalid, "{}: expected an object, found {}", place, json.type_name());
  }
  return json;
}

}  // namespace

Taxonomy::Taxonomy(std::span<const Product> products) {
  for (const auto& product : products) add(product);
}

void Taxonomy::add(const Product& product) {
  Attributes& attributes = types_[product.type];
  for (const auto& [attribute, value] : product.attributes) ++attributes[attribute][value];
}

Taxonomy Taxonomy::from_json(const base::Json& json, std::string_view name) {
  const auto format = base::get<std::string>(json, "format", name);
  const auto version = base::get<std::int64_t>(json, "version", name);
  if (format != kFormat || version != kVersion) {
    base::fail(base::ErrorCode::kUnsupported, "{}: format \"{}\" version {}; expected \"{}\" version {}", name, format,
               version, kFormat, kVersion);
  }
  Taxonomy taxonomy;
  const auto types = json.find("types");
  if (types == json.end()) base::fail(base::ErrorCode::kInvalid, "{}: \"types\" is missing", name);
  for (const auto& [type, attributes] : object_at(*types, fmt::format("{}: types", name)).items()) {
    const std::string type_place = fmt::format("{}: types.{}", name, type);
    Attributes& read_attributes = taxonomy.types_[type];
    for (const auto& [attribute, values] : object_at(attributes, type_place).items()) {
      const std::string place = fmt::format("{}.{}", type_place, attribute);
      if (!values.is_array() || values.empty()) {
        base::fail(base::ErrorCode::kInvalid, "{}: expected a list of at least one value", place);
      }
      for (const auto& entry : values) {
        const auto value = base::get<std::string>(entry, "value", place);
        const auto count = base::get<std::int64_t>(entry, "count", place);
        if (value.empty() || count < 0 || count > kMaxCount) {
          base::fail(base::ErrorCode::kInvalid, "{}: value \"{}\" with count {}; expected a name, and 0 to {} products",
                     place, value, count, kMaxCount);
        }
        if (!read_attributes[attribute].emplace(value, count).second) {
          base::fail(base::ErrorCode::kInvalid, "{}: value \"{}\" stands there twice", place, value);
        }
      }
    }
  }
  return taxonomy;
}

Taxonomy Taxonomy::read(const std::filesystem::path& path) {
  return from_json(base::read_json(path), path.string());
}

base::OrderedJson Taxonomy::to_json() const {
  base::OrderedJson types = base::OrderedJson::object();
  for (const auto& [type, attributes] : types_) {
    types[type] = base::OrderedJson::object();
    for (const auto& [attribute, counts] : attributes) {
      for (const auto& [name, count] : by_count(counts)) {
        types[type][attribute].push_back({{"value", name}, {"count", count}});
      }
    }
  }
  return {{"format", kFormat}, {"version", kVersion}, {"types", std::move(types)}};
}

void Taxonomy::write(const std::filesystem::path& path) const {
  base::write_json(path, to_json());
}

std::vector<std::string> Taxonomy::types() const {
  std::vector<std::string> names;
  for (const auto& [type, attributes] : types_) names.push_back(type);
  return names;
}

bool Taxonomy::has_type(std::string_view type) const {
  return types_.contains(type);
}

Taxonomy::Attributes Taxonomy::merged(std::string_view type) const {
  if (const auto known = types_.find(type); known != types_.end()) return known->second;
  Attributes all;
  for (const auto& [name, attributes] : types_) {
    for (const auto& [attribute, counts] : attributes) {
      for (const auto& [value, count] : counts) all[attribute][value] += count;
    }
  }
  return all;
}

std::vector<std::string> Taxonomy::attributes(std::string_view type) const {
  std::vector<std::string> names;
  for (const auto& [attribute, counts] : merged(type)) names.push_back(attribute);
  return names;
}

std::vector<Taxonomy::Value> Taxonomy::values(std::string_view attribute, std::string_view type) const {
  const Attributes attributes = merged(type);
  const auto found = attributes.find(attribute);
  return found == attributes.end() ? std::vector<Value>() : by_count(found->second);
}

}  // namespace hangtag::catalog
