// Private to image/: libvips started the way we want it, its handles, and its errors.
#pragma once

#include <vips/vips.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hangtag::image {

struct Unref {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
using Handle = std::unique_ptr<VipsImage, Unref>;

struct Free {
  void operator()(void* memory) const { g_free(memory); }
};
using Buffer = std::unique_ptr<void, Free>;

// Every function of image/ that uses libvips calls this first. Cheap after the first call; thread-safe.
void start_vips();

// The last thing that libvips complained about, in one line. The buffer that it reads is shared by all threads, so
// under load the text may be another photo's: good for a person, nothing to decide by.
std::string take_vips_error();

// An image on the caller's bytes, which must outlive it.
Handle wrap_memory(std::span<const std::uint8_t> pixels, int width, int height, int bands);

}  // namespace hangtag::image
