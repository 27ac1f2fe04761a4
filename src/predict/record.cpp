#include "predict/record.h"

namespace hangtag::predict {

base::OrderedJson to_json(const Record& record, std::size_t alternatives) {
  base::OrderedJson attributes = base::OrderedJson::object();
  for (const auto& [attribute, values] : record.attributes) {
    auto others = base::OrderedJson::array();
    for (std::size_t i = 1; i < values.size() && i <= alternatives; ++i) {
      others.push_back({{"value", values[i].value}, {"confidence", values[i].probability}});
    }
    attributes[attribute] = {{"value", values.front().value},
                             {"confidence", values.front().probability},
                             {"alternatives", std::move(others)}};
  }
  base::OrderedJson json = {{"id", record.id}};
  if (!record.photo.empty()) json["photo"] = record.photo;
  if (!record.type.empty()) json["type"] = record.type;
  json["attributes"] = std::move(attributes);
  return json;
}

}  // namespace hangtag::predict
