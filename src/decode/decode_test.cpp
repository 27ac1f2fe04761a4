#include <ATen/ops/log_softmax.h>
#include <ATen/ops/rand.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "decode/answer_tree.h"
#include "decode/generate.h"
#include "model/testing.h"

namespace hangtag::decode {
namespace {

using Tokens = std::vector<std::int64_t>;

class DecodeTest : public testing::Test {
 protected:
  DecodeTest() : checkpoint_(model::testing::tiny_checkpoint()) {
    const at::NoGradGuard no_grad;
    features_ = checkpoint_.model->image_features(at::rand({3, 3, 28, 28}));
  }

  // Row i asks about photo i, with prompts of different lengths.
  model::DecoderState start(const std::vector<std::int64_t>& rows = {0, 1, 2}) {
    const at::NoGradGuard no_grad;
    const std::vector<Tokens> prompts = {{5, 6, 7, 1}, {8, 1}, {9, 10, 11, 12, 13, 1}};
    std::vector<Tokens> chosen;
    for (const auto row : rows) chosen.push_back(prompts[static_cast<std::size_t>(row)]);
    return checkpoint_.model->start(features_.index_select(0, at::tensor(rows, at::kLong)), model::pad(chosen, 0));
  }

  model::Checkpoint checkpoint_;
  at::Tensor features_;
};

// The naive twin: every answer on its own, under teacher forcing.
double log_probability(model::Blip2& model, const at::Tensor& features, const Tokens& prompt, const Tokens& answer) {
  const at::NoGradGuard no_grad;
  const auto logits = model(features, model::pad({prompt}, 0), model::pad_labels({answer}));
  const auto log_probabilities = at::log_softmax(logits[0], -1);
  double sum = 0;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    sum += log_probabilities[static_cast<std::int64_t>(i)][answer[i]].item<double>();
  }
  return sum;
}

TEST_F(DecodeTest, TreeScoresEqualOneByOne) {
  const std::vector<Tokens> first = {{20, 21, 22, 1}, {20, 21, 1}, {20, 23, 24, 25, 1}, {26, 1}};
  const std::vector<Tokens> second = {{30, 31, 1}, {30, 32, 1}};
  const AnswerTree a(first, 0), b(second, 0);
  EXPECT_EQ(a.nodes().size(), 8u);  // start, 20, 21, 22, 23, 24, 25, 26: shared prefixes once
  const auto scores = score_answers(checkpoint_.model, start(), {&a, &b, &a});
  const std::vector<Tokens> prompts = {{5, 6, 7, 1}, {8, 1}, {9, 10, 11, 12, 13, 1}};
  for (std::size_t row = 0; row < 3; ++row) {
    const auto& answers = row == 1 ? second : first;
    ASSERT_EQ(scores[row].size(), answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const auto r = static_cast<std::int64_t>(row);
      const double naive = log_probability(checkpoint_.model, features_.slice(0, r, r + 1), prompts[row], answers[i]);
      EXPECT_NEAR(scores[row][i], naive, 1e-4) << row << " " << i;
    }
  }
}

TEST_F(DecodeTest, UnusableAnswersAreRefused) {
  EXPECT_THROW(AnswerTree({{20, 1}, {20, 1}}, 0), base::Error);
  EXPECT_THROW(AnswerTree({{}}, 0), base::Error);
}

TEST_F(DecodeTest, ProbabilitiesSumToOneWhateverTheScale) {
  const auto probabilities = normalize({-1000, -1001, -2000});
  EXPECT_NEAR(probabilities[0] + probabilities[1] + probabilities[2], 1, 1e-12);
  EXPECT_NEAR(probabilities[0] / probabilities[1], std::exp(1.0), 1e-9);
}

TEST_F(DecodeTest, GenerationOfABatchEqualsItsRows) {
  for (const std::int64_t beams : {1, 3}) {
    const GenerateOptions options{.max_new_tokens = 7, .num_beams = beams};
    const auto all = generate(checkpoint_.model, start(), options);
    for (std::int64_t row = 0; row < 3; ++row) {
      EXPECT_EQ(generate(checkpoint_.model, start({row}), options).front(), all[static_cast<std::size_t>(row)]);
    }
  }
}

// The naive twin of the cache: the whole answer read again for every token.
TEST_F(DecodeTest, GreedyEqualsRereadingEverything) {
  const at::NoGradGuard no_grad;
  Tokens answer;
  while (answer.size() < 6 && (answer.empty() || answer.back() != 1)) {
    auto labels = answer;
    labels.push_back(0);
    const auto logits = checkpoint_.model(features_.slice(0, 0, 1), model::pad({{5, 6, 7, 1}}, 0), model::pad_labels({labels}));
    answer.push_back(logits[0][static_cast<std::int64_t>(answer.size())].argmax().item<std::int64_t>());
  }
  EXPECT_EQ(generate(checkpoint_.model, start({0}), {.max_new_tokens = 6}).front(), answer);
}

TEST_F(DecodeTest, OptionsOutOfRangeAreRefused) {
  EXPECT_THROW(generate(checkpoint_.model, start(), {.max_new_tokens = 0}), base::Error);
  EXPECT_THROW(generate(checkpoint_.model, start(), {.num_beams = 0}), base::Error);
}

}  // namespace
}  // namespace hangtag::decode
