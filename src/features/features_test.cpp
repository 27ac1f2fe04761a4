#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "features/cache.h"
#include "features/encode.h"
#include "image/decode.h"
#include "image/encode.h"
#include "model/adapter.h"
#include "model/testing.h"

namespace hangtag::features {
namespace {

namespace fs = std::filesystem;

class FeaturesTest : public testing::Test {
 protected:
  FeaturesTest() : folder_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    for (int i = 0; i < 7; ++i) {
      image::Image image{.width = 30, .height = 40, .pixels = {}};
      for (int p = 0; p < 30 * 40 * 3; ++p) image.pixels.push_back(static_cast<std::uint8_t>((p * (i + 3) / 7) % 256));
      const auto bytes = image::encode_jpeg(image, 90);
      photos_.push_back(folder_ / (std::to_string(i) + ".jpg"));
      base::write_file_atomically(photos_.back(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
  }
  ~FeaturesTest() override { fs::remove_all(folder_); }

  // By place in the list; undefined where the photo failed.
  std::vector<at::Tensor> all(const Options& options) {
    std::vector<at::Tensor> result(photos_.size());
    encode(checkpoint_, photos_, options, [&](Encoded pass) {
      EXPECT_LE(pass.photos.size() + pass.failed.size(), options.photos_per_pass);
      for (std::size_t i = 0; i < pass.photos.size(); ++i) result[pass.photos[i]] = pass.features[static_cast<std::int64_t>(i)];
      for (const auto& failed : pass.failed) failed_.push_back(failed.photo);
    });
    return result;
  }

  fs::path folder_;
  std::vector<fs::path> photos_;
  std::vector<std::size_t> failed_;
  model::Checkpoint checkpoint_ = model::testing::tiny_checkpoint();
};

TEST_F(FeaturesTest, EqualOneByOne) {
  for (const auto& options : {Options{.photos_per_pass = 3}, Options{.photos_per_pass = 16, .reading_threads = 3}}) {
    const auto together = all(options);
    for (std::size_t i = 0; i < photos_.size(); ++i) {
      const at::NoGradGuard no_grad;
      const auto alone = checkpoint_.model->image_features(checkpoint_.processor(image::load(photos_[i])).unsqueeze(0));
      EXPECT_TRUE(together[i].allclose(alone[0], 1e-5, 1e-5)) << i;
    }
  }
}

TEST_F(FeaturesTest, AreReadBackFromTheCache) {
  const Options options{.cache = folder_ / "cache", .photos_per_pass = 4};
  const auto first = all(options);
  const Cache cache(options.cache, checkpoint_);
  // A mark in the cache shows that the second time reads it.
  const auto file = *std::find_if(fs::recursive_directory_iterator(options.cache), {}, [](const auto& entry) { return entry.is_regular_file(); });
  const auto hash = file.path().stem().string();
  cache.put(hash, at::full_like(first[0], 7));
  int marked = 0;
  const auto second = all(options);
  for (std::size_t i = 0; i < photos_.size(); ++i) {
    if (second[i].eq(7).all().item<bool>()) {
      ++marked;
    } else {
      EXPECT_TRUE(second[i].equal(first[i])) << i;
    }
  }
  EXPECT_EQ(marked, 1);
}

TEST_F(FeaturesTest, ADamagedCacheIsComputedAgain) {
  const Options options{.cache = folder_ / "cache", .photos_per_pass = 4};
  const auto first = all(options);
  for (const auto& entry : fs::recursive_directory_iterator(options.cache)) {
    if (entry.is_regular_file()) std::ofstream(entry.path(), std::ios::trunc) << "cut";
  }
  const auto second = all(options);
  for (std::size_t i = 0; i < photos_.size(); ++i) EXPECT_TRUE(second[i].equal(first[i])) << i;
}

TEST_F(FeaturesTest, AnotherModelIsAnotherCache) {
  auto other = model::testing::tiny_checkpoint(2);
  EXPECT_NE(model_hash(other), model_hash(checkpoint_));
  const auto before = model_hash(checkpoint_);
  model::add_adapter(checkpoint_.model, {.target_modules = std::vector<std::string>{"q"}}, 1);
  EXPECT_EQ(model_hash(checkpoint_), before) << "an adapter of the language model leaves features as they are";
  model::add_adapter(checkpoint_.model, {.target_modules = std::vector<std::string>{"query"}}, 1);
  EXPECT_NE(model_hash(checkpoint_), before) << "one of the Q-Former does not";
}

TEST_F(FeaturesTest, PhotosThatFailAreNamedAndTheRestGoesOn) {
  photos_.insert(photos_.begin() + 2, folder_ / "absent.jpg");
  std::ofstream(folder_ / "text.jpg") << "not a photo";
  photos_.push_back(folder_ / "text.jpg");
  const auto result = all({.photos_per_pass = 3});
  EXPECT_EQ(failed_, (std::vector<std::size_t>{2, 8}));
  for (std::size_t i = 0; i < photos_.size(); ++i) EXPECT_EQ(result[i].defined(), i != 2 && i != 8);
}

}  // namespace
}  // namespace hangtag::features
