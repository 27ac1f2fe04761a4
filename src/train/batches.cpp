#include "train/batches.h"

#include <algorithm>
#include <numeric>

namespace hangtag::train {

std::vector<std::vector<std::size_t>> make_batches(const std::vector<TokenExample>& examples, std::size_t size, bool together,
                                                   base::Random& random) {
  std::vector<std::size_t> order(examples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  random.shuffle(order);
  if (together) {
    // A photo takes the place of the first of its examples.
    std::vector<std::size_t> rank(examples.size(), examples.size());  // by photo
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto photo = examples[order[i]].photo;
      if (photo >= rank.size()) rank.resize(photo + 1, examples.size());
      rank[photo] = std::min(rank[photo], i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return rank[examples[a].photo] < rank[examples[b].photo]; });
  }
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t begin = 0; begin < order.size(); begin += size) {
    const auto end = std::min(order.size(), begin + size);
    batches.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(begin), order.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return batches;
}

}  // namespace hangtag::train
