#include "dataset/prepare.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "catalog/csv.h"
#include "catalog/kaggle.h"
#include "catalog/taxonomy.h"
#include "dataset/near_duplicates.h"

namespace hangtag::dataset {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using catalog::Product;

constexpr std::size_t kNamedInReport = 20;  // dropped rows; dropped.csv names all

void check(const PrepareOptions& options) {
  normalised(options.split);
  if (options.attributes.empty()) base::fail(ErrorCode::kUsage, "no attribute is asked for");
  for (const auto& attribute : options.attributes) {
    if (attribute.empty() || attribute.find_first_of(":\r\n") != std::string::npos) {
      base::fail(ErrorCode::kUsage, "attribute \"{}\": names are not empty and hold no colon and no line end",
                 attribute);
    }
  }
  // Replacing a folder removes what it held: never a catalogue, nor a home folder.
  std::error_code ignored;
  if (fs::exists(options.out, ignored) && !fs::is_empty(options.out, ignored) &&
      !fs::exists(options.out / kDatasetFile, ignored)) {
    base::fail(ErrorCode::kUsage, "{}: exists and is not a data set; name a new folder", options.out.string());
  }
}

// A product with its photo read.
struct Photographed {
  Product product;
  ReadPhoto photo;
};

std::vector<Photographed> read_all_photos(std::vector<Product> products, PrepareReport& report,
                                          const std::function<void(std::int64_t, std::int64_t)>& progress) {
  std::vector<fs::path> paths;
  for (const Product& product : products) paths.push_back(product.photo);
  const auto total = static_cast<std::int64_t>(paths.size());
  std::vector<ReadPhoto> photos = read_photos(paths, [&](std::int64_t done) {
    if (progress) progress(done, total);
  });
  std::vector<Photographed> readable;
  for (std::size_t i = 0; i < products.size(); ++i) {
    if (photos[i].error.empty()) {
      readable.push_back({std::move(products[i]), std::move(photos[i])});
    } else {
      report.dropped.push_back({"images/" + products[i].photo.filename().string(), 0, products[i].id,
                                "unreadable photo", std::move(photos[i].error)});
    }
  }
  return readable;
}

// Takes values that are too rare off their products, and products without any label out.
void remove_rare(std::int64_t min_count, std::vector<Product>& products, PrepareReport& report) {
  std::map<std::pair<std::string, std::string>, std::int64_t> counts;
  for (const Product& product : products) {
    for (const auto& label : product.attributes) ++counts[label];
  }
  for (Product& product : products) {
    report.rare_labels += static_cast<std::int64_t>(
        std::erase_if(product.attributes, [&](const auto& label) { return counts.at(label) < min_count; }));
  }
  std::erase_if(products, [&](const Product& product) {
    const bool empty = product.attributes.empty();
    if (empty) report.dropped.push_back({"styles.csv", 0, product.id, "no label", "all its values are too rare"});
    return empty;
  });
}

void count_twins(std::span<const Photographed> products, std::span<const std::size_t> groups, PrepareReport& report) {
  std::map<std::size_t, std::int64_t> sizes;
  std::map<std::string_view, std::int64_t> files;
  for (const std::size_t group : groups) ++sizes[group];
  for (const auto& product : products) ++files[product.photo.file_hash];
  for (const auto& [group, size] : sizes) {
    report.largest_group = std::max(report.largest_group, size);
    report.twin_groups += size > 1;
    report.twin_products += size > 1 ? size : 0;
  }
  for (const auto& [hash, count] : files) report.same_file += count > 1 ? count : 0;
}

// For each product the split of each of its examples.
using ExampleSplits = std::vector<std::vector<Split>>;

ExampleSplits whole_products(std::span<const Product> products, std::span<const Split> splits) {
  ExampleSplits all;
  for (std::size_t i = 0; i < products.size(); ++i) all.emplace_back(products[i].attributes.size(), splits[i]);
  return all;
}

ExampleSplits inside_products(std::span<const Product> products, const PrepareOptions& options) {
  ExampleSplits all;
  for (const Product& product : products) {
    all.push_back(split_inside_product(product.attributes.size(), options.split, options.seed, product.id));
  }
  return all;
}

// Every product's examples in the order in which its attributes were asked for.
PerSplit<std::vector<Example>> make_examples(const PrepareOptions& options, std::span<const Product> products,
                                             const ExampleSplits& splits, PrepareReport& report) {
  PerSplit<std::vector<Example>> examples;
  for (const auto& attribute : options.attributes) report.values[attribute];
  for (std::size_t i = 0; i < products.size(); ++i) {
    auto split = splits[i].begin();
    for (const auto& attribute : options.attributes) {
      const auto label = products[i].attributes.find(attribute);
      if (label == products[i].attributes.end()) continue;
      examples[*split].push_back(make_example(products[i].id, attribute, label->second));
      ++report.values[attribute][label->second][*split];
      ++split;
    }
    for (const Split each : std::set(splits[i].begin(), splits[i].end())) ++report.products[each];
  }
  for (const Split split : kSplits) report.examples[split] = static_cast<std::int64_t>(examples[split].size());
  return examples;
}

void write_dropped(const fs::path& path, std::span<const catalog::Dropped> dropped) {
  std::string text = catalog::csv_line({"file", "line", "id", "reason", "detail"});
  for (const auto& row : dropped) {
    text +=
        catalog::csv_line({row.file, row.line == 0 ? "" : std::to_string(row.line), row.id, row.reason, row.detail});
  }
  base::write_file_atomically(path, text);
}

base::OrderedJson per_split(const PerSplit<std::int64_t>& counts) {
  base::OrderedJson json;
  for (const Split split : kSplits) json[to_string(split)] = counts[split];
  return json;
}

base::OrderedJson leak_json(const Leak& leak) {
  return {{"test_products", leak.test_products}, {"with_twin_in_training", leak.with_twin_in_training}};
}

}  // namespace

base::OrderedJson PrepareReport::to_json() const {
  base::OrderedJson json = {{"rows", rows}, {"other_types", other_types}, {"undefined_links", undefined_links}};
  base::OrderedJson named = base::OrderedJson::array();
  for (const auto& row : std::span(dropped).first(std::min(dropped.size(), kNamedInReport))) {
    named.push_back({{"file", row.file}, {"line", row.line}, {"id", row.id}, {"reason", row.reason}});
  }
  json["dropped"] = {{"rows", dropped.size()}, {"by_reason", dropped_by_reason}, {"first", std::move(named)}};
  json["rare_labels"] = rare_labels;
  json["products"] = per_split(products);
  json["examples"] = per_split(examples);
  json["twins"] = {
      {"groups", twin_groups}, {"products", twin_products}, {"same_file", same_file}, {"largest_group", largest_group}};
  json["leak"] = {{"this_split", leak_json(leak)},
                  {"random_split", leak_json(leak_of_random_split)},
                  {"split_inside_products", leak_json(leak_of_original_split)}};
  json["values"] = base::OrderedJson::object();
  for (const auto& [attribute, counts] : values) {
    json["values"][attribute] = base::OrderedJson::object();
    for (const auto& [value, count] : counts) json["values"][attribute][value] = per_split(count);
  }
  return json;
}

PrepareReport prepare(const PrepareOptions& options,
                      const std::function<void(std::int64_t done, std::int64_t total)>& progress) {
  check(options);
  PrepareReport report;
  catalog::KaggleCatalog source = catalog::read_kaggle(
      {.folder = options.catalog, .types = options.types, .attributes = options.attributes, .texts = {}});
  report.rows = source.rows;
  report.other_types = source.other_types;
  report.undefined_links = source.undefined_links;
  report.dropped = std::move(source.dropped);
  remove_rare(options.min_count, source.products, report);

  std::vector<Photographed> photographed = read_all_photos(std::move(source.products), report, progress);
  for (const auto& row : report.dropped) ++report.dropped_by_reason[row.reason];
  if (photographed.empty()) {
    base::fail(ErrorCode::kInvalid,
               "{}: of {} rows none is a product of the types and attributes asked for: {} are of "
               "other types, {} were dropped",
               options.catalog.string(), report.rows, report.other_types, report.dropped.size());
  }
  std::vector<Thumbnail> thumbnails;
  for (const auto& each : photographed) thumbnails.push_back(each.photo.thumbnail);
  const std::vector<std::size_t> groups = group_near_duplicates(thumbnails);
  count_twins(photographed, groups, report);
  std::vector<Product> products;
  for (auto& each : photographed) products.push_back(std::move(each.product));

  const ExampleSplits like_original = inside_products(products, options);
  const ExampleSplits by_group =
      whole_products(products, split_by_group(products, groups, options.split, options.seed));
  const ExampleSplits& splits = options.split_like_original ? like_original : by_group;
  report.leak = measure_leak(splits, groups);
  report.leak_of_original_split = measure_leak(like_original, groups);
  report.leak_of_random_split =
      measure_leak(whole_products(products, split_by_product(products.size(), options.split, options.seed)), groups);
  if (!options.split_like_original && report.leak.with_twin_in_training != 0) {
    base::fail(ErrorCode::kInternal, "{} test products have a twin in training", report.leak.with_twin_in_training);
  }

  const auto examples = make_examples(options, products, splits, report);
  base::AtomicFolder folder(options.out);
  for (const Split split : kSplits) {
    write_examples(folder.path() / fmt::format("{}.csv", to_string(split)), examples[split]);
  }
  write_products(folder.path(), options.catalog / "images", products, groups);
  catalog::Taxonomy(products).write(folder.path() / kTaxonomyFile);
  write_dropped(folder.path() / "dropped.csv", report.dropped);
  base::write_json(folder.path() / "report.json", report.to_json());
  folder.commit();
  return report;
}

}  // namespace hangtag::dataset
