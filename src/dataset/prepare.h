// From a catalogue to a data set that a model can be trained and judged on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "catalog/product.h"
#include "dataset/examples.h"
#include "dataset/split.h"

namespace hangtag::dataset {

struct PrepareOptions {
  std::filesystem::path catalog;  // in the Kaggle layout
  std::filesystem::path out;
  std::vector<std::string> types = {"Shirts", "Tshirts"};  // none named: every type
  std::vector<std::string> attributes = {"Fabric",         "Fit",  "Collar",    "Pattern", "Sleeve Length",
                                         "Sleeve Styling", "Neck", "baseColour"};
  SplitParts split = {{80, 10, 10}};
  std::uint64_t seed = 0;
  std::int64_t min_count = 1;  // a value that fewer products of the catalogue carry is taken off them
  bool split_like_original =
      false;  // inside each product, so that training sees the test's photos: for comparison only
};

struct PrepareReport {
  std::int64_t rows = 0;             // of the catalogue's table
  std::int64_t other_types = 0;      // rows of types that were not asked for
  std::int64_t undefined_links = 0;  // products whose link is "undefined"
  std::vector<catalog::Dropped> dropped;
  std::map<std::string, std::int64_t> dropped_by_reason;
  std::int64_t rare_labels = 0;  // labels taken off by min_count

  PerSplit<std::int64_t> products = {};  // with at least one example in the split
  PerSplit<std::int64_t> examples = {};
  // attribute → value → products in each split. An attribute that was asked for and that no product has is here, empty.
  std::map<std::string, std::map<std::string, PerSplit<std::int64_t>>> values;

  std::int64_t twin_groups = 0;    // groups of two or more products that show the same picture
  std::int64_t twin_products = 0;  // products in them
  std::int64_t same_file = 0;      // of these, products whose photo is, byte for byte, that of another product
  std::int64_t largest_group = 0;  // products
  Leak leak;                       // of the split that was written
  Leak leak_of_random_split;       // of a plain random split of the same products
  Leak leak_of_original_split;     // of a split inside each product

  base::OrderedJson to_json() const;  // report.json, described in docs/formats/dataset.md
};

// Writes the folder `out` whole or not at all, replacing a data set that was there. `progress` is told how many of how
// many photos are read; it may be empty. Photos that cannot be read are dropped, as are the rows that read_kaggle()
// drops. Throws kUsage for options that make no sense and for an `out` that holds something else than a data set,
// kInvalid when no example is left, and what read_kaggle() throws.
PrepareReport prepare(const PrepareOptions& options,
                      const std::function<void(std::int64_t done, std::int64_t total)>& progress = {});

}  // namespace hangtag::dataset
