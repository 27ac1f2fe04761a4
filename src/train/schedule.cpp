#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hangtag::train {

double learning_rate(double peak, std::int64_t step, std::int64_t warmup_steps, std::int64_t total_steps) {
  if (step < warmup_steps) return peak * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  const double remaining = static_cast<double>(std::max<std::int64_t>(1, total_steps - warmup_steps));
  const double done = std::min(1.0, static_cast<double>(step - warmup_steps) / remaining);
  return peak * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

}  // namespace hangtag::train
