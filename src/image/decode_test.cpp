#include "image/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "image/encode.h"
#include "image/vips_runtime.h"

namespace hangtag::image {
namespace {

using base::ErrorCode;
using ::testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

Image decode(const Bytes& bytes, const Limits& limits = {}) {
  return image::decode(std::as_bytes(std::span(bytes)), "photo", limits);
}

Image decode_text(std::string_view text) {
  return image::decode(std::as_bytes(std::span(text)), "photo");
}

// The code of the error that `call` throws, and its message by `message`.
std::optional<ErrorCode> error_of(const std::function<void()>& call, std::string* message = nullptr) {
  try {
    call();
  } catch (const base::Error& error) {
    if (message != nullptr) *message = error.what();
    return error.code();
  }
  return std::nullopt;
}

// Samples encoded by libvips in the format of `suffix`, options included: ".jpg[Q=90]".
struct Source {
  int width;
  int height;
  int bands;
  VipsInterpretation space = VIPS_INTERPRETATION_sRGB;
  int orientation = 0;
  int page_height = 0;
};

Bytes encode(const Bytes& samples, const Source& source, const char* suffix) {
  start_vips();
  Handle image = wrap_memory(samples, source.width, source.height, source.bands);
  image->Type = source.space;
  if (source.space == VIPS_INTERPRETATION_RGB16 || source.space == VIPS_INTERPRETATION_GREY16) {
    VipsImage* wide = nullptr;
    if (vips_cast(image.get(), &wide, VIPS_FORMAT_USHORT, "shift", TRUE, nullptr) != 0) throw std::bad_alloc();
    image.reset(wide);
  }
  if (source.orientation > 0) vips_image_set_int(image.get(), VIPS_META_ORIENTATION, source.orientation);
  if (source.page_height > 0) vips_image_set_int(image.get(), VIPS_META_PAGE_HEIGHT, source.page_height);
  void* bytes = nullptr;
  std::size_t size = 0;
  if (vips_image_write_to_buffer(image.get(), suffix, &bytes, &size, nullptr) != 0) {
    throw std::runtime_error(take_vips_error());
  }
  const Buffer owner(bytes);
  return {static_cast<std::uint8_t*>(bytes), static_cast<std::uint8_t*>(bytes) + size};
}

Bytes filled(int pixels, const Bytes& pixel) {
  Bytes samples;
  for (int i = 0; i < pixels; ++i) samples.insert(samples.end(), pixel.begin(), pixel.end());
  return samples;
}

// Noise, so that encoders cannot fold it and a cut falls inside the pixels.
Bytes noise(int count) {
  base::Random random(7);
  Bytes samples(count);
  for (auto& sample : samples) sample = static_cast<std::uint8_t>(random.next());
  return samples;
}

struct FormatCase {
  const char* name;
  const char* suffix;
  int tolerance;
};

constexpr FormatCase kFormats[] = {{"jpeg", ".jpg[Q=95]", 3},
                                   {"progressive_jpeg", ".jpg[Q=95,interlace=true]", 3},
                                   {"png", ".png", 0},
                                   {"interlaced_png", ".png[interlace=true]", 0},
                                   {"palette_png", ".png[palette=true]", 0},
                                   {"webp", ".webp[lossless=true]", 0},
                                   {"gif", ".gif", 0},
                                   {"tiff", ".tif", 0},
                                   {"deflated_tiff", ".tif[compression=deflate]", 0}};

class Format : public testing::TestWithParam<FormatCase> {};
INSTANTIATE_TEST_SUITE_P(, Format, testing::ValuesIn(kFormats), [](const auto& tested) { return tested.param.name; });

TEST_P(Format, GivesBackColourAndSize) {
  const Image image = decode(encode(filled(17 * 9, {200, 100, 50}), {17, 9, 3}, GetParam().suffix));
  EXPECT_EQ(image.width, 17);
  EXPECT_EQ(image.height, 9);
  ASSERT_EQ(image.pixels.size(), 17u * 9 * 3);
  EXPECT_NEAR(image.row(8)[16 * 3 + 0], 200, GetParam().tolerance);
  EXPECT_NEAR(image.row(8)[16 * 3 + 1], 100, GetParam().tolerance);
  EXPECT_NEAR(image.row(8)[16 * 3 + 2], 50, GetParam().tolerance);
}

TEST_P(Format, RefusesWhatEndsTooEarly) {
  const Bytes whole = encode(noise(64 * 64 * 3), {64, 64, 3}, GetParam().suffix);
  EXPECT_NO_THROW(decode(whole));
  for (const double kept : {0.1, 0.5, 0.9}) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(kept * whole.size()));
    std::string message;
    EXPECT_EQ(error_of([&] { decode(cut); }, &message), ErrorCode::kInvalid) << kept;
    EXPECT_THAT(message, HasSubstr("photo: ")) << kept;
  }
}

TEST_P(Format, RefusesTooManyPixels) {
  const Bytes bytes = encode(noise(64 * 64 * 3), {64, 64, 3}, GetParam().suffix);
  EXPECT_NO_THROW(decode(bytes, {.max_pixels = 64 * 64}));
  std::string message;
  EXPECT_EQ(error_of([&] { decode(bytes, {.max_pixels = 64 * 64 - 1}); }, &message), ErrorCode::kLimit);
  EXPECT_THAT(message, HasSubstr("64 x 64"));
}

TEST_P(Format, SurvivesDamage) {
  const Bytes whole = encode(noise(24 * 24 * 3), {24, 24, 3}, GetParam().suffix);
  base::Random random(11);
  for (int i = 0; i < 100; ++i) {
    Bytes damaged = whole;
    for (int hit = 0; hit < 4; ++hit) damaged[random.below(damaged.size())] = static_cast<std::uint8_t>(random.next());
    try {
      const Image image = decode(damaged, {.max_pixels = 10'000});
      EXPECT_EQ(image.pixels.size(), std::size_t{3} * image.width * image.height);
    } catch (const base::Error&) {  // the only exception that may come out
    }
  }
}

TEST(Decode, AppliesTheOrientation) {
  const Bytes samples = filled(1, {10, 20, 30, 40, 50, 60});  // three columns, two rows, grey
  const std::array<std::vector<int>, 8> expected = {{{10, 20, 30, 40, 50, 60},
                                                     {30, 20, 10, 60, 50, 40},
                                                     {60, 50, 40, 30, 20, 10},
                                                     {40, 50, 60, 10, 20, 30},
                                                     {10, 40, 20, 50, 30, 60},
                                                     {40, 10, 50, 20, 60, 30},
                                                     {60, 30, 50, 20, 40, 10},
                                                     {30, 60, 20, 50, 10, 40}}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image image = decode(encode(
        samples, {.width = 3, .height = 2, .bands = 1, .space = VIPS_INTERPRETATION_B_W, .orientation = orientation},
        ".tif"));
    EXPECT_EQ(image.width, orientation > 4 ? 2 : 3) << orientation;
    EXPECT_EQ(image.height, orientation > 4 ? 3 : 2) << orientation;
    std::vector<int> red;
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) red.push_back(image.pixels[i]);
    EXPECT_EQ(red, expected[orientation - 1]) << orientation;
  }
}

TEST(Decode, TurnsEveryColourSpaceIntoRgb) {
  struct Case {
    const char* name;
    Bytes pixel;
    VipsInterpretation space;
    const char* suffix;
    std::array<int, 3> expected;
    int tolerance;
  };
  const Case cases[] = {
      {"grey", {90}, VIPS_INTERPRETATION_B_W, ".png", {90, 90, 90}, 0},
      {"grey and alpha", {90, 0}, VIPS_INTERPRETATION_B_W, ".png", {255, 255, 255}, 0},
      {"half transparent", {200, 100, 0, 51}, VIPS_INTERPRETATION_sRGB, ".png", {244, 224, 204}, 0},
      {"opaque", {200, 100, 0, 255}, VIPS_INTERPRETATION_sRGB, ".png", {200, 100, 0}, 0},
      {"transparent gif", {200, 100, 0, 0}, VIPS_INTERPRETATION_sRGB, ".gif", {255, 255, 255}, 0},
      {"transparent webp", {200, 100, 0, 0}, VIPS_INTERPRETATION_sRGB, ".webp[lossless=true]", {255, 255, 255}, 0},
      {"16-bit colour", {200, 100, 50}, VIPS_INTERPRETATION_RGB16, ".png", {200, 100, 50}, 0},
      {"16-bit half transparent", {200, 100, 0, 51}, VIPS_INTERPRETATION_RGB16, ".tif", {244, 224, 204}, 0},
      {"16-bit grey", {90}, VIPS_INTERPRETATION_GREY16, ".png", {90, 90, 90}, 0},
      {"one-bit grey", {255}, VIPS_INTERPRETATION_B_W, ".png[bitdepth=1]", {255, 255, 255}, 0},
      {"cyan ink", {255, 0, 0, 0}, VIPS_INTERPRETATION_CMYK, ".tif", {0, 255, 255}, 0},
      {"black ink", {0, 0, 0, 255}, VIPS_INTERPRETATION_CMYK, ".tif", {0, 0, 0}, 0},
      {"inks mixed", {51, 102, 0, 51}, VIPS_INTERPRETATION_CMYK, ".tif", {163, 122, 204}, 0},
      {"CMYK JPEG", {51, 102, 0, 51}, VIPS_INTERPRETATION_CMYK, ".jpg[Q=100]", {163, 122, 204}, 2},
  };
  for (const Case& c : cases) {
    const Image image = decode(
        encode(filled(64, c.pixel),
               {.width = 8, .height = 8, .bands = static_cast<int>(c.pixel.size()), .space = c.space}, c.suffix));
    for (int channel = 0; channel < 3; ++channel) {
      EXPECT_NEAR(image.row(4)[12 + channel], c.expected[channel], c.tolerance) << c.name << ", channel " << channel;
    }
  }
}

TEST(Decode, TakesTheFirstFrame) {
  Bytes frames = filled(16, {255, 0, 0});
  const Bytes second = filled(16, {0, 0, 255});
  frames.insert(frames.end(), second.begin(), second.end());
  for (const char* suffix : {".gif", ".webp[lossless=true]"}) {
    const Image image = decode(encode(frames, {.width = 4, .height = 8, .bands = 3, .page_height = 4}, suffix));
    EXPECT_EQ(image.height, 4) << suffix;
    EXPECT_EQ(image.pixels, filled(16, {255, 0, 0})) << suffix;
  }
}

TEST(Decode, RefusesWhatIsNoPhoto) {
  struct Case {
    const char* name;
    std::string_view bytes;
  };
  using std::string_view_literals::operator""sv;
  const Case cases[] = {
      {"empty", ""},
      {"text", "id,filename\n1,photo.jpg\n"},
      {"a web page instead of the photo", "<!DOCTYPE html><html><body>403 Forbidden</body></html>"},
      {"drawing", "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'><rect width='8' height='8'/></svg>"},
      {"PDF", "%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"},
      {"PPM", "P6 1 1 255 \1\2\3"},
      {"JPEG's first bytes", "\xFF\xD8\xFF"},
      {"PNG's first bytes", "\x89PNG\r\n\x1A\n"},
      {"GIF's first bytes", "GIF89a"},
      {"WebP's first bytes", "RIFF\x04\x00\x00\x00WEBP"sv},
      {"AVIF's first bytes",
       "\x00\x00\x00\x18"
       "ftypavif\x00\x00\x00\x00"
       "avifmif1"sv},
      {"zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv},
  };
  for (const Case& c : cases) {
    std::string message;
    EXPECT_EQ(error_of([&] { decode_text(c.bytes); }, &message), ErrorCode::kInvalid) << c.name;
    EXPECT_THAT(message, HasSubstr("photo: ")) << c.name;
  }
}

TEST(Decode, BelievesTheHeaderBeforeItDecodes) {
  // A JPEG of 8 x 8 pixels that says 65,500 x 65,500 in its frame header: 12.9 GB of pixels.
  Bytes bytes = encode(noise(8 * 8 * 3), {8, 8, 3}, ".jpg");
  const std::array<std::uint8_t, 2> frame_header = {0xFF, 0xC0};
  const auto marker = std::ranges::search(bytes, frame_header).begin();
  ASSERT_NE(marker, bytes.end());
  for (const int place : {5, 7}) {
    marker[place] = 65500 >> 8;
    marker[place + 1] = 65500 & 255;
  }
  std::string message;
  EXPECT_EQ(error_of([&] { decode(bytes); }, &message), ErrorCode::kLimit);
  EXPECT_THAT(message, HasSubstr("65500 x 65500"));
}

TEST(Decode, RefusesTooManyBytes) {
  const Bytes bytes = encode(noise(8 * 8 * 3), {8, 8, 3}, ".png");
  EXPECT_EQ(error_of([&] { decode(bytes, {.max_bytes = bytes.size() - 1}); }), ErrorCode::kLimit);
  EXPECT_NO_THROW(decode(bytes, {.max_bytes = bytes.size()}));
}

TEST(Decode, RunsOnManyThreads) {
  const Bytes good = encode(noise(64 * 64 * 3), {64, 64, 3}, ".png");
  const Bytes bad(good.begin(), good.begin() + 100);
  const Image expected = decode(good);
  std::array<int, 4> right{};
  {
    std::vector<std::jthread> threads;
    for (int& count : right) {
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
          if (decode(good) == expected && error_of([&] { decode(bad); }) == ErrorCode::kInvalid) ++count;
        }
      });
    }
  }
  EXPECT_THAT(right, testing::Each(20));
}

TEST(Load, NamesThePhoto) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "hangtag_load";
  const Image image{.width = 2, .height = 1, .pixels = {1, 2, 3, 4, 5, 6}};
  const Bytes png = encode_png(image);
  base::write_file_atomically(folder / "good.png", {reinterpret_cast<const char*>(png.data()), png.size()});
  base::write_file_atomically(folder / "empty.png", "");
  EXPECT_EQ(load(folder / "good.png"), image);
  std::string message;
  EXPECT_EQ(error_of([&] { load(folder / "empty.png"); }, &message), ErrorCode::kInvalid);
  EXPECT_THAT(message, HasSubstr("empty.png: the photo is empty"));
  EXPECT_EQ(error_of([&] { load(folder / "missing.png"); }, &message), ErrorCode::kNotFound);
  EXPECT_THAT(message, HasSubstr("missing.png"));
  EXPECT_EQ(error_of([&] { load(folder / "good.png", {.max_bytes = 5}); }), ErrorCode::kLimit);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hangtag::image
