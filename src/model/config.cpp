#include "model/config.h"

#include "base/error.h"

namespace hangtag::model {
namespace {

using base::ErrorCode;
using base::fail;
using base::Json;

// Reads fields of one section; every value is optional, the struct's own value stands in, as in transformers.
class Section {
 public:
  Section(const Json& json, std::string name) : json_(json), name_(std::move(name)) {}

  void size(const char* key, std::int64_t& field) const {
    field = base::get_or(json_, key, field, name_);
    if (field < 1) fail(ErrorCode::kInvalid, "{}: \"{}\" is {}, expected at least 1", name_, key, field);
    // Bounds every product of two sizes well below an overflow, whatever a hostile file says.
    if (field > 10'000'000) fail(ErrorCode::kInvalid, "{}: \"{}\" is {}, which no model has", name_, key, field);
  }
  template <typename T>
  void value(const char* key, T& field) const {
    field = base::get_or(json_, key, field, name_);
  }
  void multiple(std::int64_t width, const char* key, std::int64_t heads) const {
    if (width % heads != 0) {
      fail(ErrorCode::kInvalid, "{}: \"hidden_size\" {} is not a multiple of \"{}\" {}", name_, width, key, heads);
    }
  }

 private:
  const Json& json_;
  std::string name_;
};

const Json& section_of(const Json& json, const char* key, const std::string& name) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_object()) {
    fail(ErrorCode::kInvalid, "{}: \"{}\" is missing: this is not the config.json of a BLIP-2 checkpoint", name, key);
  }
  return *found;
}

VisionConfig parse_vision(const Json& json, const std::string& name) {
  const Section in(json, name);
  VisionConfig config;
  in.size("hidden_size", config.hidden_size);
  in.size("intermediate_size", config.intermediate_size);
  in.size("num_hidden_layers", config.num_hidden_layers);
  in.size("num_attention_heads", config.num_attention_heads);
  in.size("image_size", config.image_size);
  in.size("patch_size", config.patch_size);
  in.value("hidden_act", config.hidden_act);
  in.value("layer_norm_eps", config.layer_norm_eps);
  in.value("attention_dropout", config.attention_dropout);
  in.value("initializer_range", config.initializer_range);
  in.value("qkv_bias", config.qkv_bias);
  in.multiple(config.hidden_size, "num_attention_heads", config.num_attention_heads);
  return config;
}

QFormerConfig parse_qformer(const Json& json, const std::string& name) {
  const Section in(json, name);
  QFormerConfig config;
  in.size("hidden_size", config.hidden_size);
  in.size("intermediate_size", config.intermediate_size);
  in.size("num_hidden_layers", config.num_hidden_layers);
  in.size("num_attention_heads", config.num_attention_heads);
  in.size("cross_attention_frequency", config.cross_attention_frequency);
  in.value("hidden_act", config.hidden_act);
  in.value("layer_norm_eps", config.layer_norm_eps);
  in.value("hidden_dropout_prob", config.hidden_dropout_prob);
  in.value("attention_probs_dropout_prob", config.attention_probs_dropout_prob);
  in.value("initializer_range", config.initializer_range);
  in.multiple(config.hidden_size, "num_attention_heads", config.num_attention_heads);
  if (base::get_or(json, "use_qformer_text_input", false, name)) {
    fail(ErrorCode::kUnsupported, "{}: \"use_qformer_text_input\" is true, which only the retrieval models use", name);
  }
  return config;
}

T5Config parse_text(const Json& json, const std::string& name) {
  if (const auto type = base::get<std::string>(json, "model_type", name); type != "t5") {
    fail(ErrorCode::kUnsupported, "{}: \"model_type\" is \"{}\"; only BLIP-2 with T5 (Flan-T5) is supported", name, type);
  }
  const Section in(json, name);
  T5Config config;
  in.size("vocab_size", config.vocab_size);
  in.size("d_model", config.d_model);
  in.size("d_kv", config.d_kv);
  in.size("d_ff", config.d_ff);
  in.size("num_layers", config.num_layers);
  config.num_decoder_layers = config.num_layers;
  in.size("num_decoder_layers", config.num_decoder_layers);
  in.size("num_heads", config.num_heads);
  in.size("relative_attention_num_buckets", config.relative_attention_num_buckets);
  in.size("relative_attention_max_distance", config.relative_attention_max_distance);
  config.feed_forward_proj = "relu";
  in.value("feed_forward_proj", config.feed_forward_proj);
  in.value("dropout_rate", config.dropout_rate);
  in.value("layer_norm_epsilon", config.layer_norm_epsilon);
  in.value("initializer_factor", config.initializer_factor);
  in.value("pad_token_id", config.pad_token_id);
  in.value("eos_token_id", config.eos_token_id);
  in.value("decoder_start_token_id", config.decoder_start_token_id);
  // Files from before "scale_decoder_outputs" said the same by "tie_word_embeddings".
  config.scale_decoder_outputs = base::get_or(json, "scale_decoder_outputs",
                                              base::get_or(json, "tie_word_embeddings", true, name), name);
  return config;
}

}  // namespace

Blip2Config parse_config(const Json& json, const std::string& name) {
  if (const auto type = base::get<std::string>(json, "model_type", name); type != "blip-2") {
    fail(ErrorCode::kUnsupported, "{}: \"model_type\" is \"{}\", expected \"blip-2\"", name, type);
  }
  Blip2Config config;
  config.vision = parse_vision(section_of(json, "vision_config", name), name + ": vision_config");
  config.qformer = parse_qformer(section_of(json, "qformer_config", name), name + ": qformer_config");
  config.text = parse_text(section_of(json, "text_config", name), name + ": text_config");
  config.qformer.encoder_hidden_size = config.vision.hidden_size;
  Section(json, name).size("num_query_tokens", config.num_query_tokens);
  config.image_token_index = base::find<std::int64_t>(json, "image_token_index", name);
  return config;
}

Blip2Config read_config(const std::filesystem::path& folder) {
  const auto path = folder / "config.json";
  return parse_config(base::read_json(path), path.string());
}

base::OrderedJson to_json(const Blip2Config& config, const std::string& dtype) {
  const auto& v = config.vision;
  const auto& q = config.qformer;
  const auto& t = config.text;
  base::OrderedJson json;
  json["architectures"] = {"Blip2ForConditionalGeneration"};
  json["model_type"] = "blip-2";
  json["dtype"] = dtype;
  json["is_encoder_decoder"] = true;
  json["use_decoder_only_language_model"] = false;
  json["num_query_tokens"] = config.num_query_tokens;
  if (config.image_token_index) json["image_token_index"] = *config.image_token_index;
  json["vision_config"] = {{"model_type", "blip_2_vision_model"},
                           {"hidden_size", v.hidden_size},
                           {"intermediate_size", v.intermediate_size},
                           {"num_hidden_layers", v.num_hidden_layers},
                           {"num_attention_heads", v.num_attention_heads},
                           {"image_size", v.image_size},
                           {"patch_size", v.patch_size},
                           {"hidden_act", v.hidden_act},
                           {"layer_norm_eps", v.layer_norm_eps},
                           {"attention_dropout", v.attention_dropout},
                           {"initializer_range", v.initializer_range},
                           {"qkv_bias", v.qkv_bias}};
  json["qformer_config"] = {{"model_type", "blip_2_qformer"},
                            {"hidden_size", q.hidden_size},
                            {"intermediate_size", q.intermediate_size},
                            {"num_hidden_layers", q.num_hidden_layers},
                            {"num_attention_heads", q.num_attention_heads},
                            {"cross_attention_frequency", q.cross_attention_frequency},
                            {"encoder_hidden_size", q.encoder_hidden_size},
                            {"hidden_act", q.hidden_act},
                            {"layer_norm_eps", q.layer_norm_eps},
                            {"hidden_dropout_prob", q.hidden_dropout_prob},
                            {"attention_probs_dropout_prob", q.attention_probs_dropout_prob},
                            {"initializer_range", q.initializer_range},
                            {"use_qformer_text_input", false}};
  json["text_config"] = {{"model_type", "t5"},
                         {"vocab_size", t.vocab_size},
                         {"d_model", t.d_model},
                         {"d_kv", t.d_kv},
                         {"d_ff", t.d_ff},
                         {"num_layers", t.num_layers},
                         {"num_decoder_layers", t.num_decoder_layers},
                         {"num_heads", t.num_heads},
                         {"relative_attention_num_buckets", t.relative_attention_num_buckets},
                         {"relative_attention_max_distance", t.relative_attention_max_distance},
                         {"feed_forward_proj", t.feed_forward_proj},
                         {"dropout_rate", t.dropout_rate},
                         {"layer_norm_epsilon", t.layer_norm_epsilon},
                         {"initializer_factor", t.initializer_factor},
                         {"pad_token_id", t.pad_token_id},
                         {"eos_token_id", t.eos_token_id},
                         {"decoder_start_token_id", t.decoder_start_token_id},
                         {"is_encoder_decoder", true},
                         // Both spellings: releases before "scale_decoder_outputs" read the first.
                         {"tie_word_embeddings", t.scale_decoder_outputs},
                         {"scale_decoder_outputs", t.scale_decoder_outputs}};
  return json;
}

}  // namespace hangtag::model
