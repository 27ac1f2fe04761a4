#include "dataset/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace hangtag::dataset {
namespace {

using catalog::Product;
constexpr SplitParts kParts = {{80, 10, 10}};

Product product(std::map<std::string, std::string> attributes) {
  return {.id = "1", .type = "Shirts", .name = {}, .photo = {}, .attributes = std::move(attributes), .texts = {}};
}

// 1,000 products of which 10 are bamboo, 3 silk and 1 nylon, about a third in groups.
struct Catalogue {
  std::vector<Product> products;
  std::vector<std::size_t> groups;
};

Catalogue catalogue() {
  Catalogue all;
  base::Random random(5);
  for (std::size_t i = 0; i < 1000; ++i) {
    const char* fabric = i < 10 ? "Bamboo" : i < 13 ? "Silk" : i < 14 ? "Nylon" : "Cotton";
    all.products.push_back(product({{"Fabric", fabric}, {"Neck", random.chance(0.2) ? "V-Neck" : "Round Neck"}}));
    const bool joins_the_one_before = i > 14 && random.chance(0.3);
    all.groups.push_back(joins_the_one_before ? all.groups.back() : i);
  }
  return all;
}

std::map<std::string, PerSplit<int>> count(const Catalogue& all, const std::vector<Split>& splits) {
  std::map<std::string, PerSplit<int>> counts;
  for (std::size_t i = 0; i < splits.size(); ++i) {
    ++counts["all"][splits[i]];
    for (const auto& [attribute, value] : all.products[i].attributes) ++counts[value][splits[i]];
  }
  return counts;
}

TEST(SplitByGroup, KeepsGroupsTogetherAndSharesEveryValueOut) {
  const Catalogue all = catalogue();
  const auto splits = split_by_group(all.products, all.groups, kParts, 1);
  std::map<std::size_t, Split> of_group;
  for (std::size_t i = 0; i < splits.size(); ++i) {
    EXPECT_EQ(of_group.emplace(all.groups[i], splits[i]).first->second, splits[i]) << i;
  }
  EXPECT_LT(of_group.size(), 900u) << "the catalogue must hold groups for this to mean something";
  auto counts = count(all, splits);
  EXPECT_EQ(counts["Bamboo"], (PerSplit<int>{{8, 1, 1}}));
  EXPECT_EQ(counts["Silk"], (PerSplit<int>{{1, 1, 1}}));
  EXPECT_EQ(counts["Nylon"], (PerSplit<int>{{1, 0, 0}}));
  for (const char* value : {"all", "Cotton", "Round Neck", "V-Neck"}) {
    const double total = std::accumulate(counts[value].begin(), counts[value].end(), 0.0);
    EXPECT_NEAR(counts[value][Split::kTrain] / total, 0.8, 0.02) << value;
    EXPECT_NEAR(counts[value][Split::kTest] / total, 0.1, 0.02) << value;
  }
}

TEST(SplitByGroup, IsTheSameForASeedAndAnotherForAnother) {
  const Catalogue all = catalogue();
  EXPECT_EQ(split_by_group(all.products, all.groups, kParts, 1), split_by_group(all.products, all.groups, kParts, 1));
  EXPECT_NE(split_by_group(all.products, all.groups, kParts, 1), split_by_group(all.products, all.groups, kParts, 2));
}

TEST(SplitByGroup, LeavesASplitOfNoPartEmpty) {
  const Catalogue all = catalogue();
  auto counts = count(all, split_by_group(all.products, all.groups, {{9, 0, 1}}, 1));
  EXPECT_EQ(counts["all"][Split::kValidation], 0);
  EXPECT_NEAR(counts["all"][Split::kTest], 100, 10);
  counts = count(all, split_by_group(all.products, all.groups, {{1, 0, 0}}, 1));
  EXPECT_EQ(counts["all"][Split::kTrain], 1000);
}

TEST(SplitByGroup, TakesFewProductsAndProductsWithoutLabels) {
  EXPECT_TRUE(split_by_group({}, {}, kParts, 1).empty());
  const std::vector<Product> one = {product({})};
  const std::vector<std::size_t> groups = {0};
  EXPECT_THAT(split_by_group(one, groups, kParts, 1), testing::ElementsAre(Split::kTrain));
}

TEST(SplitParts, AreNormalisedOrRefused) {
  EXPECT_EQ(normalised({{80, 10, 10}}), (SplitParts{{0.8, 0.1, 0.1}}));
  const double infinity = std::numeric_limits<double>::infinity();
  for (const SplitParts parts : {SplitParts{{0, 50, 50}}, {{80, -10, 30}}, {{infinity, 1, 1}}, {{80, 10, NAN}}}) {
    EXPECT_THROW(normalised(parts), base::Error);
  }
}

TEST(SplitInsideProduct, PutsOneProductIntoSeveralSplits) {
  auto splits = split_inside_product(10, kParts, 1, "7");
  std::ranges::sort(splits);
  std::vector<Split> expected(8, Split::kTrain);
  expected.push_back(Split::kValidation);
  expected.push_back(Split::kTest);
  EXPECT_EQ(splits, expected);
  EXPECT_THAT(split_inside_product(1, kParts, 1, "7"), testing::ElementsAre(Split::kTest));
}

TEST(MeasureLeak, CountsTestProductsWithATwinInTraining) {
  using enum Split;
  const std::vector<std::vector<Split>> splits = {{kTrain},        {kTest},       {kTest, kTest},
                                                  {kTrain, kTest}, {kValidation}, {}};
  const std::vector<std::size_t> groups = {0, 0, 2, 3, 2, 2};
  const Leak leak = measure_leak(splits, groups);
  EXPECT_EQ(leak.test_products, 3);
  EXPECT_EQ(leak.with_twin_in_training, 2);
}

}  // namespace
}  // namespace hangtag::dataset
