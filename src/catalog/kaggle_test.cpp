#include "catalog/kaggle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "base/file.h"

namespace hangtag::catalog {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* kHeader =
    "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,"
    "productDisplayName\n";

class KaggleTest : public testing::Test {
 protected:
  KaggleTest() : folder_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~KaggleTest() override { fs::remove_all(folder_); }

  static std::string row(const std::string& id, const std::string& type = "Shirts",
                         const std::string& colour = "Blue") {
    return id + ",Men,Apparel,Topwear," + type + "," + colour + ",Summer,2011,Casual,A name\n";
  }
  void write(const std::string& file, const std::string& text) const {
    base::write_file_atomically(folder_ / file, text);
  }
  void add_photo(const std::string& id) const { write("images/" + id + ".jpg", "a photo"); }
  void add_json(const std::string& id, const std::string& data) const {
    write("styles/" + id + ".json", "{\"data\": " + data + "}");
  }
  KaggleCatalog read(std::vector<std::string> attributes, std::vector<std::string> texts = {}) const {
    return read_kaggle({.folder = folder_,
                        .types = {"Shirts", "Tshirts"},
                        .attributes = std::move(attributes),
                        .texts = std::move(texts)});
  }

  fs::path folder_;
};

std::vector<std::string> reasons(const KaggleCatalog& catalog) {
  std::vector<std::string> all;
  for (const auto& dropped : catalog.dropped)
    all.push_back(fmt::format("{} {} {}", dropped.line, dropped.id, dropped.reason));
  return all;
}

TEST_F(KaggleTest, ReadsLabelsOfBothFiles) {
  write("styles.csv", kHeader + row("7"));
  add_photo("7");
  add_json("7", R"({"articleAttributes": {"Fabric": " Cotton ", "Fit": "NA", "Neck": "", "Collar": null},
                    "productDescriptors": {"style_note": {"value": "<p>Wear&nbsp;it <b>well</b></p>"}}})");
  const auto catalog =
      read({"Fabric", "Fit", "Neck", "Collar", "Pattern", "baseColour"}, {"style_note", "description"});
  ASSERT_EQ(catalog.products.size(), 1u);
  const Product& product = catalog.products[0];
  EXPECT_EQ(product.id, "7");
  EXPECT_EQ(product.type, "Shirts");
  EXPECT_EQ(product.name, "A name");
  EXPECT_EQ(product.photo, folder_ / "images" / "7.jpg");
  EXPECT_THAT(product.attributes, ElementsAre(Pair("Fabric", "Cotton"), Pair("baseColour", "Blue")));
  EXPECT_THAT(product.texts, ElementsAre(Pair("style_note", "Wear it well")));
  EXPECT_THAT(catalog.dropped, IsEmpty());
}

TEST_F(KaggleTest, NamesEveryRowThatIsDropped) {
  write("styles.csv", kHeader + row("1") + row("2") +
                          "3,Men,Apparel,Topwear,Shirts,Blue,Summer,2011,Casual,Ties, two\n" + row("1") + row("../7") +
                          row("") + row("4", "Socks") + row("5") + row("6") + row("8", "Shirts", "NA") + "short\n" +
                          row("9"));
  for (const char* id : {"1", "3", "4", "5", "6", "8", "9"}) add_photo(id);
  base::write_file_atomically(folder_ / "7.jpg", "outside the folder of photos");
  for (const char* id : {"1", "8"}) add_json(id, R"({"articleAttributes": {}})");
  add_json("6", "[1");
  add_json("9", R"({"articleAttributes": {"Fabric": 3}})");
  const auto catalog = read({"Fabric", "baseColour"});
  ASSERT_EQ(catalog.products.size(), 1u);
  EXPECT_EQ(catalog.products[0].id, "1");
  EXPECT_THAT(reasons(catalog),
              testing::UnorderedElementsAre("3 2 no photo", "4 3 malformed row", "5 1 duplicate id", "6 ../7 bad id",
                                            "7  bad id", "0 5 no JSON", "0 6 malformed JSON", "11 8 no label",
                                            "12 short malformed row", "0 9 malformed JSON"));
  EXPECT_EQ(catalog.other_types, 1);
  EXPECT_EQ(catalog.rows, 12);
}

struct JsonCase {
  const char* name;
  const char* text;
  bool kept;
};

class KaggleJsonTest : public KaggleTest, public testing::WithParamInterface<JsonCase> {};

TEST_P(KaggleJsonTest, IsUsableOrNot) {
  write("styles.csv", kHeader + row("1"));
  add_photo("1");
  write("styles/1.json", GetParam().text);
  const auto catalog = read({"Fabric", "baseColour"});
  EXPECT_EQ(catalog.products.size(), GetParam().kept ? 1u : 0u);
  if (!GetParam().kept) {
    EXPECT_THAT(reasons(catalog), ElementsAre("0 1 malformed JSON"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, KaggleJsonTest,
    testing::Values(JsonCase{"Empty", "", false}, JsonCase{"NoData", "{}", false}, JsonCase{"List", "[]", false},
                    JsonCase{"Truncated", R"({"data": {"articleAttributes": {"Fab)", false},
                    JsonCase{"NotUtf8", "{\"data\": {\"articleAttributes\": {\"Fabric\": \"\xFF\"}}}", false},
                    JsonCase{"EmptyMapAsPhpWritesIt", R"({"data": {"articleAttributes": []}})", true},
                    JsonCase{"NullAttributes", R"({"data": {"articleAttributes": null}})", true},
                    JsonCase{"NoAttributes", R"({"data": {}})", true}),
    [](const auto& each) { return each.param.name; });

TEST_F(KaggleTest, NeedsNoLabelsWhereNoneAreAskedFor) {
  write("styles.csv", kHeader + row("1") + row("2", "Tshirts", ""));
  add_photo("1");
  add_photo("2");
  EXPECT_EQ(read({}).products.size(), 2u);
  EXPECT_EQ(read({"baseColour"}).products.size(), 1u) << "the JSON is not needed either";
}

TEST_F(KaggleTest, CountsUndefinedLinksAndKeepsTheirProducts) {
  write("styles.csv", kHeader + row("1"));
  write("images.csv", "filename,link\n1.jpg,undefined\n2.jpg,http://example.com/2.jpg\nshort\n");
  add_photo("1");
  const auto catalog = read({"baseColour"});
  EXPECT_EQ(catalog.products.size(), 1u);
  EXPECT_EQ(catalog.undefined_links, 1);
}

TEST_F(KaggleTest, AFolderWithoutTheTableIsRefused) {
  EXPECT_THROW(read({}), base::Error);
  write("styles.csv", "");
  EXPECT_THROW(read({}), base::Error);
  write("styles.csv", "id,name\n1,x\n");
  EXPECT_THROW(read({}), base::Error);
}

TEST(PlainText, LeavesTheWords) {
  EXPECT_EQ(plain_text("<p>Wash&nbsp;care:<br />warm &lt; 40 &amp; dry</p>\r\n<!-- a > b -->"),
            "Wash care: warm < 40 & dry");
  EXPECT_EQ(plain_text("2 < 3, <b"), "2 < 3, <b");
  EXPECT_EQ(plain_text("a<!-- never closed"), "a");
  EXPECT_EQ(plain_text("<b></b> &unknown;"), "&unknown;");
  const std::string open(1'000'000, '<');
  EXPECT_EQ(plain_text(open), open) << "and this must take no longer than reading it";
}

TEST(IsValidId, KeepsFileNamesInTheirFolder) {
  for (const char* id : {"1163", "a-b_C9"}) EXPECT_TRUE(is_valid_id(id)) << id;
  for (const char* id : {"", "..", "../x", "a/b", "a\\b", "a b", "a.jpg", "\xC3\xA9"})
    EXPECT_FALSE(is_valid_id(id)) << id;
  EXPECT_FALSE(is_valid_id(std::string(101, 'a')));
  EXPECT_FALSE(is_valid_id(std::string("1\0", 2)));
}

TEST(KaggleRealData, KeepsTheShirtsAndTshirts) {
  const char* folder = std::getenv("HANGTAG_FASHION");
  if (folder == nullptr) GTEST_SKIP() << "set HANGTAG_FASHION to the folder of the Kaggle data set";
  const auto catalog = read_kaggle(
      {.folder = folder, .types = {"Shirts", "Tshirts"}, .attributes = {"Fabric", "baseColour"}, .texts = {}});
  EXPECT_GT(catalog.products.size(), 9000u);
  EXPECT_EQ(catalog.rows,
            static_cast<std::int64_t>(catalog.products.size() + catalog.dropped.size()) + catalog.other_types);
  std::map<std::string, int> by_reason;
  for (const auto& dropped : catalog.dropped) ++by_reason[dropped.reason];
  EXPECT_THAT(by_reason, testing::Each(Pair(testing::AnyOf("malformed row", "no photo"), testing::Lt(40))));
}

}  // namespace
}  // namespace hangtag::catalog
