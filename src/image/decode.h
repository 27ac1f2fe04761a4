// Photos from files: JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF.
//
// The pixels are those of Pillow's ImageOps.exif_transpose(photo).convert("RGB"): the orientation that the camera noted
// is applied, CMYK becomes RGB without a colour profile, of an animation the first frame is taken. Three differences:
//   - transparency is laid on white, since product photos with it are meant for a white page; Pillow drops it;
//   - 16-bit grey keeps its upper 8 bits, as 16-bit colour does; Pillow clips it to white above 255;
//   - AVIF and HEIC differ by the rounding and chroma filters of another decoder, by a few levels.
// A photo that ends too early is an error, never a picture with grey at its bottom.
// Thread-safe. libvips does the decoding; it is started on first use, and its other loaders stay shut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "image/image.h"

namespace hangtag::image {

// Checked before any pixel is decoded, so that a small file cannot unfold into all memory. The memory in use while
// decoding is up to 16 bytes a pixel.
struct Limits {
  std::uint64_t max_bytes = std::uint64_t{64} << 20;
  std::int64_t max_pixels = 100'000'000;
};

// `name` stands for the photo in messages. Throws kInvalid for what is no photo, is empty or is damaged, kUnsupported
// for colour spaces and sample formats other than 8 or 16-bit grey, RGB and CMYK, kLimit.
Image decode(std::span<const std::byte> bytes, std::string_view name, const Limits& limits = {});

// The same for a file. Throws kNotFound and kIo besides.
Image load(const std::filesystem::path& path, const Limits& limits = {});

}  // namespace hangtag::image
