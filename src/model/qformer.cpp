#include "model/qformer.h"

#include <ATen/ops/scaled_dot_product_attention.h>

#include "nn/dropout.h"

namespace hangtag::model {
namespace {

nn::LinearOptions linear_options(const QFormerConfig& config) {
  return {.bias = true, .init = nn::normal(config.initializer_range)};
}

// (B, T, D) → (B, H, T, K)
at::Tensor split_heads(const at::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
}

}  // namespace

QFormerMultiHeadAttentionImpl::QFormerMultiHeadAttentionImpl(const nn::Weights& weights, const QFormerConfig& config,
                                                             std::int64_t key_width)
    : query_(child<nn::Linear>(weights, "query", config.hidden_size, config.hidden_size, linear_options(config))),
      key_(child<nn::Linear>(weights, "key", key_width, config.hidden_size, linear_options(config))),
      value_(child<nn::Linear>(weights, "value", key_width, config.hidden_size, linear_options(config))),
      heads_(config.num_attention_heads),
      dropout_(config.attention_probs_dropout_prob) {}

at::Tensor QFormerMultiHeadAttentionImpl::forward(const at::Tensor& x, const at::Tensor& source) {
  const auto y = at::scaled_dot_product_attention(split_heads(query_(x), heads_), split_heads(key_(source), heads_),
                                                  split_heads(value_(source), heads_), {},
                                                  is_training() ? dropout_ : 0.0);  // (B, H, Q, K)
  return y.transpose(1, 2).flatten(2);
}

QFormerOutputImpl::QFormerOutputImpl(const nn::Weights& weights, const QFormerConfig& config, std::int64_t in)
    : dense_(child<nn::Linear>(weights, "dense", in, config.hidden_size, linear_options(config))),
      layer_norm_(child<nn::LayerNorm>(weights, "LayerNorm", config.hidden_size, config.layer_norm_eps)),
      dropout_(config.hidden_dropout_prob) {}

at::Tensor QFormerOutputImpl::forward(const at::Tensor& x, const at::Tensor& residual) {
  return layer_norm_(nn::dropout(dense_(x), dropout_, is_training()) + residual);
}

QFormerAttentionImpl::QFormerAttentionImpl(const nn::Weights& weights, const QFormerConfig& config,
                                           std::int64_t key_width)
    : attention_(child<QFormerMultiHeadAttention>(weights, "attention", config, key_width)),
      output_(child<QFormerOutput>(weights, "output", config, config.hidden_size)) {}

at::Tensor QFormerAttentionImpl::forward(const at::Tensor& x, const at::Tensor& source) {
  return output_(attention_(x, source), x);
}

QFormerIntermediateImpl::QFormerIntermediateImpl(const nn::Weights& weights, const QFormerConfig& config)
    : dense_(child<nn::Linear>(weights, "dense", config.hidden_size, config.intermediate_size, linear_options(config))),
      activation_(nn::parse_activation(config.hidden_act)) {}

at::Tensor QFormerIntermediateImpl::forward(const at::Tensor& x) {
  return dense_(x, nn::After{.activation = activation_});
}

QFormerLayerImpl::QFormerLayerImpl(const nn::Weights& weights, const QFormerConfig& config, std::int64_t index)
    : attention_(child<QFormerAttention>(weights, "attention", config, config.hidden_size)),
      intermediate_query_(child<QFormerIntermediate>(weights, "intermediate_query", config)),
      output_query_(child<QFormerOutput>(weights, "output_query", config, config.intermediate_size)) {
  if (index % config.cross_attention_frequency == 0) {
    cross_attention_ = child<QFormerAttention>(weights, "crossattention", config, config.encoder_hidden_size);
  }
}

at::Tensor QFormerLayerImpl::forward(at::Tensor x, const at::Tensor& image_embeds) {
  x = attention_(x, x);
  if (cross_attention_) x = cross_attention_(x, image_embeds);
  return output_query_(intermediate_query_(x), x);
}

QFormerEncoderImpl::QFormerEncoderImpl(const nn::Weights& weights, const QFormerConfig& config)
    : layer_(child<nn::List<QFormerLayer>>(
          weights, "layer", config.num_hidden_layers,
          [&](const nn::Weights& w, std::int64_t index) { return QFormerLayer(w, config, index); })) {}

at::Tensor QFormerEncoderImpl::forward(at::Tensor x, const at::Tensor& image_embeds) {
  for (auto layer : *layer_) x = layer(x, image_embeds);
  return x;
}

QFormerModelImpl::QFormerModelImpl(const nn::Weights& weights, const QFormerConfig& config)
    : layernorm_(child<nn::LayerNorm>(weights, "layernorm", config.hidden_size, config.layer_norm_eps)),
      encoder_(child<QFormerEncoder>(weights, "encoder", config)),
      dropout_(config.hidden_dropout_prob) {}

at::Tensor QFormerModelImpl::forward(const at::Tensor& query_tokens, const at::Tensor& image_embeds) {
  const auto queries = layernorm_(query_tokens).expand({image_embeds.size(0), -1, -1});  // (B, Q, D)
  return encoder_(nn::dropout(queries, dropout_, is_training()), image_embeds.to(queries.scalar_type()));
}

}  // namespace hangtag::model
