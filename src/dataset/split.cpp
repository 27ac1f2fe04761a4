#include "dataset/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/random.h"

namespace hangtag::dataset {
namespace {

// The splits of `count` things in a row: the first part for training, the next for validation, the rest for the test.
std::vector<Split> cut(std::size_t count, const SplitParts& parts) {
  const auto n = static_cast<double>(count);
  constexpr double kRounding = 1e-9;  // 0.8 + 0.1 is a little less than 0.9
  const auto train = static_cast<std::size_t>(n * parts[Split::kTrain] + kRounding);
  const auto before_test = static_cast<std::size_t>(n * (parts[Split::kTrain] + parts[Split::kValidation]) + kRounding);
  std::vector<Split> splits(count, Split::kTest);
  std::fill_n(splits.begin(), before_test, Split::kValidation);
  std::fill_n(splits.begin(), train, Split::kTrain);
  return splits;
}

struct Value {
  double products = 0;
  std::int64_t groups = 0;
  PerSplit<double> wanted = {};  // products still to come
};

struct Group {
  std::vector<std::size_t> products;
  std::map<std::size_t, int> values;  // index of a value → how many of the group's products carry it
};

// The groups of a catalogue and the values in them, numbered as they come. Value 0 is one that every product carries,
// so that the splits as wholes are shared out like any value.
struct Catalogue {
  std::vector<Group> groups;
  std::vector<Value> values = std::vector<Value>(1);
};

Catalogue arrange(std::span<const catalog::Product> products, std::span<const std::size_t> group_of) {
  Catalogue catalogue;
  std::unordered_map<std::size_t, std::size_t> group_places;
  std::map<std::pair<std::string, std::string>, std::size_t> value_places;
  for (std::size_t i = 0; i < products.size(); ++i) {
    const auto [place, is_new] = group_places.emplace(group_of[i], catalogue.groups.size());
    if (is_new) catalogue.groups.emplace_back();
    Group& group = catalogue.groups[place->second];
    group.products.push_back(i);
    ++group.values[0];
    for (const auto& label : products[i].attributes) {
      const auto [value, is_new_value] = value_places.emplace(label, catalogue.values.size());
      if (is_new_value) catalogue.values.emplace_back();
      ++group.values[value->second];
    }
  }
  for (const Group& group : catalogue.groups) {
    for (const auto& [value, count] : group.values) {
      ++catalogue.values[value].groups;
      catalogue.values[value].products += count;
    }
  }
  return catalogue;
}

// How many products of a value each split should get.
PerSplit<double> share_out(const Value& value, const SplitParts& parts) {
  PerSplit<double> wanted;
  std::ranges::transform(parts, wanted.begin(), [&](double part) { return part * value.products; });
  if (value.groups < 3) return wanted;
  for (const Split split : {Split::kValidation, Split::kTest}) {
    if (parts[split] == 0 || wanted[split] >= 1) continue;
    wanted[Split::kTrain] -= 1 - wanted[split];
    wanted[split] = 1;
  }
  return wanted;
}

}  // namespace

SplitParts normalised(const SplitParts& parts) {
  const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
  const bool usable = std::ranges::all_of(parts, [](double part) { return std::isfinite(part) && part >= 0; });
  if (!usable || parts[Split::kTrain] <= 0) {
    base::fail(base::ErrorCode::kUsage,
               "split {},{},{}: expected parts for training, validation and test, such as "
               "80,10,10, none below 0 and the first above 0",
               parts[0], parts[1], parts[2]);
  }
  SplitParts normal;
  std::ranges::transform(parts, normal.begin(), [&](double part) { return part / sum; });
  return normal;
}

std::vector<Split> split_by_group(std::span<const catalog::Product> products, std::span<const std::size_t> groups,
                                  const SplitParts& parts, std::uint64_t seed) {
  const SplitParts shares = normalised(parts);
  auto [all, values] = arrange(products, groups);
  for (Value& value : values) value.wanted = share_out(value, shares);

  const auto rarest = [&values](const Group& group) {
    const auto groups_of = [&](const auto& entry) { return values[entry.first].groups; };
    return std::ranges::min_element(group.values, std::less<>(), groups_of)->first;
  };
  base::Random(seed, "split").shuffle(all);
  std::ranges::stable_sort(all, std::less<>(), [&](const Group& group) { return values[rarest(group)].groups; });

  std::vector<Split> splits(products.size());
  for (const Group& group : all) {
    const Value& value = values[rarest(group)];
    const auto need = [&](Split split) {
      return std::tuple(shares[split] > 0, value.wanted[split], values[0].wanted[split]);
    };
    const Split split = *std::ranges::max_element(kSplits, std::less<>(), need);
    for (const std::size_t product : group.products) splits[product] = split;
    for (const auto& [index, count] : group.values) values[index].wanted[split] -= count;
  }
  return splits;
}

std::vector<Split> split_by_product(std::size_t products, const SplitParts& parts, std::uint64_t seed) {
  std::vector<Split> splits = cut(products, normalised(parts));
  base::Random(seed, "products").shuffle(splits);
  return splits;
}

std::vector<Split> split_inside_product(std::size_t examples, const SplitParts& parts, std::uint64_t seed,
                                        std::string_view id) {
  std::vector<Split> splits = cut(examples, normalised(parts));
  base::Random(seed, id).shuffle(splits);
  return splits;
}

Leak measure_leak(std::span<const std::vector<Split>> splits, std::span<const std::size_t> groups) {
  const auto has = [&](std::size_t product, Split split) {
    return std::ranges::find(splits[product], split) != splits[product].end();
  };
  std::unordered_set<std::size_t> in_training;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (has(i, Split::kTrain)) in_training.insert(groups[i]);
  }
  Leak leak;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (!has(i, Split::kTest)) continue;
    ++leak.test_products;
    leak.with_twin_in_training += in_training.contains(groups[i]);
  }
  return leak;
}

}  // namespace hangtag::dataset
