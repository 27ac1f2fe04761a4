#include "image/vips_runtime.h"

#include "base/error.h"

namespace hangtag::image {
namespace {

void start_once() {
  if (vips_init("hangtag") != 0)
    base::fail(base::ErrorCode::kInternal, "libvips does not start: {}", take_vips_error());
  // Every photo is seen once, and callers run photos side by side: a cache and threads inside would only cost memory.
  vips_cache_set_max(0);
  vips_concurrency_set(1);
  // Only what product photos come in. SVG stays open for render_svg(), which draws our own text; decode() refuses it.
  vips_block_untrusted_set(TRUE);
  vips_operation_block_set("VipsForeignLoad", TRUE);
  for (const char* loader : {"VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp", "VipsForeignLoadNsgif",
                             "VipsForeignLoadTiff", "VipsForeignLoadHeif", "VipsForeignLoadSvg"}) {
    vips_operation_block_set(loader, FALSE);
  }
  // Warnings about damaged photos would go to stderr.
  g_log_set_handler(
      "VIPS", static_cast<GLogLevelFlags>(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG),
      [](const gchar*, GLogLevelFlags, const gchar*, gpointer) {}, nullptr);
}

// libvips keeps a little for each thread that called it.
struct ThreadEnd {
  ~ThreadEnd() { vips_thread_shutdown(); }
};

}  // namespace

void start_vips() {
  static const bool started = (start_once(), true);
  static_cast<void>(started);
  thread_local const ThreadEnd at_thread_end;
}

std::string take_vips_error() {
  const std::unique_ptr<char, Free> text(vips_error_buffer_copy());
  std::string_view first = text.get();
  first = first.substr(0, first.find('\n'));
  return first.empty() ? "no reason given" : std::string(first);
}

Handle wrap_memory(std::span<const std::uint8_t> pixels, int width, int height, int bands) {
  Handle image(vips_image_new_from_memory(pixels.data(), pixels.size(), width, height, bands, VIPS_FORMAT_UCHAR));
  if (!image) base::fail(base::ErrorCode::kInternal, "cannot wrap pixels: {}", take_vips_error());
  image->Type = VIPS_INTERPRETATION_sRGB;
  return image;
}

}  // namespace hangtag::image
