#include "sample/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "image/decode.h"
#include "image/encode.h"
#include "sample/drawing.h"

namespace hangtag::sample {
namespace {

namespace fs = std::filesystem;
using base::Json;

class Sample : public testing::Test {
 protected:
  Sample()
      : folder_(fs::path(testing::TempDir()) /
                (std::string("hangtag_sample_") + testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(folder_);
  }
  ~Sample() override { fs::remove_all(folder_); }

  SampleOptions small(const char* name, int products = 12) const {
    return {.out = folder_ / name, .products = products, .seed = 5, .width = 60, .height = 80};
  }

  fs::path folder_;
};

// Every file under the folder, by its path in it.
std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), folder).string()] = base::read_file(entry.path());
    }
  }
  return files;
}

std::vector<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

TEST_F(Sample, WritesTheKaggleLayout) {
  int told = 0;
  const SampleCounts counts = draw_catalog(small("catalog"), [&](int done) { EXPECT_EQ(done, ++told); });
  EXPECT_EQ(told, 12);
  EXPECT_EQ(counts.products, 12);
  const auto styles = lines(base::read_file(folder_ / "catalog/styles.csv"));
  ASSERT_EQ(styles.size(), 13u);
  EXPECT_EQ(styles[0],
            "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName");
  EXPECT_EQ(lines(base::read_file(folder_ / "catalog/images.csv")).size(), 13u);
  const Json truth = base::read_json(folder_ / "catalog/truth.json");
  ASSERT_EQ(truth["products"].size(), 12u);
  for (const Json& product : truth["products"]) {
    const auto id = product["id"].get<std::string>();
    const image::Image photo = image::load(folder_ / "catalog/images" / (id + ".jpg"));
    EXPECT_EQ(photo.width, 60);
    EXPECT_EQ(photo.height, 80);
    const Json data = base::read_json(folder_ / "catalog/styles" / (id + ".json"))["data"];
    EXPECT_EQ(data["baseColour"], product["baseColour"]);
    EXPECT_EQ(data["articleType"]["typeName"], product["articleType"]);
    EXPECT_TRUE(data["productDescriptors"]["description"].contains("value"));
  }
}

TEST_F(Sample, GivesTheSameBytesForTheSameSeed) {
  draw_catalog(small("first"));
  draw_catalog(small("second"));
  EXPECT_EQ(contents(folder_ / "first"), contents(folder_ / "second"));
  SampleOptions other = small("other");
  other.seed = 6;
  draw_catalog(other);
  EXPECT_NE(contents(folder_ / "first")["images/10001.jpg"], contents(folder_ / "other")["images/10001.jpg"]);
}

TEST_F(Sample, BeginsALongerCatalogueWithTheSameProducts) {
  draw_catalog(small("short", 5));
  draw_catalog(small("long", 9));
  auto longer = contents(folder_ / "long");
  for (const auto& [path, bytes] : contents(folder_ / "short")) {
    if (path.starts_with("images/") || path.starts_with("styles/")) {
      EXPECT_EQ(bytes, longer[path]) << path;
    }
  }
}

TEST_F(Sample, BreaksWhatItIsAskedToAndSaysSo) {
  SampleOptions options = small("broken", 60);
  options.missing_label_rate = options.duplicate_rate = options.malformed_row_rate = 0.2;
  const SampleCounts counts = draw_catalog(options);
  EXPECT_GT(counts.duplicates, 0);
  EXPECT_GT(counts.malformed_rows, 0);
  EXPECT_GT(counts.missing_labels, 0);
  const auto styles = lines(base::read_file(options.out / "styles.csv"));
  const auto images = lines(base::read_file(options.out / "images.csv"));
  int duplicates = 0, missing = 0;
  const Json truth = base::read_json(options.out / "truth.json");
  for (std::size_t i = 0; i < 60; ++i) {
    const Json& product = truth["products"][i];
    EXPECT_EQ(std::ranges::count(styles[i + 1], ','), product["malformed_row"] ? 10 : 9) << styles[i + 1];
    EXPECT_EQ(images[i + 1].ends_with(",undefined"), product["undefined_link"]) << images[i + 1];
    const Json data = base::read_json(options.out / "styles" / (product["id"].get<std::string>() + ".json"))["data"];
    for (const auto& [attribute, value] : product["attributes"].items()) {
      const auto label = data["articleAttributes"].value(attribute, "NA");
      const bool unlabelled = std::ranges::count(product["unlabelled"], Json(attribute)) > 0;
      EXPECT_EQ(label, unlabelled ? "NA" : value) << attribute;
      missing += unlabelled;
    }
    if (product["duplicate_of"].is_null()) continue;
    ++duplicates;
    const Json& source = truth["products"][std::stoi(product["duplicate_of"].get<std::string>()) - 10001];
    EXPECT_TRUE(source["duplicate_of"].is_null());
    EXPECT_EQ(product["attributes"], source["attributes"]);
    EXPECT_EQ(product["unlabelled"], source["unlabelled"]);
  }
  EXPECT_EQ(duplicates, counts.duplicates);
  EXPECT_EQ(missing, counts.missing_labels);
}

TEST_F(Sample, ReplacesOnlyADrawnCatalogue) {
  draw_catalog(small("drawn", 3));
  EXPECT_NO_THROW(draw_catalog(small("drawn", 2)));
  EXPECT_FALSE(fs::exists(folder_ / "drawn/images/10003.jpg"));
  fs::create_directories(folder_ / "empty");
  EXPECT_NO_THROW(draw_catalog(small("empty", 1)));

  for (const char* file : {"photos/holiday.jpg", "real/truth.json"}) {
    base::write_file_atomically(folder_ / file, "{}");
    const fs::path folder = (folder_ / file).parent_path();
    try {
      draw_catalog(small(folder.filename().c_str(), 1));
      ADD_FAILURE() << "replaced " << folder;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
      EXPECT_THAT(error.what(), testing::HasSubstr("not a drawn catalogue"));
    }
    EXPECT_EQ(contents(folder).size(), 1u);
  }
}

TEST_F(Sample, LeavesNothingWhenStopped) {
  struct Stop {};
  EXPECT_THROW(draw_catalog(small("stopped"), [](int) { throw Stop(); }), Stop);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(Sample, RefusesOptionsOutOfRange) {
  for (const SampleOptions& options :
       {SampleOptions{.out = folder_ / "x", .products = 0}, SampleOptions{.out = folder_ / "x", .width = 0},
        SampleOptions{.out = folder_ / "x", .height = 100'000},
        SampleOptions{.out = folder_ / "x", .duplicate_rate = 2}, SampleOptions{.out = {}, .products = 3}}) {
    EXPECT_THROW(draw_catalog(options), base::Error);
  }
  EXPECT_FALSE(fs::exists(folder_));
}

TEST(Garment, ShowsEveryValueOften) {
  base::Random random(1);
  std::map<std::pair<std::string_view, std::string_view>, int> seen;
  std::map<std::string_view, int> colours;
  for (int i = 0; i < 2000; ++i) {
    const Garment garment = pick_garment(random);
    for (const auto& attribute : attributes_of(garment)) ++seen[attribute];
    ++colours[garment.colour.name];
  }
  EXPECT_EQ(seen.size(), 2u + 5 + 4 + 4 + 4 + 3);  // Fit, Pattern, Sleeve Length, Collar, Neck, Colour Family
  for (const auto& [attribute, count] : seen) EXPECT_GT(count, 100) << attribute.second;
  EXPECT_EQ(colours.size(), 11u);
}

// The drawing keeps what it is told: the middle of a plain garment has its base colour, and the sleeves reach beside
// the chest, or down beside the hem.
TEST(Drawing, ShowsColourAndSleeves) {
  struct Case {
    Sleeve sleeve;
    bool beside_chest, beside_hem;
  };
  for (const Case& c :
       {Case{Sleeve::kSleeveless, false, false}, Case{Sleeve::kShort, true, false}, Case{Sleeve::kLong, true, true}}) {
    const Garment garment{.shirt = false,
                          .sleeve = c.sleeve,
                          .neckline = Neckline::kRound,
                          .pattern = Pattern::kSolid,
                          .fit = Fit::kRegular,
                          .colour = {"Red", "Warm", {198, 44, 50}}};
    for (int seed = 0; seed < 10; ++seed) {
      const std::string svg = draw(garment, {.width = 60, .height = 80, .busy = false}, base::Random(seed));
      const image::Image photo = image::render_svg(svg, 60, 80);
      const auto is_red = [&](int x, int y) {
        const std::uint8_t* pixel = photo.row(y) + 3 * x;
        return pixel[0] > 100 && pixel[1] < 110 && pixel[2] < 110;
      };
      const auto red_left_of = [&](int right, int top, int bottom) {
        for (int y = top; y < bottom; ++y) {
          for (int x = 0; x < right; ++x) {
            if (is_red(x, y)) return true;
          }
        }
        return false;
      };
      EXPECT_TRUE(is_red(30, 50)) << seed;
      EXPECT_EQ(red_left_of(13, 24, 46), c.beside_chest) << static_cast<int>(c.sleeve) << ", " << seed;
      EXPECT_EQ(red_left_of(9, 46, 56), c.beside_hem) << static_cast<int>(c.sleeve) << ", " << seed;
    }
  }
}

}  // namespace
}  // namespace hangtag::sample
