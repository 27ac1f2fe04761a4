// Whole weights in Hugging Face's layout: config.json, preprocessor_config.json, the tokenizer's files, and
// model.safetensors or shards of it. What is saved here loads in transformers, and the other way round.
#pragma once

#include <cstdint>
#include <filesystem>
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
  Memory memory = Memory::kMapped;
};

// Loads and checks everything: each tensor that config.json implies must be there in its shape, and no other.
// The model is in evaluation mode, its parameters frozen. Under kHalf the Q-Former and T5's "wo" stay in fp32, as in
// transformers, because they overflow. Throws kNotFound, kInvalid, kMismatch, kUnsupported.
Checkpoint load_checkpoint(const std::filesystem::path& folder, const LoadOptions& options = {});

// Random weights of these sizes; the tokenizer must fit into the vocabulary (kMismatch).
Checkpoint new_checkpoint(const Blip2Config& config, text::Tokenizer tokenizer, std::uint64_t seed);

struct SaveOptions {
  at::ScalarType dtype = at::kFloat;
  std::uint64_t max_shard_bytes = std::uint64_t{5} << 30;
};

// Replaces `folder` as a whole, or leaves it as it was and throws kIo.
void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint, const SaveOptions& options = {});

// "float32", "bfloat16", "float16": the names in config.json and on the command line. Throws kUsage for another.
at::ScalarType parse_dtype(const std::string& name);
std::string to_string(at::ScalarType dtype);

}  // namespace hangtag::model
