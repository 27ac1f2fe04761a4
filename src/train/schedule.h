// The learning rate over the steps of a run.
#pragma once

#include <cstdint>

namespace hangtag::train {

// Rises linearly from 0 over `warmup_steps`, then falls along half a cosine to 0 at `total_steps`. `step` counts from 0.
double learning_rate(double peak, std::int64_t step, std::int64_t warmup_steps, std::int64_t total_steps);

}  // namespace hangtag::train
