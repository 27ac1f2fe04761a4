#include "train/presets.h"

#include <filesystem>
#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "dataset/questions.h"
#include "text/train.h"
#include "train/near_attention.h"

namespace hangtag::train {
namespace {

struct Preset {
  const char* name;
  model::Blip2Config config;
};

// The usual 0.02 is for widths near 768. In a narrow model it all but mutes the photo: each layer that the photo's signal
// passes would shrink it, while the queries keep theirs, and training settles on the most frequent answers.
double inverse_root(double width) { return 1 / std::sqrt(width); }

model::Blip2Config tiny() {
  model::Blip2Config config;
  config.num_query_tokens = 8;
  config.vision = {.hidden_size = 96, .intermediate_size = 256, .num_hidden_layers = 3, .num_attention_heads = 3,
                   .image_size = 64, .patch_size = 8, .initializer_range = inverse_root(96)};
  config.qformer = {.hidden_size = 96, .intermediate_size = 192, .num_hidden_layers = 2, .num_attention_heads = 3,
                    .cross_attention_frequency = 1, .encoder_hidden_size = 96,
                    .hidden_dropout_prob = 0, .attention_probs_dropout_prob = 0,
                    .initializer_range = inverse_root(96)};
  config.text = {.d_model = 96, .d_kv = 24, .d_ff = 192, .num_layers = 1, .num_decoder_layers = 1, .num_heads = 4,
                 .dropout_rate = 0};
  return config;
}

// That of models/hangtag-small. Heads of 16 dimensions tell the 8 patches of a side apart (near_attention.h).
model::Blip2Config small() {
  auto config = tiny();
  config.vision = {.hidden_size = 128, .intermediate_size = 384, .num_hidden_layers = 4, .num_attention_heads = 8,
                   .image_size = 64, .patch_size = 8, .initializer_range = inverse_root(128)};
  config.qformer.encoder_hidden_size = 128;
  return config;
}

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = {{"tiny", tiny()}, {"small", small()}};
  return all;
}

}  // namespace

const std::vector<std::string>& preset_names() {
  static const auto names = [] {
    std::vector<std::string> all;
    for (const auto& preset : presets()) all.emplace_back(preset.name);
    return all;
  }();
  return names;
}

model::Checkpoint new_model(const std::string& preset, const dataset::Dataset& data, std::uint64_t seed) {
  const auto found = std::find_if(presets().begin(), presets().end(), [&](const auto& p) { return p.name == preset; });
  model::Blip2Config config;
  if (found != presets().end()) {
    config = found->config;
  } else if (std::filesystem::is_regular_file(preset)) {
    config = model::parse_config(base::read_json(preset), preset);
  } else {
    base::fail(base::ErrorCode::kUsage, "\"{}\" is neither a preset ({}) nor a config.json", preset,
               fmt::join(preset_names(), ", "));
  }

  std::set<std::string> sentences;  // each once: how often a value occurs is not the tokenizer's business
  for (const auto& examples : data.examples) {
    for (const auto& example : examples) {
      sentences.insert(dataset::prompt(example.question));
      sentences.insert(example.answer);
    }
  }
  auto tokenizer = text::train({sentences.begin(), sentences.end()}, {.vocabulary_size = 1000});
  config.text.vocab_size = static_cast<std::int64_t>((tokenizer.size() + 63) / 64 * 64);  // rounded up, as models have it
  auto checkpoint = model::new_checkpoint(config, std::move(tokenizer), seed);
  attend_to_neighbours(checkpoint.model);
  return checkpoint;
}

}  // namespace hangtag::train
