#include "dataset/examples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"

namespace hangtag::dataset {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ExamplesTest : public testing::Test {
 protected:
  ExamplesTest()
      : folder_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~ExamplesTest() override { fs::remove_all(folder_); }

  void write(const char* file, const std::string& text) const { base::write_file_atomically(folder_ / file, text); }

  // The message of the error that loading ends in.
  std::string error(const fs::path& images = {}) const {
    try {
      load_dataset({.folder = folder_, .images = images});
    } catch (const base::Error& error) {
      return error.what();
    }
    return "no error";
  }

  void write_prepared() const {
    write("train.csv", "id,Question,Answer\n1,Which fit?,Fit: Slim\n");
    write("products.csv", "id,type,photo,group\n1,Shirts,1.jpg,1\n2,Tshirts,more/2.png,1\n");
    write("dataset.json", R"({"format": "hangtag-dataset", "version": 1, "images": "/photos"})");
    write("taxonomy.json", R"({"format": "hangtag-taxonomy", "version": 1, "types": {"Shirts": {}}})");
  }

  fs::path folder_;
};

TEST_F(ExamplesTest, AreTheSameAfterWritingAndReading) {
  const std::vector<Example> examples = {make_example("1", "Fabric", "Cotton, organic"),
                                         make_example("b-2_C", "Fit", "\"Slim\"\r\nfit")};
  write_examples(folder_ / "a.csv", examples);
  EXPECT_EQ(read_examples(folder_ / "a.csv"), examples);
  write_examples(folder_ / "none.csv", {});
  EXPECT_EQ(base::read_file(folder_ / "none.csv"), "id,Question,Answer\n");
  EXPECT_TRUE(read_examples(folder_ / "none.csv").empty());
}

struct BadCase {
  const char* name;
  const char* text;
  const char* message;
};

class BadExamplesTest : public ExamplesTest, public testing::WithParamInterface<BadCase> {};

TEST_P(BadExamplesTest, AreRefusedWithTheLine) {
  write("train.csv", GetParam().text);
  EXPECT_THAT(error("photos"), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadExamplesTest,
    testing::Values(BadCase{"Empty", "", "no column \"id\""},
                    BadCase{"OtherHeader", "id,q,a\n", "no column \"Question\""},
                    BadCase{"TooManyFields", "id,Question,Answer\n1,q,Fit: a\n2,q,Fit: b, c\n",
                            "train.csv:3: 4 fields"},
                    BadCase{"TooFewFields", "id,Question,Answer\n1\n", "train.csv:2: 1 fields"},
                    BadCase{"HostileId", "id,Question,Answer\n../1,q,Fit: a\n", "train.csv:2: id \"../1\""},
                    BadCase{"NoValue", "id,Question,Answer\n1,q,Slim\n", "train.csv:2: answer \"Slim\""},
                    BadCase{"OpenQuote", "id,Question,Answer\n1,\"q,Fit: a\n", "train.csv:2: a quote opens"}),
    [](const auto& each) { return each.param.name; });

TEST_F(ExamplesTest, LoadWithTheirProducts) {
  write_prepared();
  const Dataset dataset = load_dataset({.folder = folder_, .images = {}});
  EXPECT_EQ(dataset.examples[Split::kTrain].size(), 1u);
  EXPECT_TRUE(dataset.examples[Split::kTest].empty());
  EXPECT_EQ(dataset.products.at("1").type, "Shirts");
  EXPECT_EQ(dataset.products.at("2").photo, "/photos/more/2.png");
  EXPECT_TRUE(dataset.taxonomy.has_type("Shirts"));
  EXPECT_EQ(load_dataset({.folder = folder_, .images = "moved"}).products.at("1").photo, "moved/1.jpg");
}

TEST_F(ExamplesTest, LoadOfSomeTypesAlone) {
  write_prepared();
  write("train.csv", "id,Question,Answer\n1,Which fit?,Fit: Slim\n2,Which fit?,Fit: Loose\n");
  const Dataset dataset = load_dataset({.folder = folder_, .images = {}, .types = {"Tshirts"}});
  ASSERT_EQ(dataset.examples[Split::kTrain].size(), 1u);
  EXPECT_EQ(dataset.examples[Split::kTrain][0].id, "2");
  EXPECT_THROW(load_dataset({.folder = folder_, .images = {}, .types = {"Hats"}}), base::Error);
}

TEST_F(ExamplesTest, LoadFromTheCsvFilesAlone) {
  write("train.csv", "id,Question,Answer\n1,q,Fit: Slim\n1,q,Neck: V-Neck\n");
  write("test.csv", "id,Question,Answer\n2,q,Fit: Slim\n");
  EXPECT_THAT(error(), HasSubstr("the folder of the photos must be given"));
  const Dataset dataset = load_dataset({.folder = folder_, .images = "photos"});
  EXPECT_EQ(dataset.examples[Split::kTest].size(), 1u);
  EXPECT_EQ(dataset.products.at("2").photo, "photos/2.jpg");
  EXPECT_EQ(dataset.products.at("2").type, "");
  EXPECT_THAT(dataset.taxonomy.values("Fit"), testing::ElementsAre(catalog::Taxonomy::Value{"Slim", 2}));
}

TEST_F(ExamplesTest, RefuseProductsThatDoNotFit) {
  write_prepared();
  for (const char* photo : {"../1.jpg", "/etc/passwd", "a/../../b", ""}) {
    write("products.csv", fmt::format("id,type,photo,group\n1,Shirts,{},1\n", photo));
    EXPECT_THAT(error(), HasSubstr("products.csv:2: photo")) << photo;
  }
  write("products.csv", "id,type,photo,group\n3,Shirts,3.jpg,3\n");
  EXPECT_THAT(error(), HasSubstr("train.csv has product 1, products.csv has not"));
  write("dataset.json", R"({"format": "hangtag-dataset", "version": 9, "images": "/photos"})");
  EXPECT_THAT(error(), HasSubstr("version 9; expected"));
}

}  // namespace
}  // namespace hangtag::dataset
