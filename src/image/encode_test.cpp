#include "image/encode.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/error.h"
#include "image/decode.h"

namespace hangtag::image {
namespace {

// A slope in every channel, which JPEG keeps well.
Image slope(int width, int height) {
  Image image{.width = width, .height = height, .pixels = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.pixels.push_back(static_cast<std::uint8_t>(x * 255 / width));
      image.pixels.push_back(static_cast<std::uint8_t>(y * 255 / height));
      image.pixels.push_back(static_cast<std::uint8_t>((x + y) * 255 / (width + height)));
    }
  }
  return image;
}

TEST(Encode, PngGivesBackTheSamePixels) {
  const Image image = slope(37, 21);
  const auto bytes = encode_png(image);
  EXPECT_EQ(decode(std::as_bytes(std::span(bytes)), "png"), image);
}

TEST(Encode, JpegGivesBackNearlyTheSamePixels) {
  const Image image = slope(64, 48);
  const auto bytes = encode_jpeg(image, 95);
  const Image back = decode(std::as_bytes(std::span(bytes)), "jpeg");
  ASSERT_EQ(back.pixels.size(), image.pixels.size());
  int worst = 0;
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    worst = std::max(worst, std::abs(image.pixels[i] - back.pixels[i]));
  }
  EXPECT_LE(worst, 8);
  EXPECT_LT(encode_jpeg(image, 30).size(), bytes.size());
}

TEST(Encode, RefusesAQualityOutsideTheRange) {
  for (const int quality : {-1, 0, 101}) EXPECT_THROW(encode_jpeg(slope(8, 8), quality), base::Error) << quality;
}

constexpr const char* kDrawing =
    "<svg xmlns='http://www.w3.org/2000/svg' width='30' height='40'>"
    "<rect x='15' width='15' height='40' fill='#ff8000'/></svg>";

TEST(RenderSvg, DrawsOnWhiteAtAnyScale) {
  for (const int scale : {1, 2, 6}) {
    const Image image = render_svg(kDrawing, 30 * scale, 40 * scale);
    ASSERT_EQ(image.pixels.size(), std::size_t{3} * 30 * 40 * scale * scale);
    const std::uint8_t* row = image.row(20 * scale);
    EXPECT_EQ(std::vector(row, row + 3), (std::vector<std::uint8_t>{255, 255, 255})) << scale;
    row += 3 * (30 * scale - 1);
    EXPECT_EQ(std::vector(row, row + 3), (std::vector<std::uint8_t>{255, 128, 0})) << scale;
  }
}

TEST(RenderSvg, RefusesWhatItCannotDraw) {
  EXPECT_THROW(render_svg(kDrawing, 30, 30), base::Error) << "other proportions";
  EXPECT_THROW(render_svg("<svg", 30, 40), base::Error) << "cut off";
  EXPECT_THROW(render_svg("", 30, 40), base::Error) << "empty";
}

}  // namespace
}  // namespace hangtag::image
