// calibration.json: per attribute the temperature that sets confidences right, and the confidence from which on an answer is
// precise enough to be published unseen. `hangtag calibrate` writes it beside the weights that it was fitted for.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace hangtag::predict {

struct AttributeCalibration {
  double temperature = 1;
  std::optional<double> publish_threshold{};  // none: no confidence was enough
  std::int64_t examples = 0;                  // that it was fitted on
};

struct Calibration {
  double precision = 0;  // that publish_threshold keeps
  std::map<std::string, AttributeCalibration> attributes{};
};

constexpr const char* kCalibrationFile = "calibration.json";

Calibration read_calibration(const std::filesystem::path& path);  // throws kNotFound, kInvalid
void write_calibration(const std::filesystem::path& path, const Calibration& calibration);

}  // namespace hangtag::predict
