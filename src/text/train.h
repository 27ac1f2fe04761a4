// Makes a vocabulary from text.
#pragma once

#include <string>
#include <vector>

#include "text/tokenizer.h"

namespace hangtag::text {

struct TrainOptions {
  int vocabulary_size;  // at most; a small corpus gives fewer pieces
  int extra_ids = 0;    // sentinels <extra_id_N> behind the pieces; T5 has 100
};

// A Unigram tokenizer with T5's special tokens (pad 0, eos 1, unknown 2), the same for the same sentences each time. It
// knows every character of the sentences and of printable ASCII. Throws kInvalid when the sentences hold no text.
Tokenizer train(const std::vector<std::string>& sentences, const TrainOptions& options);

}  // namespace hangtag::text
