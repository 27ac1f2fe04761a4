// BLIP-2 for conditional generation (Li et al., arXiv:2301.12597): photo → vision tower → Q-Former → projection → T5.
// Names as in modeling_blip_2.py, Blip2ForConditionalGeneration.
//
//   B rows   P photos   Q query tokens   L text tokens   N answer tokens   D T5's d_model   V vocabulary
//
// The photo's part is split off, since many questions share one photo: image_features once per photo, then rows of
// (features, text). Newer processors put Q "<image>" tokens in front of the text and the model replaces them, older ones
// pass the text alone and the model puts the features in front: the same sequence, so callers here pass the text alone.
#pragma once

#include <map>
#include <string>

#include "model/config.h"
#include "model/qformer.h"
#include "model/t5.h"
#include "model/vision.h"

namespace hangtag::model {

// Text of several rows, padded on the right.
struct TextBatch {
  at::Tensor ids;   // (B, L) int64
  at::Tensor mask;  // (B, L) bool, false on padding
};

// Rows of token ids, padded on the right to the longest.
TextBatch pad(const std::vector<std::vector<std::int64_t>>& rows, std::int64_t pad_id);

// As pad, for labels: padding is -100, which the loss ignores. (B, N) int64.
at::Tensor pad_labels(const std::vector<std::vector<std::int64_t>>& rows);

class Blip2Impl : public nn::Module {
 public:
  Blip2Impl(const nn::Weights& weights, const Blip2Config& config);

  at::Tensor image_embeds(const at::Tensor& pixel_values) { return vision_model_(pixel_values); }  // → (P, T, vision width)
  at::Tensor image_features(const at::Tensor& pixel_values);  // (P, 3, S, S) → (P, Q, D)

  // features (B, Q, D) → a decoder state that has seen the photo and the text, and no token of the answer.
  DecoderState start(const at::Tensor& features, const TextBatch& text);

  at::Tensor decode(const DecoderInput& input, DecoderState& state);  // → (B, N, V)

  // Logits (B, N, V) of labels (B, N) under teacher forcing. -100 in the labels is padding, where logits are unspecified.
  at::Tensor forward(const at::Tensor& features, const TextBatch& text, const at::Tensor& labels);

  const Blip2Config& config() const { return config_; }
  T5& language_model() { return language_model_; }

 private:
  Blip2Config config_;
  at::Tensor query_tokens_;  // (1, Q, Q-Former's width)
  VisionModel vision_model_;
  QFormerModel qformer_;
  nn::Linear language_projection_;
  T5 language_model_;
};
TORCH_MODULE(Blip2);

// Every linear layer by its name, "language_model.lm_head". The pointers live as long as the model.
std::map<std::string, nn::LinearImpl*> linear_layers(const Blip2& model);

// Mean cross-entropy over the labels that are not -100. logits (B, N, V), labels (B, N) → ().
at::Tensor language_model_loss(const at::Tensor& logits, const at::Tensor& labels);

}  // namespace hangtag::model
