// The layout of Kaggle's "Fashion Product Images": styles.csv, images.csv, images/ID.jpg, styles/ID.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/product.h"

namespace hangtag::catalog {

struct KaggleOptions {
  std::filesystem::path folder;
  std::vector<std::string> types;  // articleType in styles.csv; none named: every type
  // Each is a column of styles.csv (baseColour, gender, season, usage …) or a key of data.articleAttributes in the
  // JSON (Fabric, Sleeve Length …). "NA", "" and null mean: not labelled. Where none is asked for, products need
  // neither labels nor JSON: a catalogue to predict on.
  std::vector<std::string> attributes;
  std::vector<std::string> texts;  // keys of data.productDescriptors: description, style_note, materials_care_desc …
};

struct KaggleCatalog {
  std::vector<Product> products;     // in the order of styles.csv
  std::vector<Dropped> dropped;      // in the order of styles.csv
  std::int64_t rows = 0;             // of styles.csv, without the header
  std::int64_t other_types = 0;      // rows of types that were not asked for: counted, not named in `dropped`
  std::int64_t undefined_links = 0;  // rows of images.csv whose link is "undefined"; harmless where the photo is there
};

// rows == products + dropped + other_types. Reasons for a drop: "malformed row" (a comma inside a field that is not
// quoted: which field it belongs to is not known), "bad id", "duplicate id", "no photo", "no JSON", "malformed JSON",
// "no label". Throws kNotFound without styles.csv, kInvalid where a column is missing or a quote never closes.
// Uses a few threads for the JSON.
KaggleCatalog read_kaggle(const KaggleOptions& options);

// HTML as plain text: tags and comments removed, common entities decoded, white space collapsed.
std::string plain_text(std::string_view html);

}  // namespace hangtag::catalog
