#include "dataset/examples.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "catalog/csv.h"

namespace hangtag::dataset {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr const char* kFormat = "hangtag-dataset";
constexpr std::int64_t kVersion = 1;

void check_row(const catalog::CsvRow& row, std::size_t width, const std::string& id, const std::string& file) {
  if (row.fields.size() != width) {
    base::fail(ErrorCode::kInvalid, "{}:{}: {} fields, the header has {}; a field with a comma needs quotes", file,
               row.line, row.fields.size(), width);
  }
  if (!catalog::is_valid_id(id)) {
    base::fail(ErrorCode::kInvalid, "{}:{}: id \"{}\"; ids are made of letters, digits, _ and -", file, row.line, id);
  }
}

// The folder of the photos, from dataset.json.
fs::path read_images_folder(const fs::path& path) {
  const base::Json json = base::read_json(path);
  const auto format = base::get<std::string>(json, "format", path.string());
  const auto version = base::get<std::int64_t>(json, "version", path.string());
  if (format != kFormat || version != kVersion) {
    base::fail(ErrorCode::kUnsupported, "{}: format \"{}\" version {}; expected \"{}\" version {}", path.string(),
               format, version, kFormat, kVersion);
  }
  return base::get<std::string>(json, "images", path.string());
}

void read_products(const fs::path& path, const fs::path& images, Dataset& dataset) {
  auto reader = catalog::CsvReader::open(path);
  const auto header = reader.next().value_or(catalog::CsvRow{});
  const std::size_t id = catalog::column(header, "id", reader.name());
  const std::size_t type = catalog::column(header, "type", reader.name());
  const std::size_t photo = catalog::column(header, "photo", reader.name());
  while (const auto row = reader.next()) {
    check_row(*row, header.fields.size(), id < row->fields.size() ? row->fields[id] : "", reader.name());
    const fs::path file = row->fields[photo];
    if (file.empty() || file.is_absolute() || std::ranges::find(file, "..") != file.end()) {
      base::fail(ErrorCode::kInvalid, "{}:{}: photo \"{}\" is not a path inside the folder of the photos",
                 reader.name(), row->line, file.string());
    }
    dataset.products[row->fields[id]] = {.type = row->fields[type], .photo = images / file};
  }
}

// Without products.csv: a product for every id, and the values that the answers hold.
void derive_products(const fs::path& images, Dataset& dataset) {
  std::map<std::string, catalog::Product> products;
  for (const Split split : kSplits) {
    for (const Example& example : dataset.examples[split]) {
      const auto label = parse_answer(example.answer);
      products[example.id].attributes[label->attribute] = label->value;
      dataset.products[example.id] = {.type = {}, .photo = images / (example.id + ".jpg")};
    }
  }
  for (const auto& [id, product] : products) dataset.taxonomy.add(product);
}

void check_ids(const fs::path& folder, const Dataset& dataset) {
  for (const Split split : kSplits) {
    for (const Example& example : dataset.examples[split]) {
      if (!dataset.products.contains(example.id)) {
        base::fail(ErrorCode::kMismatch, "{}: {}.csv has product {}, {} has not", folder.string(), to_string(split),
                   example.id, kProductsFile);
      }
    }
  }
}

void keep_types(const LoadOptions& options, Dataset& dataset) {
  if (options.types.empty()) return;
  const std::set<std::string> wanted(options.types.begin(), options.types.end());
  std::set<std::string> present;
  for (const auto& [id, product] : dataset.products) present.insert(product.type);
  for (const auto& type : wanted) {
    if (!present.contains(type)) {
      base::fail(ErrorCode::kUsage, "{}: no product is of type \"{}\"; its types are {}", options.folder.string(), type, fmt::join(present, ", "));
    }
  }
  for (auto& examples : dataset.examples) {
    std::erase_if(examples, [&](const Example& example) { return !wanted.contains(dataset.products.find(example.id)->second.type); });
  }
}

}  // namespace

const char* to_string(Split split) {
  static constexpr PerSplit<const char*> kNames = {{"train", "validation", "test"}};
  return kNames[split];
}

void write_examples(const fs::path& path, std::span<const Example> examples) {
  std::string text = catalog::csv_line({"id", "Question", "Answer"});
  for (const Example& example : examples) text += catalog::csv_line({example.id, example.question, example.answer});
  base::write_file_atomically(path, text);
}

std::vector<Example> read_examples(const fs::path& path) {
  auto reader = catalog::CsvReader::open(path);
  const auto header = reader.next().value_or(catalog::CsvRow{});
  const std::size_t id = catalog::column(header, "id", reader.name());
  const std::size_t question = catalog::column(header, "Question", reader.name());
  const std::size_t answer = catalog::column(header, "Answer", reader.name());
  std::vector<Example> examples;
  while (auto row = reader.next()) {
    check_row(*row, header.fields.size(), id < row->fields.size() ? row->fields[id] : "", reader.name());
    auto label = parse_answer(row->fields[answer]);
    if (!label) {
      base::fail(ErrorCode::kInvalid, "{}:{}: answer \"{}\"; expected \"Attribute: value\"", reader.name(), row->line,
                 row->fields[answer]);
    }
    examples.push_back({.id = std::move(row->fields[id]),
                        .attribute = std::move(label->attribute),
                        .question = std::move(row->fields[question]),
                        .answer = std::move(row->fields[answer])});
  }
  return examples;
}

Dataset load_dataset(const LoadOptions& options) {
  Dataset dataset;
  for (const Split split : kSplits) {
    const fs::path path = options.folder / fmt::format("{}.csv", to_string(split));
    std::error_code ignored;
    if (split == Split::kTrain || fs::exists(path, ignored)) dataset.examples[split] = read_examples(path);
  }
  std::error_code ignored;
  const bool prepared = fs::exists(options.folder / kDatasetFile, ignored);
  if (!prepared && options.images.empty()) {
    base::fail(ErrorCode::kUsage, "{}: no {}, so the folder of the photos must be given", options.folder.string(),
               kDatasetFile);
  }
  if (!prepared && !options.types.empty()) {
    base::fail(ErrorCode::kUsage, "{}: no {}, so the types of its products are not known and none can be chosen", options.folder.string(), kDatasetFile);
  }
  if (!prepared) {
    derive_products(options.images, dataset);
    return dataset;
  }
  const fs::path images = read_images_folder(options.folder / kDatasetFile);
  read_products(options.folder / kProductsFile, options.images.empty() ? images : options.images, dataset);
  check_ids(options.folder, dataset);
  keep_types(options, dataset);
  dataset.taxonomy = catalog::Taxonomy::read(options.folder / kTaxonomyFile);
  return dataset;
}

void write_products(const fs::path& folder, const fs::path& images, std::span<const catalog::Product> products,
                    std::span<const std::size_t> groups) {
  std::string text = catalog::csv_line({"id", "type", "photo", "group"});
  for (std::size_t i = 0; i < products.size(); ++i) {
    const std::string photo = products[i].photo.lexically_relative(images).generic_string();
    text += catalog::csv_line({products[i].id, products[i].type, photo, products[groups[i]].id});
  }
  base::write_file_atomically(folder / kProductsFile, text);
  base::write_json(
      folder / kDatasetFile,
      {{"format", kFormat}, {"version", kVersion}, {"images", fs::absolute(images).lexically_normal().string()}});
}

}  // namespace hangtag::dataset
