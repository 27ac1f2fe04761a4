#include "dataset/near_duplicates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "dataset/test_photo.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/resize.h"

namespace hangtag::dataset {
namespace {

using image::Image;

Image saved_again(const Image& photo, int quality) {
  const auto bytes = image::encode_jpeg(photo, quality);
  return image::decode(std::as_bytes(std::span(bytes)), "photo");
}

Image flat(std::uint8_t value) {
  return {.width = 4, .height = 4, .pixels = std::vector<std::uint8_t>(48, value)};
}

struct PairCase {
  const char* name;
  Image a;
  Image b;
  bool twins;
};

class NearDuplicatesTest : public testing::TestWithParam<PairCase> {};

TEST_P(NearDuplicatesTest, AreToldFromOthers) {
  const auto& [name, a, b, twins] = GetParam();
  EXPECT_EQ(near_duplicates(make_thumbnail(a), make_thumbnail(b)), twins);
  EXPECT_EQ(near_duplicates(make_thumbnail(b), make_thumbnail(a)), twins);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, NearDuplicatesTest,
    testing::Values(
        PairCase{"Same", draw_garment(kRed, 1), draw_garment(kRed, 1), true},
        PairCase{"SavedAgain", draw_garment(kRed, 1), saved_again(draw_garment(kRed, 1), 75), true},
        PairCase{"PaleSavedAgain", draw_garment(kWhite, 1, 12), saved_again(draw_garment(kWhite, 1, 12), 75), true},
        PairCase{"Enlarged", draw_garment(kRed, 1), image::resize_bicubic(draw_garment(kRed, 1), 120, 160), true},
        PairCase{"OtherColour", draw_garment(kRed, 1), draw_garment(kBlue, 1), false},
        PairCase{"OtherPrint", draw_garment(kRed, 1), draw_garment(kRed, 2), false},
        PairCase{"PalePrints", draw_garment(kWhite, 1, 20), draw_garment(kWhite, 2, 20), false},
        PairCase{"PlainAndPrinted", draw_garment(kWhite, 1, 0), draw_garment(kWhite, 1, 20), false},
        PairCase{"FlatSame", flat(7), flat(7), true}, PairCase{"FlatOther", flat(7), flat(200), false}),
    [](const auto& each) { return each.param.name; });

TEST(GroupNearDuplicates, FindsWhatComparingAllPairsFinds) {
  std::vector<Thumbnail> thumbnails;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Image photo = draw_garment(seed % 2 == 0 ? kRed : kWhite, seed, static_cast<int>(seed % 7) * 10);
    thumbnails.push_back(make_thumbnail(photo));
    if (seed % 3 == 0) thumbnails.push_back(make_thumbnail(saved_again(photo, 80)));
    if (seed % 9 == 0) thumbnails.push_back(make_thumbnail(photo));
  }
  // The slow way: the smallest index that spreads over every pair, until nothing changes.
  std::vector<std::size_t> expected(thumbnails.size());
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = i;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      for (std::size_t j = 0; j < expected.size(); ++j) {
        if (expected[i] < expected[j] && near_duplicates(thumbnails[i], thumbnails[j])) {
          expected[j] = expected[i];
          changed = true;
        }
      }
    }
  }
  EXPECT_EQ(group_near_duplicates(thumbnails), expected);
  EXPECT_EQ(expected[1], 0u) << "the drawings must hold twins for this to mean something";
  EXPECT_GT(expected.back(), 30u);
}

TEST(GroupNearDuplicates, OfNothingIsNothing) {
  EXPECT_TRUE(group_near_duplicates({}).empty());
}

TEST(ReadPhotos, NamesWhatCannotBeRead) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "read_photos_test";
  const auto jpeg = image::encode_jpeg(draw_garment(kRed, 1), 90);
  const std::string bytes(jpeg.begin(), jpeg.end());
  base::write_file_atomically(folder / "good.jpg", bytes);
  base::write_file_atomically(folder / "cut.jpg", bytes.substr(0, bytes.size() / 2));
  base::write_file_atomically(folder / "text.jpg", "no photo");
  base::write_file_atomically(folder / "empty.jpg", "");
  std::vector<std::filesystem::path> paths;
  for (const char* name : {"good.jpg", "cut.jpg", "text.jpg", "empty.jpg", "absent.jpg"})
    paths.push_back(folder / name);
  std::int64_t last = 0;
  const auto photos = read_photos(paths, [&](std::int64_t done) { last = std::max(last, done); });
  EXPECT_EQ(photos[0].error, "");
  EXPECT_EQ(photos[0].file_hash.size(), 32u);
  for (std::size_t i = 1; i < paths.size(); ++i) {
    EXPECT_THAT(photos[i].error, testing::HasSubstr(paths[i].filename().string()));
  }
  EXPECT_GE(last, 1);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hangtag::dataset
