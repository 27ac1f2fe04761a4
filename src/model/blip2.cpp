#include "model/blip2.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>

#include <algorithm>

namespace hangtag::model {
namespace {

at::Tensor pad_rows(const std::vector<std::vector<std::int64_t>>& rows, std::int64_t filler) {
  std::size_t longest = 1;
  for (const auto& row : rows) longest = std::max(longest, row.size());
  auto ids = at::full({static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(longest)}, filler, at::kLong);
  auto* out = ids.mutable_data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < rows.size(); ++i) std::copy(rows[i].begin(), rows[i].end(), out + i * longest);
  return ids;
}

}  // namespace

TextBatch pad(const std::vector<std::vector<std::int64_t>>& rows, std::int64_t pad_id) {
  // The mask comes from the lengths: a text may hold the padding token itself.
  std::vector<std::vector<std::int64_t>> ones;
  ones.reserve(rows.size());
  for (const auto& row : rows) ones.emplace_back(row.size(), 1);
  return {.ids = pad_rows(rows, pad_id), .mask = pad_rows(ones, 0).to(at::kBool)};
}

at::Tensor pad_labels(const std::vector<std::vector<std::int64_t>>& rows) { return pad_rows(rows, -100); }

Blip2Impl::Blip2Impl(const nn::Weights& weights, const Blip2Config& config)
    : config_(config),
      query_tokens_(parameter(weights, "query_tokens", {1, config.num_query_tokens, config.qformer.hidden_size},
                              nn::normal(config.qformer.initializer_range))),
      vision_model_(child<VisionModel>(weights, "vision_model", config.vision)),
      qformer_(child<QFormerModel>(weights, "qformer", config.qformer)),
      language_projection_(child<nn::Linear>(weights, "language_projection", config.qformer.hidden_size,
                                             config.text.d_model,
                                             nn::LinearOptions{.init = nn::normal(config.qformer.initializer_range)})),
      language_model_(child<T5>(weights, "language_model", config.text)) {}

at::Tensor Blip2Impl::image_features(const at::Tensor& pixel_values) {
  const auto image_embeds = this->image_embeds(pixel_values);
  // Under fp16 the Q-Former stays in fp32, where it does not overflow.
  const auto queries = qformer_(query_tokens_, image_embeds).to(image_embeds.scalar_type());
  return language_projection_(queries);
}

DecoderState Blip2Impl::start(const at::Tensor& features, const TextBatch& text) {
  const auto text_embeds = language_model_->embed(text.ids);                                       // (B, L, D)
  const auto embeddings = at::cat({features.to(text_embeds.scalar_type()), text_embeds}, 1);       // (B, Q + L, D)
  const auto mask = at::cat({at::ones({features.size(0), features.size(1)}, text.mask.options()), text.mask}, 1);
  return language_model_->start(embeddings, mask);
}

at::Tensor Blip2Impl::decode(const DecoderInput& input, DecoderState& state) {
  return language_model_->logits(language_model_->decode(input, state));
}

at::Tensor Blip2Impl::forward(const at::Tensor& features, const TextBatch& text, const at::Tensor& labels) {
  // The decoder reads the labels shifted right by one, behind the start token.
  const auto first = at::full({labels.size(0), 1}, config_.text.decoder_start_token_id, labels.options());
  const auto shifted = at::cat({first, labels.slice(1, 0, -1)}, 1);
  auto state = start(features, text);
  return decode({.ids = shifted.masked_fill(shifted.eq(-100), config_.text.pad_token_id), .mask = labels.ne(-100)}, state);
}

std::map<std::string, nn::LinearImpl*> linear_layers(const Blip2& model) {
  std::map<std::string, nn::LinearImpl*> found;
  for (const auto& item : model->named_modules(/*name_prefix=*/"", /*include_self=*/false)) {
    if (auto* linear = item.value()->as<nn::LinearImpl>()) found.emplace(item.key(), linear);
  }
  return found;
}

at::Tensor language_model_loss(const at::Tensor& logits, const at::Tensor& labels) {
  return at::cross_entropy_loss(logits.flatten(0, 1).to(at::kFloat), labels.flatten(), {}, at::Reduction::Mean, -100);
}

}  // namespace hangtag::model
