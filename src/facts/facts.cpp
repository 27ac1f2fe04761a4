#include "facts/facts.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "catalog/taxonomy.h"

namespace hangtag::facts {

namespace {

using base::ErrorCode;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_blank(const std::string& line) {
  return line.find_first_not_of(" \t\r") == std::string::npos;
}

std::string text_or_empty(const base::OrderedJson& object, const char* key, const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  if (!found->is_string()) {
    base::fail(ErrorCode::kInvalid, "{}: \"{}\" is of type {}; expected text", where, key, found->type_name());
  }
  return found->get<std::string>();
}

// `json` is "Cotton", or {"value": "Cotton", "confidence": 0.9}. An empty value means that there is none.
Fact parse_fact(const std::string& attribute, const base::OrderedJson& json, const std::string& where) {
  if (json.is_null()) return {attribute, ""};
  if (json.is_string()) return {attribute, json.get<std::string>()};
  if (!json.is_object()) {
    base::fail(ErrorCode::kInvalid, "{}: attribute \"{}\" is of type {}; expected text, or an object with \"value\"",
               where, attribute, json.type_name());
  }
  if (!json.contains("value")) {
    base::fail(ErrorCode::kInvalid, "{}: attribute \"{}\" has no \"value\"", where, attribute);
  }
  Fact fact{attribute, text_or_empty(json, "value", where)};
  if (const auto confidence = json.find("confidence"); confidence != json.end() && !confidence->is_null()) {
    if (!confidence->is_number()) {
      base::fail(ErrorCode::kInvalid, "{}: the confidence of \"{}\" is of type {}; expected a number", where, attribute,
                 confidence->type_name());
    }
    fact.confidence = confidence->get<double>();
  }
  return fact;
}

ProductFacts parse_line(const std::string& line, const std::string& where) {
  base::OrderedJson json;
  try {
    json = base::OrderedJson::parse(line);  // ordered: attributes keep the order in which they were written
  } catch (const base::OrderedJson::parse_error& error) {
    base::fail(ErrorCode::kInvalid, "{}: not valid JSON: {}; expected one object a line", where, error.what());
  }
  if (!json.is_object()) {
    base::fail(ErrorCode::kInvalid, "{}: found {}; expected an object with \"id\" and \"attributes\"", where,
               json.type_name());
  }
  ProductFacts product{.id = text_or_empty(json, "id", where),
                       .type = text_or_empty(json, "type", where),
                       .name = text_or_empty(json, "name", where)};
  if (product.id.empty()) base::fail(ErrorCode::kInvalid, "{}: \"id\" is missing or empty", where);
  const auto attributes = json.find("attributes");
  if (attributes == json.end() || !attributes->is_object()) {
    base::fail(ErrorCode::kInvalid, "{}: \"attributes\" is missing or not an object", where);
  }
  for (const auto& [attribute, value] : attributes->items()) {
    Fact fact = parse_fact(attribute, value, where);
    if (!fact.value.empty()) product.facts.push_back(std::move(fact));
  }
  return product;
}

}  // namespace

void take_type(ProductFacts& product) {
  const auto found = std::ranges::find(product.facts, catalog::kTypeAttribute, &Fact::attribute);
  if (found == product.facts.end()) return;
  if (product.type.empty()) product.type = std::move(found->value);
  product.facts.erase(found);
}

FactsReader::FactsReader(std::istream& input, std::string name) : input_(input), name_(std::move(name)) {}

std::optional<ProductFacts> FactsReader::next() {
  return csv_ ? next_csv() : next_json();
}

std::optional<ProductFacts> FactsReader::next_json() {
  std::string line;
  while (std::getline(input_, line)) {
    if (++line_ == 1) {
      if (line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
      const auto first = line.find_first_not_of(" \t\r");
      if (first != std::string::npos && line[first] != '{' && line[first] != '[') {
        line += '\n';
        csv_.emplace(line.append(std::istreambuf_iterator<char>(input_), {}), name_);
        return next_csv();
      }
    }
    if (!is_blank(line)) return parse_line(line, fmt::format("{}, line {}", name_, line_));
  }
  return std::nullopt;
}

std::optional<ProductFacts> FactsReader::next_csv() {
  if (columns_.empty()) {
    auto header = csv_->next();
    if (!header) return std::nullopt;
    catalog::column(*header, "id", name_);  // refuses a header without it
    columns_ = std::move(header->fields);
  }
  const auto row = csv_->next();
  if (!row) return std::nullopt;
  if (row->fields.size() != columns_.size()) {
    base::fail(ErrorCode::kInvalid, "{}, line {}: {} fields; expected {}, as in the header", name_, row->line,
               row->fields.size(), columns_.size());
  }
  ProductFacts product;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string &column = columns_[i], &field = row->fields[i];
    if (column == "id") {
      product.id = field;
    } else if (column == "type") {
      product.type = field;
    } else if (column == "name") {
      product.name = field;
    } else if (column != "photo" && !field.empty()) {
      product.facts.push_back({column, field});
    }
  }
  if (product.id.empty()) base::fail(ErrorCode::kInvalid, "{}, line {}: the id is empty", name_, row->line);
  return product;
}

}  // namespace hangtag::facts
