// JSON read with errors that name the file, the place and the expected type.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hangtag::base {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;  // keeps the order in which keys were written

// Throws kInvalid: "NAME: not valid JSON: … at byte N".
Json parse_json(std::string_view text, std::string_view name);
Json read_json(const std::filesystem::path& path);

// Indented by two spaces, newline at the end; written beside, then renamed. Invalid UTF-8 is replaced, not thrown on.
void write_json(const std::filesystem::path& path, const OrderedJson& json);

// One line, no newline at the end. Invalid UTF-8 is replaced.
std::string to_line(const OrderedJson& json);

// json[key] as T, or nothing where the key is absent or null. `name` says where in messages.
template <typename T>
std::optional<T> find(const Json& json, const char* key, std::string_view name) {
  if (!json.is_object()) fail(ErrorCode::kInvalid, "{}: expected an object, found {}", name, json.type_name());
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  // A number is never read out of a boolean, nor a fraction into an integer.
  bool fits = true;
  if constexpr (std::is_same_v<T, bool>) {
    fits = found->is_boolean();
  } else if constexpr (std::is_integral_v<T>) {
    fits = found->is_number_integer();
  } else if constexpr (std::is_floating_point_v<T>) {
    fits = found->is_number();
  }
  if (fits) {
    try {
      return found->get<T>();
    } catch (const Json::exception&) {
    }
  }
  fail(ErrorCode::kInvalid, "{}: \"{}\" has an unexpected type: {}", name, key, found->type_name());
}

template <typename T>
T get(const Json& json, const char* key, std::string_view name) {
  auto value = find<T>(json, key, name);
  if (!value) fail(ErrorCode::kInvalid, "{}: \"{}\" is missing", name, key);
  return *std::move(value);
}

template <typename T>
T get_or(const Json& json, const char* key, T fallback, std::string_view name) {
  return find<T>(json, key, name).value_or(std::move(fallback));
}

}  // namespace hangtag::base
