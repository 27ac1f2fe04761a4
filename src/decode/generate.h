// Free answers: greedy and beam search, with the arithmetic of transformers' generate().
#pragma once

#include <cstdint>
#include <vector>

#include "model/blip2.h"

namespace hangtag::decode {

struct GenerateOptions {
  std::int64_t max_new_tokens = 20;  // the end token included
  std::int64_t num_beams = 1;        // 1 is greedy
  double length_penalty = 1;         // beam scores are divided by length to this power
  bool early_stopping = false;       // stop a row when num_beams answers are finished, whether or not a better may come
};

// One answer per row of the state: token ids without the start token, the end token included where it was reached.
// Rows do not influence each other. Throws kUsage for options out of range.
std::vector<std::vector<std::int64_t>> generate(model::Blip2& model, model::DecoderState state,
                                                const GenerateOptions& options = {});

}  // namespace hangtag::decode
