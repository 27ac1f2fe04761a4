// BLIP-2's vision tower: a Vision Transformer (Dosovitskiy et al., arXiv:2010.11929), normalised before each sublayer.
// Modules and parameters carry transformers' names (modeling_blip_2.py, Blip2VisionModel).
//
//   B photos   S image side   P = S / patch   T = P·P + 1 tokens   D width   H heads   K = D / H
#pragma once

#include "model/config.h"
#include "nn/activation.h"
#include "nn/linear.h"
#include "nn/norm.h"

namespace hangtag::model {

class VisionEmbeddingsImpl : public nn::Module {
 public:
  VisionEmbeddingsImpl(const nn::Weights& weights, const VisionConfig& config);
  at::Tensor forward(const at::Tensor& pixel_values);  // (B, 3, S, S) → (B, T, D)

 private:
  // torch.nn.Conv2d with kernel = stride = patch, under its own names.
  struct PatchEmbedding : nn::Module {
    PatchEmbedding(const nn::Weights& weights, const VisionConfig& config);
    at::Tensor weight;  // (D, 3, patch, patch)
    at::Tensor bias;    // (D)
  };

  at::Tensor class_embedding_;     // (1, 1, D)
  at::Tensor position_embedding_;  // (1, T, D)
  std::shared_ptr<PatchEmbedding> patch_embedding_;
  std::int64_t patch_size_;
};
TORCH_MODULE(VisionEmbeddings);

class VisionAttentionImpl : public nn::Module {
 public:
  VisionAttentionImpl(const nn::Weights& weights, const VisionConfig& config);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& residual);  // (B, T, D) → (B, T, D)

 private:
  nn::Linear qkv_, projection_;
  std::int64_t heads_;
  double dropout_;
};
TORCH_MODULE(VisionAttention);

class VisionMlpImpl : public nn::Module {
 public:
  VisionMlpImpl(const nn::Weights& weights, const VisionConfig& config);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& residual);  // (B, T, D) → (B, T, D)

 private:
  nn::Linear fc1_, fc2_;
  nn::Activation activation_;
};
TORCH_MODULE(VisionMlp);

class VisionLayerImpl : public nn::Module {
 public:
  VisionLayerImpl(const nn::Weights& weights, const VisionConfig& config);
  at::Tensor forward(const at::Tensor& x);  // (B, T, D) → (B, T, D)

 private:
  nn::LayerNorm layer_norm1_;
  VisionAttention self_attn_;
  nn::LayerNorm layer_norm2_;
  VisionMlp mlp_;
};
TORCH_MODULE(VisionLayer);

class VisionEncoderImpl : public nn::Module {
 public:
  VisionEncoderImpl(const nn::Weights& weights, const VisionConfig& config);
  at::Tensor forward(at::Tensor x);  // (B, T, D) → (B, T, D)

 private:
  nn::List<VisionLayer> layers_;
};
TORCH_MODULE(VisionEncoder);

class VisionModelImpl : public nn::Module {
 public:
  VisionModelImpl(const nn::Weights& weights, const VisionConfig& config);
  at::Tensor forward(const at::Tensor& pixel_values);  // (B, 3, S, S) → (B, T, D)

 private:
  VisionEmbeddings embeddings_;
  VisionEncoder encoder_;
  nn::LayerNorm post_layernorm_;
};
TORCH_MODULE(VisionModel);

}  // namespace hangtag::model
