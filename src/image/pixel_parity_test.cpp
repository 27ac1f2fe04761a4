// The other half of tests/parity/test_pixels.py: compares decode() and resize_bicubic() with what Pillow made of the
// same photos. HANGTAG_PIXEL_CASES names a folder with cases.json:
//   [{"name", "photo", "decoded": {"file", "width", "height", "tolerance"},
//     "resized": [{"file", "width", "height", "tolerance"}]}]
// where each file holds raw RGB, 8 bits a sample, rows from the top. Resizing starts from Pillow's own decoded pixels,
// so that it is held to its own tolerance.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/json.h"
#include "image/decode.h"
#include "image/resize.h"

namespace hangtag::image {
namespace {

Image read_expected(const std::filesystem::path& folder, const base::Json& json) {
  const std::string raw = base::read_file(folder / base::get<std::string>(json, "file", "cases.json"));
  return {.width = base::get<int>(json, "width", "cases.json"),
          .height = base::get<int>(json, "height", "cases.json"),
          .pixels = {raw.begin(), raw.end()}};
}

// The largest difference of any sample, or 256 where the sizes differ.
int difference(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height || a.pixels.size() != b.pixels.size()) return 256;
  int worst = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) worst = std::max(worst, std::abs(a.pixels[i] - b.pixels[i]));
  return worst;
}

TEST(PixelParity, EqualsPillow) {
  const char* cases = std::getenv("HANGTAG_PIXEL_CASES");
  if (cases == nullptr) GTEST_SKIP() << "HANGTAG_PIXEL_CASES is not set: tests/parity/test_pixels.py sets it";
  const std::filesystem::path folder = cases;
  const base::Json json = base::read_json(folder / "cases.json");
  ASSERT_FALSE(json.empty());
  int worst_decoded = 0;
  int worst_resized = 0;
  for (const base::Json& item : json) {
    const auto name = base::get<std::string>(item, "name", "cases.json");
    const base::Json& decoded = item.at("decoded");
    const Image expected = read_expected(folder, decoded);
    const int off = difference(load(folder / base::get<std::string>(item, "photo", name)), expected);
    EXPECT_LE(off, base::get<int>(decoded, "tolerance", name)) << name << ", decoded";
    worst_decoded = std::max(worst_decoded, off);
    for (const base::Json& target : item.at("resized")) {
      const Image resized = read_expected(folder, target);
      const int resized_off = difference(resize_bicubic(expected, resized.width, resized.height), resized);
      EXPECT_LE(resized_off, base::get<int>(target, "tolerance", name))
          << name << ", resized to " << resized.width << " x " << resized.height;
      worst_resized = std::max(worst_resized, resized_off);
    }
  }
  RecordProperty("cases", static_cast<int>(json.size()));
  RecordProperty("worst_decoded", worst_decoded);
  RecordProperty("worst_resized", worst_resized);
}

}  // namespace
}  // namespace hangtag::image
