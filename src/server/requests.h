// What clients send, read and checked before anything is done with it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "describe/brand.h"
#include "facts/facts.h"
#include "server/engine.h"

namespace hangtag::server {

constexpr std::size_t kMostPhotos = 32;       // of one request
constexpr std::size_t kLongestPrompt = 2000;  // bytes
constexpr std::int64_t kMostNewTokens = 256;
constexpr std::int64_t kMostBeams = 8;
constexpr std::size_t kDefaultAlternatives = 3;

// A photo as it came: JPEG, PNG …
struct SentPhoto {
  std::string where;  // for messages: "photos[2]"
  std::string id;
  std::string type;  // may be empty
  std::string bytes;
};

// All throw kInvalid, with what was found and what was expected.

// Any JSON object that is not nested too deeply to be walked through.
base::OrderedJson parse_body(std::string_view body);

// {"photos": [{"id", "image": base64, "type"?}], "attributes"?: […], "alternatives"?: 3}. An image may be a data URI.
struct PredictRequest {
  std::vector<SentPhoto> photos;
  std::vector<std::string> attributes;  // each once, each in `known`
  std::size_t alternatives = kDefaultAlternatives;
};
PredictRequest parse_predict(std::string_view body, const std::vector<std::string>& known);

// {"image": base64, "prompt", "parameters"?: {"max_new_tokens", "num_beams", "length_penalty"}}
struct Invocation {
  SentPhoto photo;
  Prompt prompt;
};
Invocation parse_invocation(std::string_view body);

// {"product": {"id", "type", "name", "attributes"}, "locale"?, "brand"?: {…}}
struct DescribeRequest {
  facts::ProductFacts product;
  std::string locale;
  describe::Brand brand;
};
DescribeRequest parse_describe(std::string_view body);

}  // namespace hangtag::server
