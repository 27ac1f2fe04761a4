// Answers restricted to a list: a probability for every value of the taxonomy, from one pass of the decoder.
//
// The answers of a question ("Sleeve Length: Long Sleeves", "Sleeve Length: Short Sleeves" …) are laid out as a prefix
// tree of their tokens. The decoder reads the whole tree at once: a token stands at the position of its depth and sees its
// ancestors alone, so it gets what it would get in its own answer, and a shared prefix is computed once.
#pragma once

#include <cstdint>
#include <vector>

#include "model/blip2.h"

namespace hangtag::decode {

class AnswerTree {
 public:
  // Each answer ends with the end token; none may be empty or stand twice (kInvalid).
  AnswerTree(const std::vector<std::vector<std::int64_t>>& answers, std::int64_t start_token);

  // Node 0 is the start token; a node's parent has a lower number. Ends are no nodes: nothing follows them.
  struct Node {
    std::int64_t token;
    std::int64_t parent;  // -1 for node 0
    std::int64_t depth;
  };
  const std::vector<Node>& nodes() const { return nodes_; }

  // The steps of one answer: each adds log p(token | the tokens up to node).
  struct Step {
    std::int64_t node;
    std::int64_t token;
  };
  const std::vector<std::vector<Step>>& answers() const { return answers_; }

 private:
  std::vector<Node> nodes_;
  std::vector<std::vector<Step>> answers_;
};

// log p(answer) of each answer of trees[i] for row i of a state that has seen no token: result[i][answer].
std::vector<std::vector<double>> score_answers(model::Blip2& model, model::DecoderState state,
                                               const std::vector<const AnswerTree*>& trees);

// Log-probabilities → probabilities among these answers, which sum to 1.
std::vector<double> normalize(const std::vector<double>& log_probabilities);

}  // namespace hangtag::decode
