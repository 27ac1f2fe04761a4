// What `hangtag predict` prints of a photo. No torch: for whoever only passes answers on.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace hangtag::predict {

struct ValueProbability {
  std::string value;
  double probability;
};

struct AttributePrediction {
  std::string attribute;
  std::vector<ValueProbability> values;  // of the taxonomy, the most probable first; probabilities sum to 1
};

struct Record {
  std::string id;
  std::string photo;  // may be empty, as may the type: left out then
  std::string type;   // as it was given
  std::vector<AttributePrediction> attributes;
};

// {"id", "photo", "type", "attributes": {NAME: {"value", "confidence", "alternatives": [{"value", "confidence"}]}}},
// with at most so many alternatives.
base::OrderedJson to_json(const Record& record, std::size_t alternatives);

}  // namespace hangtag::predict
