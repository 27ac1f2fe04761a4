// Photos → features, many at a time: files are read, decoded and resized ahead by other threads, encoded in batches, and
// kept on disk for the next time. What is in memory at once is bounded by the options, whatever the number of photos.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "base/error.h"
#include "model/checkpoint.h"

namespace hangtag::features {

struct Options {
  std::filesystem::path cache = {};   // a folder for features, made where it is absent; empty: nothing is kept
  std::size_t photos_per_pass = 16;   // through the vision tower at once
  std::size_t reading_threads = 1;    // beside the one that calls
};

// What came out of one pass. Photos are numbered by their place in the list, in ascending order.
struct Encoded {
  std::vector<std::size_t> photos;
  at::Tensor features;  // (photos, Q, D) fp32 or the model's dtype
  struct Failed {
    std::size_t photo;
    base::Error error;
  };
  std::vector<Failed> failed;  // no photo, or not readable
};

// Encodes every photo of the list and hands the results over in order, pass by pass, on the calling thread. A photo that
// cannot be read does not stop the others; a cache that cannot be written does (kIo).
void encode(model::Checkpoint& checkpoint, const std::vector<std::filesystem::path>& photos, const Options& options,
            const std::function<void(Encoded)>& take);

}  // namespace hangtag::features
