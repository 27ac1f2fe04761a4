#include "model/processor.h"

#include <ATen/ops/empty.h>

#include <vector>

#include "base/error.h"
#include "image/resize.h"

namespace hangtag::model {
namespace {

using base::ErrorCode;
using base::fail;

constexpr int kBicubic = 3;  // PIL.Image.Resampling.BICUBIC

std::array<double, 3> three(const base::Json& json, const char* key, const std::array<double, 3>& fallback,
                            const std::string& name) {
  const auto values = base::find<std::vector<double>>(json, key, name);
  if (!values) return fallback;
  if (values->size() != 3) fail(ErrorCode::kInvalid, "{}: \"{}\" has {} values, expected 3", name, key, values->size());
  return {(*values)[0], (*values)[1], (*values)[2]};
}

ImageProcessor parse(const base::Json& json, const std::string& name) {
  ImageProcessor processor;
  if (const auto size = base::find<base::Json>(json, "size", name)) {
    processor.height = base::get<std::int64_t>(*size, "height", name + ": size");
    processor.width = base::get<std::int64_t>(*size, "width", name + ": size");
  }
  if (processor.height < 1 || processor.width < 1 || processor.height > 4096 || processor.width > 4096) {
    fail(ErrorCode::kInvalid, "{}: \"size\" is {}x{}, expected 1 to 4096", name, processor.width, processor.height);
  }
  if (const int resample = base::get_or(json, "resample", kBicubic, name); resample != kBicubic) {
    fail(ErrorCode::kUnsupported, "{}: \"resample\" is {}; only 3 (bicubic) is supported", name, resample);
  }
  for (const char* step : {"do_resize", "do_rescale", "do_normalize", "do_convert_rgb"}) {
    if (!base::get_or(json, step, true, name)) fail(ErrorCode::kUnsupported, "{}: \"{}\" is false", name, step);
  }
  processor.rescale_factor = base::get_or(json, "rescale_factor", processor.rescale_factor, name);
  processor.mean = three(json, "image_mean", processor.mean, name);
  processor.std = three(json, "image_std", processor.std, name);
  return processor;
}

}  // namespace

image::Image ImageProcessor::resize(const image::Image& photo) const {
  return image::resize_bicubic(photo, static_cast<int>(width), static_cast<int>(height));
}

at::Tensor ImageProcessor::normalize(const image::Image& resized) const {
  auto tensor = at::empty({3, height, width}, at::kFloat);
  auto* out = tensor.mutable_data_ptr<float>();
  const std::int64_t pixels = height * width;
  for (std::int64_t channel = 0; channel < 3; ++channel) {
    const auto c = static_cast<std::size_t>(channel);
    const auto scale = static_cast<float>(rescale_factor / std[c]);
    const auto shift = static_cast<float>(-mean[c] / std[c]);
    for (std::int64_t i = 0; i < pixels; ++i) {
      out[channel * pixels + i] = static_cast<float>(resized.pixels[static_cast<std::size_t>(3 * i + channel)]) * scale + shift;
    }
  }
  return tensor;
}

ImageProcessor read_image_processor(const std::filesystem::path& folder) {
  // Newer folders hold one processor_config.json with the image processor inside; older ones a file of its own.
  if (const auto path = folder / "preprocessor_config.json"; std::filesystem::exists(path)) {
    return parse(base::read_json(path), path.string());
  }
  const auto path = folder / "processor_config.json";
  const auto json = base::read_json(path);
  return parse(base::get<base::Json>(json, "image_processor", path.string()), path.string() + ": image_processor");
}

base::OrderedJson to_json(const ImageProcessor& processor) {
  return {{"image_processor_type", "BlipImageProcessor"},
          {"processor_class", "Blip2Processor"},
          {"do_convert_rgb", true},
          {"do_resize", true},
          {"size", {{"height", processor.height}, {"width", processor.width}}},
          {"resample", kBicubic},
          {"do_rescale", true},
          {"rescale_factor", processor.rescale_factor},
          {"do_normalize", true},
          {"image_mean", processor.mean},
          {"image_std", processor.std}};
}

}  // namespace hangtag::model
