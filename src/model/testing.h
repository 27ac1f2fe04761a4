// A small model for tests: every dimension differs from every other, so that a mix-up shows.
#pragma once

#include "model/checkpoint.h"
#include "text/train.h"

namespace hangtag::model::testing {

inline Blip2Config tiny_config() {
  Blip2Config config;
  config.num_query_tokens = 5;
  config.vision = {.hidden_size = 24, .intermediate_size = 36, .num_hidden_layers = 2, .num_attention_heads = 3,
                   .image_size = 28, .patch_size = 7};
  config.qformer = {.hidden_size = 20, .intermediate_size = 28, .num_hidden_layers = 3, .num_attention_heads = 2,
                    .cross_attention_frequency = 2, .encoder_hidden_size = 24};
  config.text = {.vocab_size = 192, .d_model = 32, .d_kv = 6, .d_ff = 44, .num_layers = 2, .num_decoder_layers = 3,
                 .num_heads = 4, .relative_attention_num_buckets = 8, .relative_attention_max_distance = 16};
  return config;
}

inline Checkpoint tiny_checkpoint(std::uint64_t seed = 1) {
  static const auto tokenizer =
      text::train({"Question: What is the fabric of the clothing in this picture? Answer: ",
                   "Question: What is the sleeve length of the clothing in this picture? Answer: ", "Fabric: Cotton",
                   "Fabric: Linen", "Fabric: Cotton Linen", "Sleeve Length: Long Sleeves", "Sleeve Length: Sleeveless"},
                  {.vocabulary_size = 180});
  return new_checkpoint(tiny_config(), tokenizer, seed);
}

}  // namespace hangtag::model::testing
