#include "server/requests.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <set>
#include <sstream>

#include "text/base64.h"

namespace hangtag::server {
namespace {

using base::ErrorCode;
using base::fail;

constexpr int kDeepest = 32;
constexpr std::size_t kLongestId = 200;  // bytes

int depth_of(std::string_view json) {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

void refuse_other_keys(const base::Json& json, std::initializer_list<const char*> keys, std::string_view where) {
  if (!json.is_object()) fail(ErrorCode::kInvalid, "{}: expected an object, found {}", where, json.type_name());
  for (const auto& [key, value] : json.items()) {
    if (std::ranges::find(keys, key) == keys.end()) {
      fail(ErrorCode::kInvalid, "{}: unknown key \"{:.60}\"; expected {}", where, key, fmt::join(keys, ", "));
    }
  }
}

base::Json parse_known(std::string_view body) {
  if (const int depth = depth_of(body); depth > kDeepest) {
    fail(ErrorCode::kInvalid, "the body is nested {} deep; expected at most {}", depth, kDeepest);
  }
  return base::parse_json(body, "the body");
}

std::string photo_bytes(const base::Json& json, const std::string& where) {
  auto text = base::get<std::string>(json, "image", where);
  if (text.starts_with("data:")) {
    const auto comma = text.find(',');
    if (comma == text.npos || !text.substr(0, comma).ends_with(";base64")) {
      fail(ErrorCode::kInvalid, "{}: \"image\" is a data URI without ;base64", where);
    }
    text.erase(0, comma + 1);
  }
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });  // of encoders that break lines
  auto bytes = text::decode_base64(text);
  if (!bytes)
    fail(ErrorCode::kInvalid, "{}: \"image\" is not base64; expected a photo's bytes in it, with padding", where);
  if (bytes->empty()) fail(ErrorCode::kInvalid, "{}: \"image\" is empty", where);
  return *std::move(bytes);
}

std::int64_t number_between(const base::Json& json, const char* key, std::int64_t fallback, std::int64_t most,
                            std::string_view where) {
  const auto number = base::get_or(json, key, fallback, where);
  if (number < 1 || number > most)
    fail(ErrorCode::kInvalid, "{}: \"{}\" is {}; expected 1 to {}", where, key, number, most);
  return number;
}

}  // namespace

base::OrderedJson parse_body(std::string_view body) {
  parse_known(body);  // for its message
  auto json = base::OrderedJson::parse(body);
  if (!json.is_object()) fail(ErrorCode::kInvalid, "the body: expected an object, found {}", json.type_name());
  return json;
}

PredictRequest parse_predict(std::string_view body, const std::vector<std::string>& known) {
  const auto json = parse_known(body);
  refuse_other_keys(json, {"photos", "attributes", "alternatives"}, "the body");
  PredictRequest request;
  const auto photos = json.find("photos");
  if (photos == json.end() || !photos->is_array() || photos->empty() || photos->size() > kMostPhotos) {
    fail(ErrorCode::kInvalid, "the body: \"photos\" is missing or no list of 1 to {}", kMostPhotos);
  }
  for (std::size_t i = 0; i < photos->size(); ++i) {
    const auto& one = (*photos)[i];
    const auto where = fmt::format("photos[{}]", i);
    refuse_other_keys(one, {"id", "image", "type"}, where);
    SentPhoto photo{.where = where,
                    .id = base::get_or(one, "id", std::to_string(i), where),
                    .type = base::get_or(one, "type", std::string(), where),
                    .bytes = photo_bytes(one, where)};
    if (std::max(photo.id.size(), photo.type.size()) > kLongestId) {
      fail(ErrorCode::kInvalid, "{}: \"id\" or \"type\" is longer than {} bytes", where, kLongestId);
    }
    request.photos.push_back(std::move(photo));
  }
  request.attributes = base::get_or(json, "attributes", std::vector<std::string>(), "the body");
  std::set<std::string> seen;
  for (const auto& attribute : request.attributes) {
    if (std::ranges::find(known, attribute) == known.end()) {
      fail(ErrorCode::kInvalid, "the body: the model's taxonomy has no attribute \"{:.60}\"; it has {}", attribute,
           fmt::join(known, ", "));
    }
    if (!seen.insert(attribute).second)
      fail(ErrorCode::kInvalid, "the body: the attribute \"{}\" occurs twice", attribute);
  }
  const auto alternatives =
      base::get_or(json, "alternatives", static_cast<std::int64_t>(kDefaultAlternatives), "the body");
  if (alternatives < 0) fail(ErrorCode::kInvalid, "the body: \"alternatives\" is {}; expected 0 or more", alternatives);
  request.alternatives = static_cast<std::size_t>(alternatives);
  return request;
}

Invocation parse_invocation(std::string_view body) {
  const auto json = parse_known(body);
  refuse_other_keys(json, {"image", "prompt", "parameters"}, "the body");
  Invocation invocation{.photo = {.where = "image", .id = {}, .type = {}, .bytes = photo_bytes(json, "the body")},
                        .prompt = {.text = base::get<std::string>(json, "prompt", "the body")}};
  auto& prompt = invocation.prompt;
  if (prompt.text.empty() || prompt.text.size() > kLongestPrompt) {
    fail(ErrorCode::kInvalid, "the body: \"prompt\" has {} bytes; expected 1 to {}", prompt.text.size(),
         kLongestPrompt);
  }
  if (const auto found = json.find("parameters"); found != json.end() && !found->is_null()) {
    refuse_other_keys(*found, {"max_new_tokens", "num_beams", "length_penalty"}, "parameters");
    prompt.max_new_tokens =
        number_between(*found, "max_new_tokens", prompt.max_new_tokens, kMostNewTokens, "parameters");
    prompt.num_beams = number_between(*found, "num_beams", prompt.num_beams, kMostBeams, "parameters");
    prompt.length_penalty = base::get_or(*found, "length_penalty", prompt.length_penalty, "parameters");
    if (!(std::abs(prompt.length_penalty) <= 10)) {
      fail(ErrorCode::kInvalid, "parameters: \"length_penalty\" is {}; expected -10 to 10", prompt.length_penalty);
    }
  }
  return invocation;
}

DescribeRequest parse_describe(std::string_view body) {
  const auto json = parse_body(body);  // ordered: attributes are told as they come
  const base::Json unordered = json;
  refuse_other_keys(unordered, {"product", "locale", "brand"}, "the body");
  if (!json.contains("product") || !json["product"].is_object()) {
    fail(ErrorCode::kInvalid, "the body: \"product\" is missing or no object");
  }
  std::istringstream line(base::to_line(json["product"]));
  DescribeRequest request{.product = facts::FactsReader(line, "product").next().value(),
                          .locale = base::get_or(unordered, "locale", std::string("en"), "the body"),
                          .brand = {}};
  facts::take_type(request.product);
  if (unordered.contains("brand")) request.brand = describe::parse_brand(unordered["brand"], "brand");
  return request;
}

}  // namespace hangtag::server
