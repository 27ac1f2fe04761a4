// Random numbers that are the same on every machine and with every standard library, for a given seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace hangtag::base {

// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  // A stream of its own for one purpose ("colours") or one product, so that adding draws to one leaves the others.
  Random(std::uint64_t seed, std::string_view purpose) : state_(seed) {
    for (const char c : purpose) state_ = mix(state_ ^ static_cast<unsigned char>(c));
  }

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15u;
    return mix(state_);
  }

  // In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  // In [0, count). The bias of a remainder is below 2^-40 for any count we use.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }

  bool chance(double probability) { return uniform() < probability; }

  template <typename Range>  // with size() and []
  void shuffle(Range&& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

  // The whole state: Random(state()) continues where this one stands.
  std::uint64_t state() const { return state_; }

 private:
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace hangtag::base
