// From a photo to the vision tower's input: preprocessor_config.json, as transformers' BlipImageProcessor applies it.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <filesystem>
#include <span>

#include "base/json.h"
#include "image/image.h"

namespace hangtag::model {

struct ImageProcessor {
  std::int64_t height = 224;
  std::int64_t width = 224;
  double rescale_factor = 1.0 / 255;
  // OpenAI's CLIP statistics, which BLIP-2 was trained with.
  std::array<double, 3> mean = {0.48145466, 0.4578275, 0.40821073};
  std::array<double, 3> std = {0.26862954, 0.26130258, 0.27577711};

  image::Image resize(const image::Image& photo) const;      // squashed to width x height: bicubic, antialiased
  at::Tensor normalize(const image::Image& resized) const;   // → (3, height, width) fp32
  at::Tensor operator()(const image::Image& photo) const { return normalize(resize(photo)); }
};

// From processor_config.json or preprocessor_config.json; throws kNotFound, kInvalid, kUnsupported (another resampling).
ImageProcessor read_image_processor(const std::filesystem::path& folder);
base::OrderedJson to_json(const ImageProcessor& processor);

}  // namespace hangtag::model
