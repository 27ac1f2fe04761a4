// Dropout with a mask that all cores draw: torch's draws from one generator, element by element, which in a LoRA step over
// products in 8 bits took a quarter of the time.
#pragma once

#include <ATen/core/Tensor.h>

namespace hangtag::nn {

// x with each element zeroed with probability `rate` and the others scaled by 1 / (1 - rate); x itself unless training.
// Follows from torch's default generator, of which it takes one number: the same for the same seed, whatever the threads.
at::Tensor dropout(const at::Tensor& x, double rate, bool training);

}  // namespace hangtag::nn
