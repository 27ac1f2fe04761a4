#include "model/vision.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>

#include <cmath>

namespace hangtag::model {
namespace {

// Beside products in 8 bits, attention in bfloat16 costs no accuracy that they have left, and a CPU with instructions for
// it multiplies several times faster than in float32. qkv (3, B, H, T, K) → (B, H, T, K) fp32.
at::Tensor attend_in_bfloat16(const at::Tensor& qkv) {
  const auto B = qkv.size(1), H = qkv.size(2), T = qkv.size(3), K = qkv.size(4);
  const auto parts = qkv.to(at::kBFloat16).reshape({3, B * H, T, K});
  const auto scores = at::bmm(parts[0], parts[1].transpose(1, 2)) / std::sqrt(static_cast<double>(K));  // (B·H, T, T)
  return at::bmm(at::softmax(scores, -1), parts[2]).to(at::kFloat).view({B, H, T, K});
}

}  // namespace

VisionEmbeddingsImpl::PatchEmbedding::PatchEmbedding(const nn::Weights& weights, const VisionConfig& config) {
  const auto patch = config.patch_size;
  weight = parameter(weights, "weight", {config.hidden_size, 3, patch, patch}, nn::normal(config.initializer_range));
  bias = parameter(weights, "bias", {config.hidden_size}, nn::kZeros);
}

VisionEmbeddingsImpl::VisionEmbeddingsImpl(const nn::Weights& weights, const VisionConfig& config)
    : patch_size_(config.patch_size) {
  const auto side = config.image_size / config.patch_size;
  const auto init = nn::normal(config.initializer_range);
  class_embedding_ = parameter(weights, "class_embedding", {1, 1, config.hidden_size}, init);
  position_embedding_ = parameter(weights, "position_embedding", {1, side * side + 1, config.hidden_size}, init);
  patch_embedding_ = register_module("patch_embedding", std::make_shared<PatchEmbedding>(weights / "patch_embedding", config));
}

at::Tensor VisionEmbeddingsImpl::forward(const at::Tensor& pixel_values) {
  const auto& [weight, bias] = std::tie(patch_embedding_->weight, patch_embedding_->bias);
  const auto patches = at::conv2d(pixel_values.to(weight.scalar_type()), weight, bias, patch_size_)  // (B, D, P, P)
                           .flatten(2)
                           .transpose(1, 2);                                      // (B, P·P, D)
  const auto cls = class_embedding_.expand({pixel_values.size(0), -1, -1});       // (B, 1, D)
  return at::cat({cls, patches}, 1) + position_embedding_;
}

VisionAttentionImpl::VisionAttentionImpl(const nn::Weights& weights, const VisionConfig& config)
    : qkv_(child<nn::Linear>(weights, "qkv", config.hidden_size, 3 * config.hidden_size,
                             nn::LinearOptions{.bias = config.qkv_bias, .init = nn::normal(config.initializer_range)})),
      projection_(child<nn::Linear>(weights, "projection", config.hidden_size, config.hidden_size,
                                    nn::LinearOptions{.init = nn::normal(config.initializer_range)})),
      heads_(config.num_attention_heads),
      dropout_(config.attention_dropout) {}

at::Tensor VisionAttentionImpl::forward(const at::Tensor& x, const at::Tensor& residual) {
  const auto B = x.size(0), T = x.size(1), D = x.size(2);
  const auto qkv = qkv_(x).view({B, T, 3, heads_, D / heads_}).permute({2, 0, 3, 1, 4});  // (3, B, H, T, K)
  const auto y = qkv_->is_int8() && nn::has_fast_bfloat16()
                     ? attend_in_bfloat16(qkv)
                     : at::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], {}, is_training() ? dropout_ : 0.0);
  return projection_(y.transpose(1, 2).reshape({B, T, D}), nn::After{.residual = residual});
}

VisionMlpImpl::VisionMlpImpl(const nn::Weights& weights, const VisionConfig& config)
    : fc1_(child<nn::Linear>(weights, "fc1", config.hidden_size, config.intermediate_size,
                             nn::LinearOptions{.init = nn::normal(config.initializer_range)})),
      fc2_(child<nn::Linear>(weights, "fc2", config.intermediate_size, config.hidden_size,
                             nn::LinearOptions{.init = nn::normal(config.initializer_range)})),
      activation_(nn::parse_activation(config.hidden_act)) {}

at::Tensor VisionMlpImpl::forward(const at::Tensor& x, const at::Tensor& residual) {
  return fc2_(fc1_(x, nn::After{.activation = activation_}), nn::After{.residual = residual});
}

VisionLayerImpl::VisionLayerImpl(const nn::Weights& weights, const VisionConfig& config)
    : layer_norm1_(child<nn::LayerNorm>(weights, "layer_norm1", config.hidden_size, config.layer_norm_eps)),
      self_attn_(child<VisionAttention>(weights, "self_attn", config)),
      layer_norm2_(child<nn::LayerNorm>(weights, "layer_norm2", config.hidden_size, config.layer_norm_eps)),
      mlp_(child<VisionMlp>(weights, "mlp", config)) {}

at::Tensor VisionLayerImpl::forward(const at::Tensor& x) {
  const auto y = self_attn_(layer_norm1_(x), x);
  return mlp_(layer_norm2_(y), y);
}

VisionEncoderImpl::VisionEncoderImpl(const nn::Weights& weights, const VisionConfig& config)
    : layers_(child<nn::List<VisionLayer>>(weights, "layers", config.num_hidden_layers,
                                           [&](const nn::Weights& w, std::int64_t) { return VisionLayer(w, config); })) {}

at::Tensor VisionEncoderImpl::forward(at::Tensor x) {
  for (auto layer : *layers_) x = layer(x);
  return x;
}

VisionModelImpl::VisionModelImpl(const nn::Weights& weights, const VisionConfig& config)
    : embeddings_(child<VisionEmbeddings>(weights, "embeddings", config)),
      encoder_(child<VisionEncoder>(weights, "encoder", config)),
      post_layernorm_(child<nn::LayerNorm>(weights, "post_layernorm", config.hidden_size, config.layer_norm_eps)) {}

at::Tensor VisionModelImpl::forward(const at::Tensor& pixel_values) {
  return post_layernorm_(encoder_(embeddings_(pixel_values)));
}

}  // namespace hangtag::model
