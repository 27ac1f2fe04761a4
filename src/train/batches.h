// Which examples go into which step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/random.h"

namespace hangtag::train {

// An example ready for the model: token ids, and the photo by its place in the list of photos.
struct TokenExample {
  std::size_t photo;
  std::vector<std::int64_t> prompt;
  std::vector<std::int64_t> answer;
  double weight = 1;  // in the loss
};

// Every example once, in new random order, in batches of `size` (the last may be smaller); each is a list of indices.
// With `together`, the examples of a photo stay side by side, so that a vision tower in training reads it once a step.
std::vector<std::vector<std::size_t>> make_batches(const std::vector<TokenExample>& examples, std::size_t size, bool together,
                                                   base::Random& random);

}  // namespace hangtag::train
