#include "train/photos.h"

#include <ATen/ops/pad.h>
#include <ATen/ops/stack.h>

#include <mutex>

#include "base/parallel.h"
#include "base/progress.h"
#include "image/decode.h"

namespace hangtag::train {
namespace {

constexpr std::int64_t kLargestShift = 4;  // pixels

}  // namespace

std::size_t Photos::add(const std::filesystem::path& path) {
  const auto [place, is_new] = index_.try_emplace(path.string(), paths_.size());
  if (is_new) paths_.push_back(path);
  return place->second;
}

void Photos::load(bool quiet) {
  base::Progress progress("reading photos", static_cast<std::int64_t>(paths_.size()), "photos", quiet);
  resized_.resize(paths_.size());
  std::mutex mutex;
  std::int64_t done = 0;
  base::for_each_index(paths_.size(), [&](std::size_t i) {
    resized_[i] = processor_.resize(image::load(paths_[i]));
    const std::lock_guard lock(mutex);
    progress.update(++done);
  });
}

at::Tensor Photos::pixels(std::span<const std::size_t> photos) const {
  std::vector<at::Tensor> tensors;
  tensors.reserve(photos.size());
  for (const auto photo : photos) tensors.push_back(processor_.normalize(resized_[photo]));
  return at::stack(tensors);
}

at::Tensor augmented(const at::Tensor& pixels, base::Random& random) {
  std::vector<at::Tensor> photos;
  const auto height = pixels.size(2), width = pixels.size(3);
  for (const auto& photo : pixels.unbind(0)) {
    auto padded = at::pad(photo.unsqueeze(0), std::vector<std::int64_t>(4, kLargestShift), "replicate").squeeze(0);
    if (random.chance(0.5)) padded = padded.flip(2);
    const auto top = static_cast<std::int64_t>(random.below(2 * kLargestShift + 1));
    const auto left = static_cast<std::int64_t>(random.below(2 * kLargestShift + 1));
    photos.push_back(padded.slice(1, top, top + height).slice(2, left, left + width));
  }
  return at::stack(photos);
}

}  // namespace hangtag::train
