// Which photos show the same picture: the same file under two ids, or a copy that was resized or compressed again.
// A shirt in another colour, or two plain white shirts, are not the same picture.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "image/image.h"

namespace hangtag::dataset {

// A photo in 16x16 pixels, RGB.
struct Thumbnail {
  static constexpr int kSide = 16;
  std::array<std::uint8_t, 3 * kSide * kSide> pixels;
  float deviation;  // standard deviation of all pixels and channels
};

Thumbnail make_thumbnail(const image::Image& photo);

// Whether the mean absolute difference is at most 3.8 % of the lesser standard deviation and no value differs by more
// than 24 levels; or, for pale garments on white, at most 1.3 levels and no value by more than 10.
//
// A share of the contrast rather than a fixed difference, since two white shirts on white differ by less than one photo
// of a striped shirt compressed twice. Looked at by eye over all pairs of the 9,281 Shirts and Tshirts of Kaggle's
// "Fashion Product Images" (60x80): the copies lie at or below 3.6 % and 23 levels, the nearest two shots of one scene
// at 4.0 %, the nearest other colour of one shirt at 4.7 %; of the pale ones the only copy differs by 8 levels at most,
// the nearest other shirt by 13. Of 400 photos saved again as JPEG of quality 75 or 90, or enlarged twofold, all stay
// within; of those reduced to 80 %, nine in ten do.
// Plain boxes and tubes (wallets, lipsticks) that differ in little else than a shade may pass as twins: that costs a
// split some freedom, where a twin that is missed would leak.
bool near_duplicates(const Thumbnail& a, const Thumbnail& b);

// For each photo the index of the first photo of its group; a photo without a twin is alone in its group. Groups are
// transitive. Finds every pair that near_duplicates() holds for. The time grows with the square of the number of photos
// of similar brightness: 0.04 s for 10,000 photos and 0.5 s for 40,000, a fiftieth of what reading them takes.
std::vector<std::size_t> group_near_duplicates(std::span<const Thumbnail> thumbnails);

struct ReadPhoto {
  Thumbnail thumbnail;
  std::string file_hash;
  std::string error;  // not empty: the photo cannot be read, and the rest holds nothing
};

// Reads the photos with a thread for each processor. `progress` is called on the calling thread with how many are
// done; it may be empty.
std::vector<ReadPhoto> read_photos(std::span<const std::filesystem::path> paths,
                                   const std::function<void(std::int64_t done)>& progress);

}  // namespace hangtag::dataset
