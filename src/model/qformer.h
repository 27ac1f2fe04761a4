// BLIP-2's Q-Former: a BERT-like encoder whose learned queries read the photo by cross-attention (Li et al.,
// arXiv:2301.12597). Normalised after each sublayer. Names as in modeling_blip_2.py, Blip2QFormerModel.
//
//   B photos   Q queries   T vision tokens   D width   V vision width   H heads   K = D / H
#pragma once

#include "model/config.h"
#include "nn/activation.h"
#include "nn/linear.h"
#include "nn/norm.h"

namespace hangtag::model {

class QFormerMultiHeadAttentionImpl : public nn::Module {
 public:
  QFormerMultiHeadAttentionImpl(const nn::Weights& weights, const QFormerConfig& config, std::int64_t key_width);
  // x (B, Q, D), source (B, T, key_width) → (B, Q, D)
  at::Tensor forward(const at::Tensor& x, const at::Tensor& source);

 private:
  nn::Linear query_, key_, value_;
  std::int64_t heads_;
  double dropout_;
};
TORCH_MODULE(QFormerMultiHeadAttention);

// Projection back to D, then LayerNorm(… + residual).
class QFormerOutputImpl : public nn::Module {
 public:
  QFormerOutputImpl(const nn::Weights& weights, const QFormerConfig& config, std::int64_t in);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& residual);  // (B, Q, in), (B, Q, D) → (B, Q, D)

 private:
  nn::Linear dense_;
  nn::LayerNorm layer_norm_;
  double dropout_;
};
TORCH_MODULE(QFormerOutput);

class QFormerAttentionImpl : public nn::Module {
 public:
  QFormerAttentionImpl(const nn::Weights& weights, const QFormerConfig& config, std::int64_t key_width);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& source);

 private:
  QFormerMultiHeadAttention attention_;
  QFormerOutput output_;
};
TORCH_MODULE(QFormerAttention);

class QFormerIntermediateImpl : public nn::Module {
 public:
  QFormerIntermediateImpl(const nn::Weights& weights, const QFormerConfig& config);
  at::Tensor forward(const at::Tensor& x);  // (B, Q, D) → (B, Q, intermediate)

 private:
  nn::Linear dense_;
  nn::Activation activation_;
};
TORCH_MODULE(QFormerIntermediate);

class QFormerLayerImpl : public nn::Module {
 public:
  QFormerLayerImpl(const nn::Weights& weights, const QFormerConfig& config, std::int64_t index);
  at::Tensor forward(at::Tensor x, const at::Tensor& image_embeds);  // (B, Q, D), (B, T, V) → (B, Q, D)

 private:
  QFormerAttention attention_;
  QFormerAttention cross_attention_{nullptr};  // in every cross_attention_frequency-th layer
  QFormerIntermediate intermediate_query_;
  QFormerOutput output_query_;
};
TORCH_MODULE(QFormerLayer);

class QFormerEncoderImpl : public nn::Module {
 public:
  QFormerEncoderImpl(const nn::Weights& weights, const QFormerConfig& config);
  at::Tensor forward(at::Tensor x, const at::Tensor& image_embeds);

 private:
  nn::List<QFormerLayer> layer_;
};
TORCH_MODULE(QFormerEncoder);

class QFormerModelImpl : public nn::Module {
 public:
  QFormerModelImpl(const nn::Weights& weights, const QFormerConfig& config);
  // query_tokens (1, Q, D), image_embeds (B, T, V) → (B, Q, D), in the Q-Former's own dtype
  at::Tensor forward(const at::Tensor& query_tokens, const at::Tensor& image_embeds);

 private:
  nn::LayerNorm layernorm_;
  QFormerEncoder encoder_;
  double dropout_;
};
TORCH_MODULE(QFormerModel);

}  // namespace hangtag::model
