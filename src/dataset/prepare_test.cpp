#include "dataset/prepare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "base/file.h"
#include "dataset/test_photo.h"
#include "image/encode.h"

namespace hangtag::dataset {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Pair;

class PrepareTest : public testing::Test {
 protected:
  PrepareTest()
      : folder_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    for (int i = 0; i < kProducts; ++i) add(i, draw_garment(kRed, static_cast<std::uint64_t>(i)), 90);
  }
  ~PrepareTest() override { fs::remove_all(folder_); }

  fs::path catalog() const { return folder_ / "catalog"; }
  fs::path out() const { return folder_ / "out"; }
  PrepareOptions options() const {
    return {
        .catalog = catalog(), .out = out(), .attributes = {"Fabric", "baseColour", "Neck"}, .split = {{60, 20, 20}}};
  }

  void add(int id, const image::Image& photo, int quality) {
    rows_ += fmt::format("{},Tshirts,Red,A tee\n", id);
    write("styles.csv", rows_);
    write(fmt::format("styles/{}.json", id),
          fmt::format(R"({{"data": {{"articleAttributes": {{"Fabric": "{}"}}}}}})", id % 4 == 0 ? "Linen" : "Cotton"));
    const auto jpeg = image::encode_jpeg(photo, quality);
    write(fmt::format("images/{}.jpg", id), std::string(jpeg.begin(), jpeg.end()));
  }
  void write(const std::string& file, const std::string& text) const {
    base::write_file_atomically(catalog() / file, text);
  }
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::directory_iterator(out()))
      all[entry.path().filename()] = base::read_file(entry.path());
    return all;
  }

  static constexpr int kProducts = 20;
  fs::path folder_;
  std::string rows_ = "id,articleType,baseColour,productDisplayName\n";
};

TEST_F(PrepareTest, WritesADataSetThatLoads) {
  std::int64_t last_total = 0;
  const auto report = prepare(options(), [&](std::int64_t, std::int64_t total) { last_total = total; });
  EXPECT_EQ(last_total, kProducts);
  EXPECT_EQ(report.products, (PerSplit<std::int64_t>{{12, 4, 4}}));
  EXPECT_EQ(report.examples, (PerSplit<std::int64_t>{{24, 8, 8}}));
  EXPECT_EQ(report.values.at("Fabric").at("Linen"), (PerSplit<std::int64_t>{{3, 1, 1}}));
  EXPECT_TRUE(report.values.at("Neck").empty());

  const Dataset dataset = load_dataset({.folder = out(), .images = {}});
  EXPECT_EQ(dataset.products.size(), static_cast<std::size_t>(kProducts));
  EXPECT_EQ(dataset.products.at("3").type, "Tshirts");
  EXPECT_TRUE(fs::exists(dataset.products.at("3").photo));
  EXPECT_EQ(dataset.examples[Split::kTest].size(), 8u);
  EXPECT_EQ(dataset.examples[Split::kTrain].at(1).answer, "baseColour: Red");
  EXPECT_THAT(dataset.taxonomy.values("Fabric", "Tshirts"),
              testing::ElementsAre(catalog::Taxonomy::Value{"Cotton", 15}, catalog::Taxonomy::Value{"Linen", 5}));
}

TEST_F(PrepareTest, KeepsTwinsInOneSplit) {
  for (int i = 0; i < kProducts; ++i) add(100 + i, draw_garment(kRed, static_cast<std::uint64_t>(i)), i < 10 ? 90 : 75);
  const auto report = prepare(options());
  EXPECT_EQ(report.twin_groups, kProducts);
  EXPECT_EQ(report.twin_products, 2 * kProducts);
  EXPECT_EQ(report.same_file, kProducts);
  EXPECT_EQ(report.largest_group, 2);
  EXPECT_GT(report.leak.test_products, 0);
  EXPECT_EQ(report.leak.with_twin_in_training, 0);
  EXPECT_GT(report.leak_of_random_split.with_twin_in_training, 0);
  EXPECT_GT(report.leak_of_original_split.with_twin_in_training, 0);

  const Dataset dataset = load_dataset({.folder = out(), .images = {}});
  std::map<int, Split> of_photo;
  for (const Split split : kSplits) {
    for (const Example& example : dataset.examples[split]) {
      EXPECT_EQ(of_photo.emplace(std::stoi(example.id) % 100, split).first->second, split) << example.id;
    }
  }
}

TEST_F(PrepareTest, NamesWhatItDrops) {
  rows_ +=
      "../7,Tshirts,Red,Hostile\n3,Tshirts,Red,Again\n50,Tshirts,Red,Ties, two\n51,Tshirts,Red,No "
      "photo\n60,Socks,Red,x\n";
  add(52, draw_garment(kBlue, 1), 90);
  write("images/52.jpg", "no photo at all");
  const auto report = prepare(options());
  EXPECT_THAT(report.dropped_by_reason,
              testing::ElementsAre(Pair("bad id", 1), Pair("duplicate id", 1), Pair("malformed row", 1),
                                   Pair("no photo", 1), Pair("unreadable photo", 1)));
  EXPECT_EQ(report.other_types, 1);
  const std::string dropped = base::read_file(out() / "dropped.csv");
  EXPECT_THAT(dropped, HasSubstr("styles.csv,22,../7,bad id"));
  EXPECT_THAT(dropped, HasSubstr("images/52.jpg,,52,unreadable photo"));
}

TEST_F(PrepareTest, GivesTheSameFilesForTheSameSeed) {
  prepare(options());
  const auto first = files();
  EXPECT_EQ(first.size(), 8u);
  prepare(options());
  EXPECT_EQ(files(), first);
  auto other = options();
  other.seed = 1;
  prepare(other);
  EXPECT_NE(files().at("test.csv"), first.at("test.csv"));
}

TEST_F(PrepareTest, TakesRareValuesOff) {
  auto rare = options();
  rare.min_count = 6;
  auto report = prepare(rare);
  EXPECT_EQ(report.rare_labels, 5) << "linen";
  EXPECT_FALSE(report.values.at("Fabric").contains("Linen"));
  rare.attributes = {"Fabric"};
  report = prepare(rare);
  EXPECT_THAT(report.dropped_by_reason, testing::ElementsAre(Pair("no label", 5)));
}

TEST_F(PrepareTest, SplitsInsideProductsWhenAskedTo) {
  auto leaky = options();
  leaky.split_like_original = true;
  const auto report = prepare(leaky);
  EXPECT_GT(report.leak.with_twin_in_training, 0);
  EXPECT_EQ(report.leak.with_twin_in_training, report.leak_of_original_split.with_twin_in_training);
}

TEST_F(PrepareTest, RefusesWhatMakesNoSense) {
  auto bad = options();
  bad.attributes = {"Fabric: cotton"};
  EXPECT_THROW(prepare(bad), base::Error);
  bad.attributes = {};
  EXPECT_THROW(prepare(bad), base::Error);
  bad = options();
  bad.types = {"Dresses"};
  EXPECT_THROW(prepare(bad), base::Error);
  EXPECT_FALSE(fs::exists(out()));
  bad = options();
  bad.out = catalog();
  EXPECT_THROW(prepare(bad), base::Error);
  EXPECT_TRUE(fs::exists(catalog() / "styles.csv")) << "the catalogue must survive its own name as `out`";
}

TEST(PrepareRealData, ClosesTheLeak) {
  const char* folder = std::getenv("HANGTAG_FASHION");
  if (folder == nullptr) GTEST_SKIP() << "set HANGTAG_FASHION to the folder of the Kaggle data set";
  const fs::path out = fs::path(testing::TempDir()) / "prepare_real_data";
  const auto report = prepare({.catalog = folder, .out = out});
  fs::remove_all(out);
  EXPECT_GT(report.products[Split::kTrain], 7000);
  EXPECT_GT(report.twin_products, 700);
  EXPECT_LE(report.largest_group, 4) << "a large group means that photos which are merely alike were taken for twins";
  EXPECT_GT(report.leak_of_random_split.with_twin_in_training, 40);
  EXPECT_EQ(report.leak.with_twin_in_training, 0);
}

}  // namespace
}  // namespace hangtag::dataset
