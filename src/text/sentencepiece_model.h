// Reads spiece.model: a sentencepiece model in protobuf's wire format.
#pragma once

#include <string_view>

#include "text/definition.h"

namespace hangtag::text {

// The Definition that transformers' T5Tokenizer makes of the model, with `extra_ids` sentinels <extra_id_N> behind its
// pieces. `name` says where in messages. Throws kInvalid when the bytes are malformed or truncated, kUnsupported for a
// model other than Unigram or with byte fallback.
Definition read_sentencepiece_model(std::string_view bytes, std::string_view name, int extra_ids);

}  // namespace hangtag::text
