#include "predict/calibration.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

namespace hangtag::predict {

Calibration read_calibration(const std::filesystem::path& path) {
  const auto json = base::read_json(path);
  const auto name = path.string();
  Calibration calibration{.precision = base::get<double>(json, "precision", name)};
  const auto attributes = base::get<base::Json>(json, "attributes", name);
  for (const auto& [attribute, one] : attributes.items()) {
    AttributeCalibration entry{.temperature = base::get<double>(one, "temperature", name),
                               .examples = base::get<std::int64_t>(one, "examples", name)};
    if (!(entry.temperature > 0)) {
      base::fail(base::ErrorCode::kInvalid, "{}: the temperature of \"{}\" is {}, expected more than 0", name, attribute, entry.temperature);
    }
    if (one.contains("publish_threshold") && !one["publish_threshold"].is_null()) {
      entry.publish_threshold = base::get<double>(one, "publish_threshold", name);
    }
    calibration.attributes[attribute] = entry;
  }
  return calibration;
}

void write_calibration(const std::filesystem::path& path, const Calibration& calibration) {
  base::OrderedJson attributes = base::OrderedJson::object();
  for (const auto& [name, one] : calibration.attributes) {
    attributes[name] = {{"temperature", one.temperature},
                        {"publish_threshold", one.publish_threshold ? base::OrderedJson(*one.publish_threshold) : base::OrderedJson(nullptr)},
                        {"examples", one.examples}};
  }
  base::write_json(path, {{"format", "hangtag-calibration"}, {"version", 1}, {"precision", calibration.precision}, {"attributes", attributes}});
}

}  // namespace hangtag::predict
