// Which products are for training, which for validation, which for the test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "catalog/product.h"
#include "dataset/examples.h"

namespace hangtag::dataset {

// Parts of a whole: {80, 10, 10} and {0.8, 0.1, 0.1} are the same. Throws kUsage where a part is negative or not
// finite, or the training part is zero.
using SplitParts = PerSplit<double>;
SplitParts normalised(const SplitParts& parts);

// The split of each product; products of one group stay together (groups[i] is the group of products[i], any numbers).
// Each value of each attribute is shared out in the wanted parts, the rarest first, so that a value of at least three
// groups is in every split where that can be had. The same seed and products give the same split.
std::vector<Split> split_by_group(std::span<const catalog::Product> products, std::span<const std::size_t> groups,
                                  const SplitParts& parts, std::uint64_t seed);

// A plain random split of products that knows no groups: what split_by_group is compared with.
std::vector<Split> split_by_product(std::size_t products, const SplitParts& parts, std::uint64_t seed);

// The split of a product's examples, one after another, when they are shared out inside the product: its photo is in
// training and in the test. For comparison with results that were measured so.
std::vector<Split> split_inside_product(std::size_t examples, const SplitParts& parts, std::uint64_t seed,
                                        std::string_view id);

// How many of the products with examples in the test have a product of their group (themselves, for one) with examples
// in training. splits[i] holds the splits in which products[i] has examples.
struct Leak {
  std::int64_t test_products = 0;
  std::int64_t with_twin_in_training = 0;
};
Leak measure_leak(std::span<const std::vector<Split>> splits, std::span<const std::size_t> groups);

}  // namespace hangtag::dataset
