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
constexpr int kMaxDifference = 24;
constexpr double kMaxPaleMean = 1.3;
constexpr int kMaxPaleDifference = 10;

// The largest sum of absolute differences that a near-duplicate of this photo may have.
double max_sum(const Thumbnail& thumbnail) {
  return static_cast<double>(thumbnail.pixels.size()) * std::max(kMaxShare * thumbnail.deviation, kMaxPaleMean);
}

// A bound that is quicker than the thumbnails: the sums over each quarter of the picture, a channel at a time. Their
// absolute differences add up to no more than those of the pixels.
struct Outline {
  explicit Outline(const Thumbnail& thumbnail) : limit(static_cast<int>(max_sum(thumbnail))) {
    constexpr int kSide = Thumbnail::kSide;
    for (int i = 0; i < kSide * kSide; ++i) {
      const int quarter = 2 * (i / kSide / (kSide / 2)) + i % kSide / (kSide / 2);
      for (int c = 0; c < 3; ++c) sums[3 * quarter + c] += thumbnail.pixels[3 * i + c];
    }
    total = std::accumulate(sums.begin(), sums.end(), 0);
  }

  bool may_match(const Outline& other) const {
    int sum = 0;
    for (std::size_t i = 0; i < sums.size(); ++i) sum += std::abs(sums[i] - other.sums[i]);
    return sum <= std::min(limit, other.limit);
  }

  std::array<int, 12> sums = {};
  int total = 0;
  int limit;
};

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
  thumbnail.deviation = static_cast<float>(std::sqrt(std::max(0.0, sum_of_squares / count - mean * mean)));
  return thumbnail;
}

bool near_duplicates(const Thumbnail& a, const Thumbnail& b) {
  int sum = 0;
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const int difference = std::abs(a.pixels[i] - b.pixels[i]);
    sum += difference;
    largest = std::max(largest, difference);
  }
  const double mean = static_cast<double>(sum) / static_cast<double>(a.pixels.size());
  return (mean <= kMaxShare * std::min(a.deviation, b.deviation) && largest <= kMaxDifference) ||
         (mean <= kMaxPaleMean && largest <= kMaxPaleDifference);
}

std::vector<std::size_t> group_near_duplicates(std::span<const Thumbnail> thumbnails) {
  struct Entry {
    Outline outline;
    std::size_t index;
  };
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < thumbnails.size(); ++i) entries.push_back({Outline(thumbnails[i]), i});
  std::ranges::sort(entries, std::less<>(), [](const Entry& entry) { return entry.outline.total; });

  // The totals bound the difference too: the twins of a photo stand in a short stretch behind it.
  DisjointSets sets(thumbnails.size());
  for (auto a = entries.begin(); a != entries.end(); ++a) {
    for (auto b = a + 1; b != entries.end() && b->outline.total - a->outline.total <= a->outline.limit; ++b) {
      if (a->outline.may_match(b->outline) && near_duplicates(thumbnails[a->index], thumbnails[b->index])) {
        sets.merge(a->index, b->index);
      }
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
