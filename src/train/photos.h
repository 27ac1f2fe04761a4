// The photos of a training run.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/processor.h"

namespace hangtag::train {

// Each photo once, by the order in which it was first added.
class Photos {
 public:
  explicit Photos(const model::ImageProcessor& processor) : processor_(processor) {}

  std::size_t add(const std::filesystem::path& path);
  const std::vector<std::filesystem::path>& paths() const { return paths_; }

  // Resizes all of them and keeps them as bytes, for pixels(): 12 kB each at 64x64, 147 kB at 224x224. Throws what
  // image::load throws.
  void load(bool quiet);
  at::Tensor pixels(std::span<const std::size_t> photos) const;  // (P, 3, S, S)

 private:
  model::ImageProcessor processor_;
  std::map<std::string, std::size_t> index_;
  std::vector<std::filesystem::path> paths_;
  std::vector<image::Image> resized_;
};

// (P, 3, S, S): half of the photos mirrored, all of them moved by a few pixels, with their edges repeated. No attribute of
// a garment depends on either.
at::Tensor augmented(const at::Tensor& pixels, base::Random& random);

}  // namespace hangtag::train
