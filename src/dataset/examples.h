// A prepared data set on disk: the examples of each split, the products they speak of, the taxonomy.
// The files are described in docs/formats/dataset.md.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "catalog/product.h"
#include "catalog/taxonomy.h"
#include "dataset/questions.h"

namespace hangtag::dataset {

enum class Split : std::size_t { kTrain, kValidation, kTest };
inline constexpr std::array kSplits = {Split::kTrain, Split::kValidation, Split::kTest};
const char* to_string(Split split);  // "train", "validation", "test"

// One value for each split.
template <typename T>
struct PerSplit : std::array<T, kSplits.size()> {
  using std::array<T, kSplits.size()>::operator[];
  T& operator[](Split split) { return (*this)[static_cast<std::size_t>(split)]; }
  const T& operator[](Split split) const { return (*this)[static_cast<std::size_t>(split)]; }
};

// A CSV file with the columns id, Question, Answer. Reading takes the attribute from the answer and throws kInvalid,
// with the line, for a row with another number of fields, a bad id, or an answer that is not "Attribute: value".
void write_examples(const std::filesystem::path& path, std::span<const Example> examples);
std::vector<Example> read_examples(const std::filesystem::path& path);

struct DatasetProduct {
  std::string type;  // empty: not known
  std::filesystem::path photo;
};

struct Dataset {
  PerSplit<std::vector<Example>> examples;
  std::map<std::string, DatasetProduct, std::less<>> products;  // by id; holds every id of the examples
  catalog::Taxonomy taxonomy;
};

struct LoadOptions {
  std::filesystem::path folder;
  std::filesystem::path images;    // where the photos are now; empty: where they were when the data set was made
  std::vector<std::string> types = {};  // keep examples of products of these types alone; none named: all
};

// A folder that prepare() wrote, or one that holds train.csv alone or with its two fellows: then `images` must be
// given, photos are images/ID.jpg, types are not known, and the taxonomy is that of the answers.
// Whether the photos exist is not checked here. Throws kNotFound without train.csv, kInvalid with file and line, kUsage for a
// type that no product has.
Dataset load_dataset(const LoadOptions& options);

// What prepare() writes next to the examples and load_dataset() reads: products.csv (id, type, photo, group) and
// dataset.json, which says in which folder the photos are. groups[i] belongs to products[i].
void write_products(const std::filesystem::path& folder, const std::filesystem::path& images,
                    std::span<const catalog::Product> products, std::span<const std::size_t> groups);

inline constexpr const char* kDatasetFile = "dataset.json";
inline constexpr const char* kProductsFile = "products.csv";
inline constexpr const char* kTaxonomyFile = "taxonomy.json";

}  // namespace hangtag::dataset
