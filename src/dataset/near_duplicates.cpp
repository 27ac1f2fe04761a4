#include "dataset/near_duplicates.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "image/decode.h"
#include "image/resize.h"

namespace hangtag::dataset {
namespace {

// See near_duplicates().
constexpr double kMaxShare = 0.038;
constexpr double kMaxPaleMean = 1.3;
constexpr int kMaxPaleDifference = 10;

// The largest mean absolute difference that a near-duplicate of this photo may have.
double max_mean(const Thumbnail& thumbnail) {
  return std::max(kMaxShare * thumbnail.deviation, kMaxPaleMean);
}

// Sets that merge; the first index of a set stands for it.
class DisjointSets {
 public:
  explicit DisjointSets(std::size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0); }

  std::size_t first(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void merge(std::size_t a, std::size_t b) {
    a = first(a);
    b = first(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

ReadPhoto read_photo(const std::filesystem::path& path) {
  ReadPhoto photo{};
  try {
    const std::string bytes = base::read_file(path, image::Limits{}.max_bytes);
    photo.file_hash = base::hash_hex(bytes);
    photo.thumbnail = make_thumbnail(image::decode(std::as_bytes(std::span(bytes)), path.string()));
  } catch (const base::Error& error) {
    photo.error = error.what();
  }
  return photo;
}

}  // namespace

Thumbnail make_thumbnail(const image::Image& photo) {
  const image::Image small = image::resize_bicubic(photo, Thumbnail::kSide, Thumbnail::kSide);
  Thumbnail thumbnail{};
  std::ranges::copy(small.pixels, thumbnail.pixels.begin());
  double sum = 0;
  double sum_of_squares = 0;
  for (const double value : small.pixels) {
    sum += value;
    sum_of_squares += value * value;
  }
  const auto count = static_cast<double>(thumbnail.pixels.size());
  const double mean = sum / count;
  thumbnail.mean = static_cast<float>(mean);
  thumbnail.deviation = static_cast<float>(std::sqrt(std::max(0.0, sum_of_squares / count - mean * mean)));
  return thumbnail;
}

bool near_duplicates(const Thumbnail& a, const Thumbnail& b) {
  constexpr std::size_t kRow = 3 * Thumbnail::kSide;
  const auto count = static_cast<double>(a.pixels.size());
  const double limit = count * std::min(max_mean(a), max_mean(b));
  int sum = 0;
  int largest = 0;
  for (std::size_t row = 0; row < a.pixels.size(); row += kRow) {
    for (std::size_t i = row; i < row + kRow; ++i) {
      const int difference = std::abs(a.pixels[i] - b.pixels[i]);
      sum += difference;
      largest = std::max(largest, difference);
    }
    if (sum > limit) return false;  // most pairs are told apart after a row or two
  }
  return sum <= count * kMaxShare * std::min(a.deviation, b.deviation) ||
         (sum <= count * kMaxPaleMean && largest <= kMaxPaleDifference);
}

std::vector<std::size_t> group_near_duplicates(std::span<const Thumbnail> thumbnails) {
  // The means of two photos differ by no more than the mean of their absolute differences: in the order of the means,
  // the twins of a photo lie in a short stretch behind it.
  std::vector<std::size_t> order(thumbnails.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, std::less<>(), [&](std::size_t i) { return thumbnails[i].mean; });

  constexpr float kRounding = 0.001F;
  DisjointSets sets(thumbnails.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Thumbnail& a = thumbnails[order[i]];
    const float last_mean = a.mean + static_cast<float>(max_mean(a)) + kRounding;
    for (std::size_t j = i + 1; j < order.size() && thumbnails[order[j]].mean <= last_mean; ++j) {
      if (near_duplicates(a, thumbnails[order[j]])) sets.merge(order[i], order[j]);
    }
  }
  std::vector<std::size_t> groups(thumbnails.size());
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = sets.first(i);
  return groups;
}

std::vector<ReadPhoto> read_photos(std::span<const std::filesystem::path> paths,
                                   const std::function<void(std::int64_t done)>& progress) {
  std::vector<ReadPhoto> photos(paths.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&](bool reports) {
    for (std::size_t i; (i = next++) < paths.size();) {
      photos[i] = read_photo(paths[i]);
      if (reports && progress) progress(static_cast<std::int64_t>(std::min(next.load(), paths.size())));
    }
  };
  std::vector<std::jthread> helpers;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) helpers.emplace_back(work, false);
  work(true);
  return photos;
}

}  // namespace hangtag::dataset
