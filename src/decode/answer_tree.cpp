#include "decode/answer_tree.h"

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"

namespace hangtag::decode {

AnswerTree::AnswerTree(const std::vector<std::vector<std::int64_t>>& answers, std::int64_t start_token) {
  nodes_.push_back({.token = start_token, .parent = -1, .depth = 0});
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> children;  // parent, token → node
  std::set<std::vector<std::int64_t>> seen;
  for (const auto& tokens : answers) {
    if (tokens.empty() || !seen.insert(tokens).second) {
      base::fail(base::ErrorCode::kInvalid, "an answer of the taxonomy is {} as the tokenizer reads it",
                 tokens.empty() ? "empty" : "the same as another");
    }
    std::vector<Step> steps;
    std::int64_t node = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      steps.push_back({.node = node, .token = tokens[i]});
      if (i + 1 == tokens.size()) break;
      const auto [place, is_new] = children.try_emplace({node, tokens[i]}, static_cast<std::int64_t>(nodes_.size()));
      if (is_new) {
        nodes_.push_back({.token = tokens[i], .parent = node, .depth = nodes_[static_cast<std::size_t>(node)].depth + 1});
      }
      node = place->second;
    }
    answers_.push_back(std::move(steps));
  }
}

std::vector<std::vector<double>> score_answers(model::Blip2& model, model::DecoderState state,
                                               const std::vector<const AnswerTree*>& trees) {
  const at::NoGradGuard no_grad;
  const auto rows = static_cast<std::int64_t>(trees.size());
  // Rows that ask the same lay their tree out once.
  const bool same = std::all_of(trees.begin(), trees.end(), [&](const auto* tree) { return tree == trees.front(); });
  const std::int64_t layouts = same ? 1 : rows;
  std::int64_t width = 1;
  for (const auto* tree : trees) width = std::max(width, static_cast<std::int64_t>(tree->nodes().size()));

  // Padding nodes see themselves alone, and nobody reads them.
  auto is_node = at::zeros({layouts, width}, at::kBool);
  auto ids = at::zeros({layouts, width}, at::kLong);
  auto positions = at::zeros({layouts, width}, at::kLong);
  auto visible = at::eye(width, at::kBool).expand({layouts, -1, -1}).clone();
  auto node_mask = is_node.accessor<bool, 2>();
  auto id = ids.accessor<std::int64_t, 2>();
  auto position = positions.accessor<std::int64_t, 2>();
  auto sees = visible.accessor<bool, 3>();
  for (std::int64_t row = 0; row < layouts; ++row) {
    const auto& nodes = trees[static_cast<std::size_t>(row)]->nodes();
    for (std::int64_t node = 0; node < static_cast<std::int64_t>(nodes.size()); ++node) {
      const auto& [token, parent, depth] = nodes[static_cast<std::size_t>(node)];
      node_mask[row][node] = true;
      id[row][node] = token;
      position[row][node] = depth;
      for (auto ancestor = parent; ancestor >= 0; ancestor = nodes[static_cast<std::size_t>(ancestor)].parent) {
        sees[row][node][ancestor] = true;
      }
    }
  }

  // Every node has an answer that steps from it, so all of them need logits.
  std::vector<std::int64_t> first(trees.size());  // row → place of its first node among all
  std::vector<std::int64_t> flat_nodes;
  for (std::int64_t row = 0; row < rows; ++row) {
    first[static_cast<std::size_t>(row)] = static_cast<std::int64_t>(flat_nodes.size());
    const auto count = static_cast<std::int64_t>(trees[static_cast<std::size_t>(row)]->nodes().size());
    for (std::int64_t node = 0; node < count; ++node) flat_nodes.push_back(row * width + node);
  }

  const auto hidden = model->language_model()->decode(
      {.ids = ids.expand({rows, -1}), .positions = positions, .visible = visible, .mask = is_node.expand({rows, -1})}, state);
  const auto wanted = hidden.flatten(0, 1).index_select(0, at::tensor(flat_nodes, at::kLong));  // (nodes, D)
  const auto log_probabilities = at::log_softmax(model->language_model()->logits(wanted).to(at::kFloat), -1).contiguous();
  const auto log_probability = log_probabilities.accessor<float, 2>();

  std::vector<std::vector<double>> scores;
  for (std::int64_t row = 0; row < rows; ++row) {
    auto& row_scores = scores.emplace_back();
    for (const auto& answer : trees[static_cast<std::size_t>(row)]->answers()) {
      double sum = 0;
      for (const auto& step : answer) sum += log_probability[first[static_cast<std::size_t>(row)] + step.node][step.token];
      row_scores.push_back(sum);
    }
  }
  return scores;
}

std::vector<double> normalize(const std::vector<double>& log_probabilities) {
  const double highest = *std::max_element(log_probabilities.begin(), log_probabilities.end());
  std::vector<double> probabilities;
  double sum = 0;
  for (const double value : log_probabilities) sum += probabilities.emplace_back(std::exp(value - highest));
  for (double& value : probabilities) value /= sum;
  return probabilities;
}

}  // namespace hangtag::decode
