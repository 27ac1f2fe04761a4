#include "train/near_attention.h"

#include <ATen/ops/zeros.h>

#include <cmath>
#include <numbers>
#include <utility>

namespace hangtag::train {
namespace {

constexpr std::pair<int, int> kOffsets[] = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, -1}, {1, -1}, {-1, 1}, {0, 0}};
constexpr double kAmplitude = 2;   // of the place, beside contents with a deviation of about 1
constexpr double kSharpness = 4;   // by how much the right row or column raises a score, before the softmax

}  // namespace

void attend_to_neighbours(model::Blip2& model) {
  const at::NoGradGuard no_grad;
  const auto& config = model->config().vision;
  const auto side = config.image_size / config.patch_size;
  const auto D = config.hidden_size, H = config.num_attention_heads, K = D / H;
  const auto F = (side + 1) / 2;   // frequencies of a coordinate
  const auto places = 4 * F;       // dimensions: sine and cosine, of both coordinates
  if (K < places) return;
  const auto omega = [&](std::int64_t f) { return std::numbers::pi * static_cast<double>(2 * f + 1) / static_cast<double>(2 * F); };
  const auto parameters = model->named_parameters();
  const auto weight = [&](const std::string& name) { return parameters["vision_model." + name]; };

  auto place = at::zeros({side * side + 1, places}, at::kFloat);  // of the class token: none
  auto code = place.accessor<float, 2>();
  for (std::int64_t row = 0; row < side; ++row) {
    for (std::int64_t column = 0; column < side; ++column) {
      for (std::int64_t f = 0; f < F; ++f) {
        const auto patch = 1 + row * side + column;
        for (const auto& [first, at] : {std::pair(4 * f, row), std::pair(4 * f + 2, column)}) {
          code[patch][first] = static_cast<float>(kAmplitude * std::cos(omega(f) * static_cast<double>(at)));
          code[patch][first + 1] = static_cast<float>(kAmplitude * std::sin(omega(f) * static_cast<double>(at)));
        }
      }
    }
  }
  weight("embeddings.position_embedding")[0].slice(1, 0, places).copy_(place);
  weight("embeddings.class_embedding").slice(2, 0, places).zero_();
  weight("embeddings.patch_embedding.weight").slice(0, 0, places).zero_();

  // Both sides carry the root of what brings a coordinate's sum, F · amplitude² / √K, to the sharpness.
  const double scale = std::sqrt(kSharpness * std::sqrt(static_cast<double>(K)) / (static_cast<double>(F) * kAmplitude * kAmplitude));
  const double branch = 1 / std::sqrt(2.0 * static_cast<double>(config.num_hidden_layers));
  for (std::int64_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    const auto name = "encoder.layers." + std::to_string(layer) + ".";
    const auto qkv = weight(name + "self_attn.qkv.weight");  // (3 D, D)
    for (std::int64_t head = 0; head < H; ++head) {
      const auto [down, right] = kOffsets[static_cast<std::size_t>(layer * H + head) % std::size(kOffsets)];
      auto query = at::zeros({K, places}, at::kFloat), key = at::zeros({K, places}, at::kFloat);
      for (std::int64_t f = 0; f < F; ++f) {
        for (const auto& [first, offset] : {std::pair(4 * f, down), std::pair(4 * f + 2, right)}) {
          const double turn = omega(f) * offset;
          query[first][first] = query[first + 1][first + 1] = scale * std::cos(turn);
          query[first][first + 1] = -scale * std::sin(turn);
          query[first + 1][first] = scale * std::sin(turn);
          key[first][first] = key[first + 1][first + 1] = scale;
        }
      }
      qkv.slice(0, head * K, (head + 1) * K).slice(1, 0, places).copy_(query);
      qkv.slice(0, D + head * K, D + (head + 1) * K).slice(1, 0, places).copy_(key);
    }
    // What the layers add stays small beside the place, which all of them read.
    weight(name + "self_attn.projection.weight").mul_(branch);
    weight(name + "mlp.fc2.weight").mul_(branch);
  }
}

}  // namespace hangtag::train
