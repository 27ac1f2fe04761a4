// A vision tower that begins by looking at neighbouring patches.
#pragma once

#include "model/blip2.h"

namespace hangtag::train {

// Overwrites parts of random weights so that each head of the vision tower attends, at first, to the patch at one small
// offset from its own: a convolution's way of seeing, from which a small model learns in far fewer photos than from
// attention to everywhere (the idea: Zheng et al., Structured Initialization for Vision Transformers, arXiv:2404.01139).
//
// The first dimensions of a patch's embedding hold its place, as sines and cosines; queries turn them by the offset and
// keys do not, so that their product is largest where the offset leads:
//   q(x) · k(x') ∝ Σ_f cos(ω_f (x + offset - x')),   ω_f = π (2f + 1) / side, f < side / 2: zero for all other places x'
// Does nothing where a head has too few dimensions to tell all places apart.
void attend_to_neighbours(model::Blip2& model);

}  // namespace hangtag::train
