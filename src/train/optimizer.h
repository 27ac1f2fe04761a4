// Adam and AdamW (Kingma & Ba, arXiv:1412.6980; Loshchilov & Hutter, arXiv:1711.05101), by torch, with a state that can be
// written down.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "train/process_group.h"

namespace torch::optim {
class Optimizer;
}

namespace hangtag::train {

enum class Algorithm { kAdamW, kAdam };

class Optimizer {
 public:
  // With `averaging` above 0 a running mean of the parameters is kept beside them: each step leaves that share of it.
  Optimizer(Algorithm algorithm, std::vector<at::Tensor> parameters, double weight_decay, double averaging = 0);
  ~Optimizer();

  void zero_gradients();
  // Adds up the gradients of the group's processes; waits for all of them.
  void sum_gradients(const ProcessGroup& group);
  // Clips the gradients' common norm to max_norm and returns what it was; does nothing more where it is not finite.
  double clip(double max_norm);
  void step(double learning_rate);

  const std::vector<at::Tensor>& parameters() const { return parameters_; }

  // Exchanges the parameters' values with their running means; nothing without averaging. No step until they are back.
  void exchange_averages();

  // Everything that the next step depends on: "<i>.parameter", "<i>.average" under averaging, and once it has taken a step
  // "<i>.mean", "<i>.square", "<i>.step". The tensors are the optimiser's own, not copies.
  std::map<std::string, at::Tensor> state() const;
  // Throws kMismatch where the tensors are not those of these parameters.
  void restore(const std::map<std::string, at::Tensor>& state);

 private:
  Algorithm algorithm_;
  std::vector<at::Tensor> parameters_;
  double averaging_;
  std::vector<at::Tensor> averages_;  // none without averaging
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
};

}  // namespace hangtag::train
