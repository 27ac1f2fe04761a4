#include "decode/generate.h"

#include <ATen/ops/argmax.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace hangtag::decode {
namespace {

using Tokens = std::vector<std::int64_t>;

constexpr float kImpossible = -1e9F;  // transformers' stand-in for minus infinity

at::Tensor column(const Tokens& ids) { return at::tensor(ids, at::kLong).unsqueeze(1); }

std::vector<Tokens> greedy(model::Blip2& model, model::DecoderState state, const GenerateOptions& options) {
  const auto& text = model->config().text;
  const auto rows = static_cast<std::size_t>(state.cross_bias.size(0));
  std::vector<Tokens> answers(rows);
  std::vector<std::size_t> running(rows);  // rows whose answer has not ended, in the order of the state's rows
  for (std::size_t i = 0; i < rows; ++i) running[i] = i;

  Tokens last(rows, text.decoder_start_token_id);
  for (std::int64_t step = 0; step < options.max_new_tokens && !running.empty(); ++step) {
    const auto logits = model->decode({.ids = column(last)}, state).select(1, -1);  // (rows, V)
    const auto best = at::argmax(logits, -1);
    const auto* chosen = best.const_data_ptr<std::int64_t>();

    Tokens kept_rows;
    std::vector<std::size_t> still_running;
    last.clear();
    for (std::size_t i = 0; i < running.size(); ++i) {
      answers[running[i]].push_back(chosen[i]);
      if (chosen[i] == text.eos_token_id) continue;
      kept_rows.push_back(static_cast<std::int64_t>(i));
      still_running.push_back(running[i]);
      last.push_back(chosen[i]);
    }
    if (still_running.size() < running.size() && !still_running.empty()) {
      state = state.rows(at::tensor(kept_rows, at::kLong));
    }
    running = std::move(still_running);
  }
  return answers;
}

struct Hypothesis {
  Tokens tokens;
  float score = kImpossible;
};

// The beams of one row.
class Beams {
 public:
  explicit Beams(std::size_t count) : running_(count), count_(count) {
    running_[0].score = 0;  // the others start impossible, so that the first step does not choose the same token often
  }

  const std::vector<Hypothesis>& running() const { return running_; }
  bool done() const { return done_; }

  struct Candidate {
    std::int64_t beam;
    std::int64_t token;
    float score;
  };

  // `candidates`: the 2 · count best continuations, best first. Returns, for each new running beam, the one it came from.
  std::vector<std::int64_t> advance(const std::vector<Candidate>& candidates, std::int64_t eos, const GenerateOptions& options) {
    const auto length = static_cast<std::int64_t>(running_[0].tokens.size()) + 1;
    const double penalty = std::pow(static_cast<double>(length), options.length_penalty);
    std::vector<Hypothesis> next;
    std::vector<std::int64_t> origins;
    for (std::size_t rank = 0; rank < candidates.size(); ++rank) {
      const auto& [beam, token, score] = candidates[rank];
      auto tokens = running_[static_cast<std::size_t>(beam)].tokens;
      tokens.push_back(token);
      if (token == eos || length == options.max_new_tokens) {
        // Beyond rank `count` an ended answer only made room: it is not a result.
        if (rank < count_) finish({.tokens = std::move(tokens), .score = score / static_cast<float>(penalty)});
      } else if (next.size() < count_) {
        next.push_back({.tokens = std::move(tokens), .score = score});
        origins.push_back(beam);
      }
    }
    running_ = std::move(next);
    if (running_.empty() || (options.early_stopping && finished_.size() == count_)) {
      done_ = true;
    } else if (finished_.size() == count_) {
      done_ = running_[0].score / static_cast<float>(penalty) <= finished_.back().score;
    }
    return origins;
  }

  const Tokens& best() const { return finished_.front().tokens; }

 private:
  void finish(Hypothesis hypothesis) {
    const auto place = std::upper_bound(finished_.begin(), finished_.end(), hypothesis,
                                        [](const auto& a, const auto& b) { return a.score > b.score; });
    finished_.insert(place, std::move(hypothesis));
    if (finished_.size() > count_) finished_.pop_back();
  }

  std::vector<Hypothesis> running_;
  std::vector<Hypothesis> finished_;  // best first
  std::size_t count_;
  bool done_ = false;
};

std::vector<Tokens> beam_search(model::Blip2& model, const model::DecoderState& start, const GenerateOptions& options) {
  const auto& text = model->config().text;
  const auto count = static_cast<std::size_t>(options.num_beams);
  const auto rows = static_cast<std::size_t>(start.cross_bias.size(0));
  std::vector<Beams> beams(rows, Beams(count));

  // Every running row has `count` rows of the state; a row that is done leaves it.
  std::vector<std::size_t> running;
  Tokens index;
  for (std::size_t row = 0; row < rows; ++row) {
    running.push_back(row);
    index.insert(index.end(), count, static_cast<std::int64_t>(row));
  }
  auto state = start.rows(at::tensor(index, at::kLong));
  Tokens last(index.size(), text.decoder_start_token_id);

  while (!running.empty()) {
    const auto logits = model->decode({.ids = column(last)}, state).select(1, -1).to(at::kFloat);
    std::vector<float> scores;
    for (const auto row : running) {
      for (const auto& beam : beams[row].running()) scores.push_back(beam.score);
    }
    const auto vocabulary = logits.size(-1);
    const auto total = at::log_softmax(logits, -1) + at::tensor(scores).unsqueeze(1);
    const auto flat = total.view({static_cast<std::int64_t>(running.size()), -1});
    const auto [best_scores, best_indices] = at::topk(flat, 2 * options.num_beams);

    std::vector<std::size_t> still_running;
    index.clear();
    last.clear();
    for (std::size_t i = 0; i < running.size(); ++i) {
      const auto* score = best_scores[static_cast<std::int64_t>(i)].const_data_ptr<float>();
      const auto* flat_index = best_indices[static_cast<std::int64_t>(i)].const_data_ptr<std::int64_t>();
      std::vector<Beams::Candidate> candidates;
      for (std::size_t rank = 0; rank < 2 * count; ++rank) {
        candidates.push_back({.beam = flat_index[rank] / vocabulary, .token = flat_index[rank] % vocabulary, .score = score[rank]});
      }
      auto& row = beams[running[i]];
      const auto origins = row.advance(candidates, text.eos_token_id, options);
      if (row.done()) continue;
      still_running.push_back(running[i]);
      for (std::size_t beam = 0; beam < count; ++beam) {
        index.push_back(static_cast<std::int64_t>(i * count) + origins[beam]);
        last.push_back(row.running()[beam].tokens.back());
      }
    }
    running = std::move(still_running);
    if (!running.empty()) state = state.rows(at::tensor(index, at::kLong));
  }

  std::vector<Tokens> answers;
  for (const auto& row : beams) answers.push_back(row.best());
  return answers;
}

}  // namespace

std::vector<Tokens> generate(model::Blip2& model, model::DecoderState state, const GenerateOptions& options) {
  if (options.max_new_tokens < 1 || options.num_beams < 1 || options.num_beams > 64) {
    base::fail(base::ErrorCode::kUsage, "max_new_tokens is {} and num_beams {}; expected at least 1, and at most 64 beams",
               options.max_new_tokens, options.num_beams);
  }
  const at::NoGradGuard no_grad;
  return options.num_beams == 1 ? greedy(model, std::move(state), options) : beam_search(model, state, options);
}

}  // namespace hangtag::decode
