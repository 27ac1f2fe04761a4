// Which columns of a linear layer's input hold, now and then, far larger numbers than the rest, seen over photos of the
// user's own: kept out of the products in 8 bits, they no longer coarsen the steps of a whole row.
#pragma once

#include <map>
#include <string>

#include "model/blip2.h"

namespace hangtag::model {

// From now on every linear layer notes what its inputs hold. Run the model over some examples, then ask.
void watch_inputs(Blip2& model);

// Linear layer → columns (int64) whose largest magnitude was above `ratio` times that of the layer's median column: at
// most one in 32, the largest. Layers without any, or that were not run, are left out.
std::map<std::string, at::Tensor> outlier_columns(const Blip2& model, double ratio);

}  // namespace hangtag::model
