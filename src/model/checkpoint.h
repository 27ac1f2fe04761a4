// Whole weights in Hugging Face's layout: config.json, preprocessor_config.json, the tokenizer's files, and
// model.safetensors or shards of it. What is saved here loads in transformers, and the other way round.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "model/blip2.h"
#include "model/processor.h"
#include "text/tokenizer.h"

namespace hangtag::model {

struct Checkpoint {
  Blip2 model;
  ImageProcessor processor;
  text::Tokenizer tokenizer;
};

enum class Memory {
  kMapped,   // weights stay in the mapped file where dtype and alignment allow: quick to load, not to be written to
  kWritable  // weights are copied, so that training can change them
};

struct LoadOptions {
  at::ScalarType dtype = at::kFloat;  // kFloat, kBFloat16 or kHalf, whatever the file holds
  bool int8 = false;                  // linear layers in 8 bits, quantised now unless the file holds them so; dtype kFloat
  std::map<std::string, at::Tensor> outlier_columns = {};  // by linear layer, of what is quantised now: int64 columns
  Memory memory = Memory::kMapped;
};

// Loads and checks everything: each tensor that config.json implies must be there in its shape, and no other.
// The model is in evaluation mode, its parameters frozen. Under kHalf the Q-Former and T5's "wo" stay in fp32, as in
// transformers, because they overflow. A checkpoint in 8 bits loads in any dtype. Throws kNotFound, kInvalid, kMismatch,
// kUnsupported; kUsage for 8 bits beside another dtype than kFloat.
Checkpoint load_checkpoint(const std::filesystem::path& folder, const LoadOptions& options = {});

// Random weights of these sizes; the tokenizer must fit into the vocabulary (kMismatch).
Checkpoint new_checkpoint(const Blip2Config& config, text::Tokenizer tokenizer, std::uint64_t seed);

// Whether FOLDER's linear layers are stored in 8 bits, as save_checkpoint notes it in config.json. Throws as read_config.
bool is_int8_checkpoint(const std::filesystem::path& folder);

struct SaveOptions {
  std::optional<at::ScalarType> dtype = at::kFloat;  // none: each tensor as it is; 8-bit integers always stay what they are
  std::uint64_t max_shard_bytes = std::uint64_t{5} << 30;
};

// Replaces `folder` as a whole, or leaves it as it was and throws kIo.
void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint, const SaveOptions& options = {});

// "float32", "bfloat16", "float16": the names in config.json and on the command line. Throws kUsage for another.
at::ScalarType parse_dtype(const std::string& name);
std::string to_string(at::ScalarType dtype);

}  // namespace hangtag::model
