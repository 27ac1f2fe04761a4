#include "image/decode.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "image/vips_runtime.h"

namespace hangtag::image {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::array<std::string_view, 6> kPhotoLoaders = {"VipsForeignLoadJpegBuffer", "VipsForeignLoadPngBuffer",
                                                           "VipsForeignLoadWebpBuffer", "VipsForeignLoadNsgifBuffer",
                                                           "VipsForeignLoadTiffBuffer", "VipsForeignLoadHeifBuffer"};

// (ink * light) / 255, rounded.
constexpr int scale_255(int a, int b) {
  return (a * b + 127) / 255;
}

// How many of a pixel's samples are colour: the one after them, if any, is opacity.
struct Layout {
  bool cmyk;
  int colours;
  bool alpha;
};

Layout layout_of(VipsImage* image, std::string_view name) {
  const VipsInterpretation space = vips_image_get_interpretation(image);
  const VipsBandFormat format = vips_image_get_format(image);
  const int bands = vips_image_get_bands(image);
  const bool cmyk = space == VIPS_INTERPRETATION_CMYK;
  const bool grey = space == VIPS_INTERPRETATION_B_W || space == VIPS_INTERPRETATION_GREY16;
  const bool rgb =
      space == VIPS_INTERPRETATION_sRGB || space == VIPS_INTERPRETATION_RGB || space == VIPS_INTERPRETATION_RGB16;
  const int colours = cmyk ? 4 : grey ? 1 : 3;
  if (!(cmyk || grey || rgb) || (bands != colours && bands != colours + 1) ||
      (format != VIPS_FORMAT_UCHAR && format != VIPS_FORMAT_USHORT)) {
    fail(ErrorCode::kUnsupported,
         "{}: the photo has {} channels of type {} in colour space {}; expected 8 or 16-bit grey, RGB or CMYK", name,
         bands, vips_enum_nick(VIPS_TYPE_BAND_FORMAT, format), vips_enum_nick(VIPS_TYPE_INTERPRETATION, space));
  }
  return {.cmyk = cmyk, .colours = colours, .alpha = bands > colours};
}

template <typename Sample>
int to_8_bits(Sample sample) {
  return sample >> (8 * (sizeof(Sample) - 1));
}

template <typename Sample>
void to_rgb(const Sample* from, const Layout& layout, std::vector<std::uint8_t>& pixels) {
  const int step = layout.colours + (layout.alpha ? 1 : 0);
  for (std::size_t i = 0; i < pixels.size(); i += 3, from += step) {
    const int light = layout.cmyk ? 255 - to_8_bits(from[3]) : 255;  // what black ink leaves
    const int alpha = layout.alpha ? to_8_bits(from[layout.colours]) : 255;
    for (int channel = 0; channel < 3; ++channel) {
      int value = to_8_bits(from[layout.colours == 1 ? 0 : channel]);
      if (layout.cmyk) value = light - scale_255(value, light);
      if (layout.alpha) value = scale_255(value, alpha) + 255 - alpha;
      pixels[i + channel] = static_cast<std::uint8_t>(std::min(value, 255));
    }
  }
}

[[noreturn]] void fail_damaged(std::string_view name) {
  fail(ErrorCode::kInvalid, "{}: the photo is damaged or ends too early ({}); expected a whole file", name,
       take_vips_error());
}

// The image upright. `image` was opened for one pass from the top, and turning needs it whole.
Handle turn_upright(Handle image, std::string_view name) {
  if (vips_image_get_orientation(image.get()) == 1) return image;
  const Handle whole(vips_image_copy_memory(image.get()));
  if (!whole) fail_damaged(name);
  VipsImage* upright = nullptr;
  if (vips_autorot(whole.get(), &upright, nullptr) != 0) fail_damaged(name);
  return Handle(upright);
}

}  // namespace

Image decode(std::span<const std::byte> bytes, std::string_view name, const Limits& limits) {
  start_vips();
  if (bytes.empty()) fail(ErrorCode::kInvalid, "{}: the photo is empty (0 bytes)", name);
  if (bytes.size() > limits.max_bytes) {
    fail(ErrorCode::kLimit, "{}: the photo has {} bytes; the limit is {}", name, bytes.size(), limits.max_bytes);
  }
  const char* loader = vips_foreign_find_load_buffer(bytes.data(), bytes.size());
  if (loader == nullptr || std::ranges::find(kPhotoLoaders, loader) == kPhotoLoaders.end()) {
    vips_error_clear();
    fail(ErrorCode::kInvalid, "{}: not a photo; expected JPEG, PNG, WebP, GIF, TIFF, HEIC or AVIF", name);
  }
  // Reads the header alone: pixels are decoded as they are asked for, below.
  Handle image(vips_image_new_from_buffer(bytes.data(), bytes.size(), "", "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                          VIPS_FAIL_ON_ERROR, nullptr));
  if (!image) fail_damaged(name);
  const std::int64_t pixels = std::int64_t{vips_image_get_width(image.get())} * vips_image_get_height(image.get());
  if (pixels > limits.max_pixels) {
    fail(ErrorCode::kLimit, "{}: the photo has {} x {} pixels; the limit is {} in all", name,
         vips_image_get_width(image.get()), vips_image_get_height(image.get()), limits.max_pixels);
  }
  const Layout layout = layout_of(image.get(), name);
  image = turn_upright(std::move(image), name);

  std::size_t size = 0;
  const Buffer samples(vips_image_write_to_memory(image.get(), &size));
  if (!samples) fail_damaged(name);
  Image result{.width = vips_image_get_width(image.get()),
               .height = vips_image_get_height(image.get()),
               .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(pixels) * 3)};
  if (vips_image_get_format(image.get()) == VIPS_FORMAT_UCHAR) {
    to_rgb(static_cast<const std::uint8_t*>(samples.get()), layout, result.pixels);
  } else {
    to_rgb(static_cast<const std::uint16_t*>(samples.get()), layout, result.pixels);
  }
  return result;
}

Image load(const std::filesystem::path& path, const Limits& limits) {
  const std::string bytes = base::read_file(path, limits.max_bytes);
  return decode(std::as_bytes(std::span(bytes)), path.string(), limits);
}

}  // namespace hangtag::image
