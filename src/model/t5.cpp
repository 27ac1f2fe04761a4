#include "model/t5.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "nn/dropout.h"

namespace hangtag::model {
namespace {

double inverse_root(std::int64_t n) { return 1 / std::sqrt(static_cast<double>(n)); }

// T5's initialisation: it stands in for the scaling of the attention scores.
nn::LinearOptions linear_options(double std) { return {.bias = false, .init = nn::normal(std)}; }

// bool, true where attended → additive, 0 or the lowest finite number: a row of padding alone must not become NaN.
at::Tensor additive(const at::Tensor& attended, at::ScalarType dtype) {
  const double lowest = dtype == at::kHalf ? -65504.0 : static_cast<double>(std::numeric_limits<float>::lowest()) / 2;
  return at::zeros(attended.sizes(), at::TensorOptions().dtype(dtype).device(attended.device()))
      .masked_fill_(attended.logical_not(), lowest);
}

at::Tensor split_heads(const at::Tensor& x, std::int64_t heads) {  // (B, N, H·K) → (B, H, N, K)
  return x.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
}

// x + dropout(sublayer(after)): where nothing is dropped, the sum joins the sublayer's last product.
template <typename Sublayer>
at::Tensor add_residual(const at::Tensor& x, double dropout, Sublayer sublayer) {
  if (dropout > 0) return x + nn::dropout(sublayer(nn::After{}), dropout, /*train=*/true);
  return sublayer(nn::After{.residual = x});
}

}  // namespace

DecoderState DecoderState::rows(const at::Tensor& index) const {
  const auto select = [&](const std::vector<KeysValues>& all) {
    std::vector<KeysValues> selected;
    selected.reserve(all.size());
    for (const auto& [keys, values] : all) {
      selected.push_back({keys.defined() ? keys.index_select(0, index) : keys,
                          values.defined() ? values.index_select(0, index) : values});
    }
    return selected;
  };
  return {.self = select(self), .cross = select(cross), .cross_bias = cross_bias.index_select(0, index), .length = length};
}

T5AttentionImpl::T5AttentionImpl(const nn::Weights& weights, const T5Config& config)
    : q_(child<nn::Linear>(weights, "q", config.d_model, config.num_heads * config.d_kv,
                           linear_options(config.initializer_factor * inverse_root(config.d_model * config.d_kv)))),
      k_(child<nn::Linear>(weights, "k", config.d_model, config.num_heads * config.d_kv,
                           linear_options(config.initializer_factor * inverse_root(config.d_model)))),
      v_(child<nn::Linear>(weights, "v", config.d_model, config.num_heads * config.d_kv,
                           linear_options(config.initializer_factor * inverse_root(config.d_model)))),
      o_(child<nn::Linear>(weights, "o", config.num_heads * config.d_kv, config.d_model,
                           linear_options(config.initializer_factor * inverse_root(config.num_heads * config.d_kv)))),
      heads_(config.num_heads),
      dropout_(config.dropout_rate) {}

void T5AttentionImpl::add_relative_bias(const nn::Weights& weights, const T5Config& config, bool bidirectional) {
  relative_attention_bias = child<nn::RelativeBias>(
      weights, "relative_attention_bias",
      nn::RelativeBiasOptions{.heads = config.num_heads,
                              .buckets = config.relative_attention_num_buckets,
                              .max_distance = config.relative_attention_max_distance,
                              .bidirectional = bidirectional,
                              .init = nn::normal(config.initializer_factor * inverse_root(config.d_model))});
}

KeysValues T5AttentionImpl::keys_values(const at::Tensor& source, const nn::Packing& packing) {
  return {.keys = split_heads(packing.unpack(k_(source)), heads_), .values = split_heads(packing.unpack(v_(source)), heads_)};
}

at::Tensor T5AttentionImpl::forward(const at::Tensor& x, const nn::Packing& packing, const KeysValues& source,
                                    const at::Tensor& bias, const nn::After& after) {
  const auto queries = split_heads(packing.unpack(q_(x)), heads_);                  // (B, H, N, K)
  const auto scores = at::matmul(queries, source.keys.transpose(-1, -2)) + bias;    // (B, H, N, M)
  const auto weights = nn::dropout(at::softmax(scores, -1), dropout_, is_training());
  return o_(packing.pack(at::matmul(weights, source.values).transpose(1, 2).flatten(2)), after);  // (T, D)
}

T5AttentionLayerImpl::T5AttentionLayerImpl(const nn::Weights& weights, const T5Config& config, const std::string& name)
    : attention(child<T5Attention>(weights, name, config)),
      layer_norm_(child<nn::RmsNorm>(weights, "layer_norm", config.d_model, config.layer_norm_epsilon)),
      dropout_(config.dropout_rate) {}

at::Tensor T5AttentionLayerImpl::attend_self(const at::Tensor& x, const nn::Packing& packing, KeysValues* past,
                                             const at::Tensor& bias) {
  const auto normed = layer_norm_(x);
  auto source = attention->keys_values(normed, packing);
  if (past != nullptr) {
    if (past->keys.defined()) {
      source.keys = at::cat({past->keys, source.keys}, 2);
      source.values = at::cat({past->values, source.values}, 2);
    }
    *past = source;
  }
  return add(x, normed, packing, source, bias);
}

at::Tensor T5AttentionLayerImpl::attend(const at::Tensor& x, const nn::Packing& packing, const KeysValues& source,
                                        const at::Tensor& bias) {
  return add(x, layer_norm_(x), packing, source, bias);
}

at::Tensor T5AttentionLayerImpl::add(const at::Tensor& x, const at::Tensor& normed, const nn::Packing& packing,
                                     const KeysValues& source, const at::Tensor& bias) {
  return add_residual(x, is_training() ? dropout_ : 0,
                      [&](const nn::After& after) { return attention(normed, packing, source, bias, after); });
}

T5FeedForwardImpl::T5FeedForwardImpl(const nn::Weights& weights, const T5Config& config)
    : wi_(nullptr), wo_(nullptr), activation_(nn::Activation::kNone), dropout_(config.dropout_rate) {
  const std::string& projection = config.feed_forward_proj;
  const bool gated = projection.starts_with("gated-");
  // transformers reads "gated-gelu" as the tanh form, for compatibility with the first checkpoints.
  activation_ = nn::parse_activation(projection == "gated-gelu" ? "gelu_new" : gated ? projection.substr(6) : projection);
  const auto in = linear_options(config.initializer_factor * inverse_root(config.d_model));
  wi_ = child<nn::Linear>(weights, gated ? "wi_0" : "wi", config.d_model, config.d_ff, in);
  if (gated) gate_ = child<nn::Linear>(weights, "wi_1", config.d_model, config.d_ff, in);
  wo_ = child<nn::Linear>(weights, "wo", config.d_ff, config.d_model,
                          linear_options(config.initializer_factor * inverse_root(config.d_ff)));
}

at::Tensor T5FeedForwardImpl::forward(const at::Tensor& x, const nn::After& after) {
  const auto hidden = wi_(x, nn::After{.activation = activation_, .factor = gate_ ? gate_(x) : at::Tensor()});
  return wo_(nn::dropout(hidden, dropout_, is_training()), after);
}

T5FeedForwardLayerImpl::T5FeedForwardLayerImpl(const nn::Weights& weights, const T5Config& config)
    : dense_relu_dense_(child<T5FeedForward>(weights, "DenseReluDense", config)),
      layer_norm_(child<nn::RmsNorm>(weights, "layer_norm", config.d_model, config.layer_norm_epsilon)),
      dropout_(config.dropout_rate) {}

at::Tensor T5FeedForwardLayerImpl::forward(const at::Tensor& x) {
  return add_residual(x, is_training() ? dropout_ : 0,
                      [&](const nn::After& after) { return dense_relu_dense_(layer_norm_(x), after); });
}

T5SublayersImpl::T5SublayersImpl(const nn::Weights& weights, const T5Config& config, T5Side side)
    : self(child<T5AttentionLayer>(weights, "0", config, "SelfAttention")), feed_forward(nullptr) {
  if (side == T5Side::kDecoder) cross = child<T5AttentionLayer>(weights, "1", config, "EncDecAttention");
  feed_forward = child<T5FeedForwardLayer>(weights, side == T5Side::kDecoder ? "2" : "1", config);
}

T5BlockImpl::T5BlockImpl(const nn::Weights& weights, const T5Config& config, T5Side side)
    : layer(child<T5Sublayers>(weights, "layer", config, side)) {}

T5StackImpl::T5StackImpl(const nn::Weights& weights, const T5Config& config, T5Side side)
    : block_(child<nn::List<T5Block>>(weights, "block",
                                      side == T5Side::kEncoder ? config.num_layers : config.num_decoder_layers,
                                      [&](const nn::Weights& w, std::int64_t) { return T5Block(w, config, side); })),
      final_layer_norm_(child<nn::RmsNorm>(weights, "final_layer_norm", config.d_model, config.layer_norm_epsilon)),
      dropout_(config.dropout_rate) {
  (*block_)[0]->layer->self->attention->add_relative_bias(weights / "block" / 0 / "layer" / 0 / "SelfAttention", config,
                                                          side == T5Side::kEncoder);
}

at::Tensor T5StackImpl::encode(const at::Tensor& embeddings, const nn::Packing& packing, const at::Tensor& padding_bias) {
  const auto positions = at::arange(embeddings.size(1), at::TensorOptions(at::kLong).device(embeddings.device())).unsqueeze(0);
  auto relative_bias = (*block_)[0]->layer->self->attention->relative_attention_bias;
  const auto bias = relative_bias(positions, positions) + padding_bias;  // (B, H, S, S)
  auto x = nn::dropout(packing.pack(embeddings), dropout_, is_training());
  for (auto block : *block_) {
    x = block->layer->self->attend_self(x, packing, nullptr, bias);
    x = block->layer->feed_forward(x);
  }
  return nn::dropout(final_layer_norm_(x), dropout_, is_training());
}

DecoderState T5StackImpl::start(const at::Tensor& encoder_output, const nn::Packing& packing, const at::Tensor& padding_bias) {
  DecoderState state{.self = std::vector<KeysValues>(block_->size()), .cross = {}, .cross_bias = padding_bias};
  for (auto block : *block_) {
    state.cross.push_back(block->layer->cross->attention->keys_values(encoder_output, packing));
  }
  return state;
}

at::Tensor T5StackImpl::decode(const at::Tensor& embeddings, const DecoderInput& input, DecoderState& state) {
  const auto count = embeddings.size(1);
  const auto options = at::TensorOptions(at::kLong).device(embeddings.device());
  const auto positions = input.positions.defined()
                             ? input.positions
                             : at::arange(state.length, state.length + count, options).unsqueeze(0);  // (R, N)
  const auto visible = input.visible.defined()
                           ? input.visible
                           : at::ones({1, count, count}, options.dtype(at::kBool)).tril();  // (R, N, N)
  const auto rows = positions.size(0);
  const auto past = at::arange(state.length, options).expand({rows, -1});
  const auto past_visible = at::ones({rows, count, state.length}, visible.options());

  auto relative_bias = (*block_)[0]->layer->self->attention->relative_attention_bias;
  const auto self_bias = relative_bias(positions, at::cat({past, positions}, 1)) +
                         additive(at::cat({past_visible, visible}, 2), embeddings.scalar_type()).unsqueeze(1);

  const nn::Packing packing(input.mask.defined() ? input.mask : at::ones(input.ids.sizes(), visible.options()));
  auto x = nn::dropout(packing.pack(embeddings), dropout_, is_training());
  for (std::size_t i = 0; i < block_->size(); ++i) {
    auto layer = (*block_)[i]->layer;
    x = layer->self->attend_self(x, packing, &state.self[i], self_bias);
    x = layer->cross->attend(x, packing, state.cross[i], state.cross_bias);
    x = layer->feed_forward(x);
  }
  state.length += count;
  return packing.unpack(nn::dropout(final_layer_norm_(x), dropout_, is_training()));
}

T5Impl::Embedding::Embedding(const nn::Weights& weights, const T5Config& config) {
  weight = parameter(weights, "weight", {config.vocab_size, config.d_model}, nn::normal(config.initializer_factor));
}

T5Impl::T5Impl(const nn::Weights& weights, const T5Config& config)
    : shared_(register_module("shared", std::make_shared<Embedding>(weights / "shared", config))),
      encoder_(child<T5Stack>(weights, "encoder", config, T5Side::kEncoder)),
      decoder_(child<T5Stack>(weights, "decoder", config, T5Side::kDecoder)),
      output_scale_(config.scale_decoder_outputs ? inverse_root(config.d_model) : 1) {
  if (weights.contains("lm_head.weight")) {
    lm_head_ = child<nn::Linear>(weights, "lm_head", config.d_model, config.vocab_size,
                                 linear_options(config.initializer_factor * inverse_root(config.d_model)));
  }
}

at::Tensor T5Impl::embed(const at::Tensor& ids) {
  const auto embeddings = at::embedding(shared_->weight, ids);
  // Beside weights in 8 bits the embedding keeps the width that it was stored in.
  return lm_head_ && lm_head_->is_int8() ? embeddings.to(at::kFloat) : embeddings;
}

DecoderState T5Impl::start(const at::Tensor& embeddings, const at::Tensor& mask) {
  const nn::Packing packing(mask);
  const auto padding_bias = additive(mask, embeddings.scalar_type()).unsqueeze(1).unsqueeze(1);
  return decoder_->start(encoder_->encode(embeddings, packing, padding_bias), packing, padding_bias);
}

at::Tensor T5Impl::decode(const DecoderInput& input, DecoderState& state) {
  return decoder_->decode(embed(input.ids), input, state);
}

at::Tensor T5Impl::logits(const at::Tensor& decoder_output) {
  const auto scaled = output_scale_ == 1 ? decoder_output : decoder_output * output_scale_;
  return lm_head_ ? lm_head_(scaled) : at::linear(scaled, shared_->weight);
}

}  // namespace hangtag::model
