#include "image/encode.h"

#include "base/error.h"
#include "image/vips_runtime.h"

namespace hangtag::image {
namespace {

using base::ErrorCode;
using base::fail;

std::vector<std::uint8_t> copy_of(const Buffer& buffer, std::size_t size) {
  const auto* bytes = static_cast<const std::uint8_t*>(buffer.get());
  return {bytes, bytes + size};
}

Handle wrap(const Image& image) {
  start_vips();
  return wrap_memory(image.pixels, image.width, image.height, 3);
}

}  // namespace

std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality) {
  if (quality < 1 || quality > 100) fail(ErrorCode::kUsage, "JPEG quality is {}; expected 1 to 100", quality);
  const Handle handle = wrap(image);
  void* bytes = nullptr;
  std::size_t size = 0;
  if (vips_jpegsave_buffer(handle.get(), &bytes, &size, "Q", quality, "strip", TRUE, nullptr) != 0) {
    fail(ErrorCode::kInternal, "cannot encode a JPEG: {}", take_vips_error());
  }
  return copy_of(Buffer(bytes), size);
}

std::vector<std::uint8_t> encode_png(const Image& image) {
  const Handle handle = wrap(image);
  void* bytes = nullptr;
  std::size_t size = 0;
  if (vips_pngsave_buffer(handle.get(), &bytes, &size, "strip", TRUE, nullptr) != 0) {
    fail(ErrorCode::kInternal, "cannot encode a PNG: {}", take_vips_error());
  }
  return copy_of(Buffer(bytes), size);
}

Image render_svg(std::string_view svg, int width, int height) {
  start_vips();
  const auto open = [&](double scale) {
    VipsImage* image = nullptr;
    // libvips never writes to the buffer.
    if (vips_svgload_buffer(const_cast<char*>(svg.data()), svg.size(), &image, "scale", scale, nullptr) != 0) {
      fail(ErrorCode::kInvalid, "cannot draw the SVG: {}", take_vips_error());
    }
    return Handle(image);
  };
  Handle drawing = open(1.0);
  if (vips_image_get_width(drawing.get()) != width) {
    drawing = open(static_cast<double>(width) / vips_image_get_width(drawing.get()));
  }
  if (vips_image_get_width(drawing.get()) != width || vips_image_get_height(drawing.get()) != height) {
    fail(ErrorCode::kInvalid, "the SVG draws {} x {} pixels; expected {} x {}: give it the same proportions",
         vips_image_get_width(drawing.get()), vips_image_get_height(drawing.get()), width, height);
  }
  const std::unique_ptr<VipsArrayDouble, void (*)(VipsArrayDouble*)> white(
      vips_array_double_newv(1, 255.0), [](VipsArrayDouble* array) { vips_area_unref(VIPS_AREA(array)); });
  VipsImage* flat = nullptr;
  if (vips_flatten(drawing.get(), &flat, "background", white.get(), nullptr) != 0) {
    fail(ErrorCode::kInvalid, "cannot draw the SVG: {}", take_vips_error());
  }
  const Handle flattened(flat);
  std::size_t size = 0;
  const Buffer pixels(vips_image_write_to_memory(flattened.get(), &size));
  if (!pixels) fail(ErrorCode::kInvalid, "cannot draw the SVG: {}", take_vips_error());
  return {.width = width, .height = height, .pixels = copy_of(pixels, size)};
}

}  // namespace hangtag::image
