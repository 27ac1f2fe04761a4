// A drawn catalogue in the Kaggle layout, whose truth is known: shirts and T-shirts with visible attributes, half of
// them on white, half before busy backgrounds. For tests, demonstrations and first steps without anybody's photos.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace hangtag::sample {

struct SampleOptions {
  std::filesystem::path out;
  int products = 600;
  std::uint64_t seed = 1;
  int width = 180;  // pixels of a photo; the drawing fills it, cut to its proportions
  int height = 240;
  // What makes real catalogues hard, so that readers' counts show it:
  double missing_label_rate = 0.03;  // for each attribute of a product
  double duplicate_rate = 0.04;      // products that show an earlier one's photo again: recompressed or slightly cut
  double malformed_row_rate = 0.01;  // rows of styles.csv with a comma too many, and links that are "undefined"
};

struct SampleCounts {
  int products = 0;
  int duplicates = 0;
  int malformed_rows = 0;
  int missing_labels = 0;
};

// Writes styles.csv, images.csv, images/ID.jpg, styles/ID.json, and truth.json: for each product its true attributes,
// its background, and what was broken about it. A product depends on the seed and on its place alone, so a longer
// catalogue begins with a shorter one's products; the bytes are the same for the same build and libraries.
// The folder appears whole or not at all, and replaces a drawn catalogue that was there before.
// `drawn` is told after each product how many are done. Throws kUsage for options out of range, and for a folder that
// holds something else than a drawn catalogue; kIo.
SampleCounts draw_catalog(const SampleOptions& options, const std::function<void(int)>& drawn = {});

}  // namespace hangtag::sample
