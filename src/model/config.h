// The sizes of a BLIP-2 model: config.json's fields under their own names. Nothing in the code assumes a size.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/json.h"

namespace hangtag::model {

struct VisionConfig {
  std::int64_t hidden_size = 1408;
  std::int64_t intermediate_size = 6144;
  std::int64_t num_hidden_layers = 39;
  std::int64_t num_attention_heads = 16;
  std::int64_t image_size = 224;
  std::int64_t patch_size = 14;
  std::string hidden_act = "gelu";
  double layer_norm_eps = 1e-6;
  double attention_dropout = 0;
  double initializer_range = 0.02;
  bool qkv_bias = true;
};

struct QFormerConfig {
  std::int64_t hidden_size = 768;
  std::int64_t intermediate_size = 3072;
  std::int64_t num_hidden_layers = 12;
  std::int64_t num_attention_heads = 12;
  std::int64_t cross_attention_frequency = 2;
  std::int64_t encoder_hidden_size = 1408;  // the vision tower's hidden_size
  std::string hidden_act = "gelu";
  double layer_norm_eps = 1e-12;
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;
  double initializer_range = 0.02;
};

struct T5Config {
  std::int64_t vocab_size = 32128;
  std::int64_t d_model = 2048;
  std::int64_t d_kv = 64;  // per head; not d_model / num_heads
  std::int64_t d_ff = 5120;
  std::int64_t num_layers = 24;
  std::int64_t num_decoder_layers = 24;
  std::int64_t num_heads = 32;
  std::int64_t relative_attention_num_buckets = 32;
  std::int64_t relative_attention_max_distance = 128;
  std::string feed_forward_proj = "gated-gelu";
  double dropout_rate = 0.1;
  double layer_norm_epsilon = 1e-6;
  double initializer_factor = 1;
  std::int64_t pad_token_id = 0;
  std::int64_t eos_token_id = 1;
  std::int64_t decoder_start_token_id = 0;
  bool scale_decoder_outputs = false;  // the first T5's; T5 1.1 and Flan-T5 do not
};

struct Blip2Config {
  VisionConfig vision;
  QFormerConfig qformer;
  T5Config text;
  std::int64_t num_query_tokens = 32;
  // The id of "<image>", in checkpoints of newer processors. The features stand in front of the text either way.
  std::optional<std::int64_t> image_token_index;
};

// Reads and checks FOLDER/config.json. Throws kNotFound, kInvalid with the field's name, kUnsupported for another kind of
// model (a decoder-only language model, for one).
Blip2Config read_config(const std::filesystem::path& folder);
Blip2Config parse_config(const base::Json& json, const std::string& name);

// As transformers writes and reads it. `dtype` is the checkpoint's: "float32", "bfloat16", "float16".
base::OrderedJson to_json(const Blip2Config& config, const std::string& dtype);

}  // namespace hangtag::model
