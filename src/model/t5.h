// T5 1.1 / Flan-T5 (Raffel et al., arXiv:1910.10683): encoder, decoder with cache, language-model head.
// Names as in modeling_t5.py, T5ForConditionalGeneration.
//
//   B rows   S encoder tokens   N decoder tokens of this call   M decoder tokens so far, these included
//   D d_model   H heads   K d_kv   F d_ff   V vocabulary   T tokens of all rows, padding left out
//
// Between the layers rows are packed, (T, D); attention alone unpacks them.
#pragma once

#include "model/config.h"
#include "nn/activation.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "nn/packing.h"
#include "nn/relative_bias.h"

namespace hangtag::model {

struct KeysValues {
  at::Tensor keys;    // (B, H, M, K)
  at::Tensor values;  // (B, H, M, K)
};

// What the decoder remembers between calls.
struct DecoderState {
  std::vector<KeysValues> self;   // per layer; tokens decoded so far
  std::vector<KeysValues> cross;  // per layer; from the encoder, computed once
  at::Tensor cross_bias;          // (B, 1, 1, S): 0 where attended, lowest where padded
  std::int64_t length = 0;        // tokens decoded so far

  // The state of these rows (int64, any number, repetitions allowed), as beam search reorders and repeats them.
  DecoderState rows(const at::Tensor& index) const;
};

// Tokens for the decoder. By default they continue the state one after the other, each seeing those before it.
struct DecoderInput {
  at::Tensor ids;             // (B, N) int64
  at::Tensor positions = {};  // (R, N) int64, R = B or 1; or undefined
  at::Tensor visible = {};    // (R, N, N) bool: which of these tokens each sees, besides all of the state; or undefined
  at::Tensor mask = {};       // (B, N) bool: false is padding, which no token may see; or undefined
};

class T5AttentionImpl : public nn::Module {
 public:
  T5AttentionImpl(const nn::Weights& weights, const T5Config& config);

  KeysValues keys_values(const at::Tensor& source, const nn::Packing& packing);  // (T, D) → (B, H, S, K) each
  // x (T, D), bias broadcastable to (B, H, N, M) → (T, D). Scores are not scaled: T5's initialisation takes care.
  at::Tensor forward(const at::Tensor& x, const nn::Packing& packing, const KeysValues& source, const at::Tensor& bias,
                     const nn::After& after);

  // In the first layer of a stack only; all of its layers share the result.
  nn::RelativeBias relative_attention_bias{nullptr};
  void add_relative_bias(const nn::Weights& weights, const T5Config& config, bool bidirectional);

 private:
  nn::Linear q_, k_, v_, o_;
  std::int64_t heads_;
  double dropout_;
};
TORCH_MODULE(T5Attention);

// x + dropout(attention(norm(x))); `name` is "SelfAttention" or "EncDecAttention".
class T5AttentionLayerImpl : public nn::Module {
 public:
  T5AttentionLayerImpl(const nn::Weights& weights, const T5Config& config, const std::string& name);
  // Attends to x (T, D) itself after what `past` holds, and appends to it.
  at::Tensor attend_self(const at::Tensor& x, const nn::Packing& packing, KeysValues* past, const at::Tensor& bias);
  at::Tensor attend(const at::Tensor& x, const nn::Packing& packing, const KeysValues& source, const at::Tensor& bias);

  T5Attention attention;

 private:
  at::Tensor add(const at::Tensor& x, const at::Tensor& normed, const nn::Packing& packing, const KeysValues& source,
                 const at::Tensor& bias);

  nn::RmsNorm layer_norm_;
  double dropout_;
};
TORCH_MODULE(T5AttentionLayer);

// wi_0, wi_1, wo (gated), or wi, wo.
class T5FeedForwardImpl : public nn::Module {
 public:
  T5FeedForwardImpl(const nn::Weights& weights, const T5Config& config);
  at::Tensor forward(const at::Tensor& x, const nn::After& after);  // (T, D) → (T, D)

 private:
  nn::Linear wi_, gate_{nullptr}, wo_;
  nn::Activation activation_;
  double dropout_;
};
TORCH_MODULE(T5FeedForward);

class T5FeedForwardLayerImpl : public nn::Module {
 public:
  T5FeedForwardLayerImpl(const nn::Weights& weights, const T5Config& config);
  at::Tensor forward(const at::Tensor& x);

 private:
  T5FeedForward dense_relu_dense_;
  nn::RmsNorm layer_norm_;
  double dropout_;
};
TORCH_MODULE(T5FeedForwardLayer);

enum class T5Side { kEncoder, kDecoder };

// The sublayers of a block, which transformers calls layer.0, layer.1 and, in the decoder, layer.2.
class T5SublayersImpl : public nn::Module {
 public:
  T5SublayersImpl(const nn::Weights& weights, const T5Config& config, T5Side side);
  T5AttentionLayer self;
  T5AttentionLayer cross{nullptr};  // decoder only
  T5FeedForwardLayer feed_forward;
};
TORCH_MODULE(T5Sublayers);

class T5BlockImpl : public nn::Module {
 public:
  T5BlockImpl(const nn::Weights& weights, const T5Config& config, T5Side side);
  T5Sublayers layer;
};
TORCH_MODULE(T5Block);

class T5StackImpl : public nn::Module {
 public:
  T5StackImpl(const nn::Weights& weights, const T5Config& config, T5Side side);

  // Encoder: embeddings (B, S, D), bias of padding (B, 1, 1, S) → (T, D).
  at::Tensor encode(const at::Tensor& embeddings, const nn::Packing& packing, const at::Tensor& padding_bias);
  // Decoder: embeddings (B, N, D) of input.ids → (B, N, D), unspecified at padding; extends the state.
  at::Tensor decode(const at::Tensor& embeddings, const DecoderInput& input, DecoderState& state);
  // A state that has seen no token: the keys and values of every cross-attention. encoder_output (T, D).
  DecoderState start(const at::Tensor& encoder_output, const nn::Packing& packing, const at::Tensor& padding_bias);

 private:
  nn::List<T5Block> block_;
  nn::RmsNorm final_layer_norm_;
  double dropout_;
};
TORCH_MODULE(T5Stack);

class T5Impl : public nn::Module {
 public:
  T5Impl(const nn::Weights& weights, const T5Config& config);

  at::Tensor embed(const at::Tensor& ids);  // (…) int64 → (…, D)
  // Runs the encoder over embeddings (B, S, D), mask (B, S) bool: false is padding. The state has seen no token.
  DecoderState start(const at::Tensor& embeddings, const at::Tensor& mask);
  at::Tensor decode(const DecoderInput& input, DecoderState& state);  // → (B, N, D)
  at::Tensor logits(const at::Tensor& decoder_output);                // (…, D) → (…, V)

 private:
  struct Embedding : nn::Module {
    Embedding(const nn::Weights& weights, const T5Config& config);
    at::Tensor weight;  // (V, D)
  };

  std::shared_ptr<Embedding> shared_;
  T5Stack encoder_, decoder_;
  nn::Linear lm_head_{nullptr};  // none: tied to the embedding
  double output_scale_;
};
TORCH_MODULE(T5);

}  // namespace hangtag::model
