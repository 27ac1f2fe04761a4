#include "catalog/taxonomy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace hangtag::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Value = Taxonomy::Value;

Product product(std::string type, std::map<std::string, std::string> attributes) {
  return {
      .id = "1", .type = std::move(type), .name = {}, .photo = {}, .attributes = std::move(attributes), .texts = {}};
}

Taxonomy small() {
  const std::vector<Product> products = {
      product("Shirts", {{"Fabric", "Linen"}, {"Collar", "Spread Collar"}}),
      product("Shirts", {{"Fabric", "Cotton"}}),
      product("Tshirts", {{"Fabric", "Cotton"}}),
      product("Tshirts", {{"Fabric", "Cotton"}}),
      product("Tshirts", {{"Fabric", "Bamboo"}, {"Neck", "V-Neck"}}),
  };
  return Taxonomy(products);
}

TEST(Taxonomy, HoldsTheValuesOfEachTypeByCountThenName) {
  const Taxonomy taxonomy = small();
  EXPECT_THAT(taxonomy.types(), ElementsAre("Shirts", "Tshirts"));
  EXPECT_THAT(taxonomy.attributes("Shirts"), ElementsAre("Collar", "Fabric"));
  EXPECT_THAT(taxonomy.values("Fabric", "Shirts"), ElementsAre(Value{"Cotton", 1}, Value{"Linen", 1}));
  EXPECT_THAT(taxonomy.values("Fabric", "Tshirts"), ElementsAre(Value{"Cotton", 2}, Value{"Bamboo", 1}));
  EXPECT_THAT(taxonomy.values("Neck", "Shirts"), IsEmpty());
  EXPECT_THAT(taxonomy.values("Weight"), IsEmpty());
}

TEST(Taxonomy, AnUnknownTypeMeansTheUnion) {
  const Taxonomy taxonomy = small();
  for (const char* type : {"", "Dresses"}) {
    EXPECT_THAT(taxonomy.attributes(type), ElementsAre("Collar", "Fabric", "Neck"));
    EXPECT_THAT(taxonomy.values("Fabric", type),
                ElementsAre(Value{"Cotton", 3}, Value{"Bamboo", 1}, Value{"Linen", 1}));
  }
}

TEST(Taxonomy, IsTheSameAfterWritingAndReading) {
  const auto path = std::filesystem::path(testing::TempDir()) / "taxonomy_test.json";
  small().write(path);
  const std::string first = base::read_file(path);
  const Taxonomy read = Taxonomy::read(path);
  EXPECT_EQ(read, small());
  read.write(path);
  EXPECT_EQ(base::read_file(path), first);
  std::filesystem::remove(path);
}

TEST(Taxonomy, AnEmptyOneIsWrittenAndReadToo) {
  EXPECT_EQ(Taxonomy::from_json(base::parse_json(base::to_line(Taxonomy().to_json()), "t"), "t"), Taxonomy());
}

TEST(Taxonomy, DeepNestingIsRefusedWithoutRecursion) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  const std::string text = R"({"format": "hangtag-taxonomy", "version": 1, "types": )" + deep + "}";
  EXPECT_THROW(Taxonomy::from_json(base::parse_json(text, "t"), "t"), base::Error);
}

struct BadCase {
  const char* name;
  const char* text;
  const char* message;
};

class BadTaxonomyTest : public testing::TestWithParam<BadCase> {};

TEST_P(BadTaxonomyTest, IsRefusedWithThePlace) {
  try {
    Taxonomy::from_json(base::parse_json(GetParam().text, "t"), "t");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(GetParam().message));
  }
}

#define TAXONOMY(types) R"({"format": "hangtag-taxonomy", "version": 1, "types": )" types "}"
INSTANTIATE_TEST_SUITE_P(
    Cases, BadTaxonomyTest,
    testing::Values(
        BadCase{"List", "[]", "t: expected an object, found array"}, BadCase{"Empty", "{}", "\"format\" is missing"},
        BadCase{"OtherFormat", R"({"format": "colours", "version": 1})", "format \"colours\" version 1"},
        BadCase{"LaterVersion", R"({"format": "hangtag-taxonomy", "version": 2})", "version 2; expected"},
        BadCase{"NoTypes", R"({"format": "hangtag-taxonomy", "version": 1})", "\"types\" is missing"},
        BadCase{"TypesList", TAXONOMY("[1]"), "t: types: expected an object"},
        BadCase{"TypeNotAnObject", TAXONOMY(R"({"Shirts": 3})"), "t: types.Shirts: expected an object"},
        BadCase{"NoValues", TAXONOMY(R"({"Shirts": {"Fit": []}})"), "t: types.Shirts.Fit: expected a list"},
        BadCase{"ValueNotAnObject", TAXONOMY(R"({"Shirts": {"Fit": ["Slim"]}})"), "Fit: expected an object"},
        BadCase{"EmptyValue", TAXONOMY(R"({"Shirts": {"Fit": [{"value": "", "count": 1}]}})"), "with count 1"},
        BadCase{"NegativeCount", TAXONOMY(R"({"Shirts": {"Fit": [{"value": "a", "count": -1}]}})"), "with count -1"},
        BadCase{"HugeCount", TAXONOMY(R"({"Shirts": {"Fit": [{"value": "a", "count": 9223372036854775807}]}})"),
                "expected a name"},
        BadCase{"Twice", TAXONOMY(R"({"S": {"F": [{"value": "a", "count": 1}, {"value": "a", "count": 1}]}})"),
                "stands there twice"}),
    [](const auto& each) { return each.param.name; });
#undef TAXONOMY

}  // namespace
}  // namespace hangtag::catalog
