#include "train/optimizer.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>

#include "base/error.h"

namespace hangtag::train {
namespace {

template <typename State>
void read_state(const torch::optim::Optimizer& optimizer, const at::Tensor& parameter, const std::string& prefix,
                std::map<std::string, at::Tensor>& all) {
  const auto found = optimizer.state().find(parameter.unsafeGetTensorImpl());
  if (found == optimizer.state().end()) return;
  const auto& state = static_cast<const State&>(*found->second);
  all[prefix + "mean"] = state.exp_avg();
  all[prefix + "square"] = state.exp_avg_sq();
  all[prefix + "step"] = at::scalar_tensor(state.step(), at::kLong);
}

template <typename State>
void write_state(torch::optim::Optimizer& optimizer, const at::Tensor& parameter, const at::Tensor& mean, const at::Tensor& square,
                 std::int64_t step) {
  auto state = std::make_unique<State>();
  state->step(step);
  state->exp_avg(mean.clone());
  state->exp_avg_sq(square.clone());
  optimizer.state()[parameter.unsafeGetTensorImpl()] = std::move(state);
}

}  // namespace

Optimizer::Optimizer(Algorithm algorithm, std::vector<at::Tensor> parameters, double weight_decay, double averaging)
    : algorithm_(algorithm), parameters_(std::move(parameters)), averaging_(averaging) {
  if (averaging > 0) {
    for (const auto& parameter : parameters_) averages_.push_back(parameter.detach().clone());
  }
  constexpr double kSetAtEachStep = 1;
  if (algorithm == Algorithm::kAdam) {
    optimizer_ = std::make_unique<torch::optim::Adam>(parameters_, torch::optim::AdamOptions(kSetAtEachStep));
  } else {
    optimizer_ = std::make_unique<torch::optim::AdamW>(
        parameters_, torch::optim::AdamWOptions(kSetAtEachStep).weight_decay(weight_decay));
  }
}

Optimizer::~Optimizer() = default;

void Optimizer::zero_gradients() { optimizer_->zero_grad(); }

void Optimizer::sum_gradients(const ProcessGroup& group) {
  if (group.size() == 1) return;
  std::vector<at::Tensor> flat;  // a process without a batch has no gradients
  for (const auto& parameter : parameters_) {
    flat.push_back(parameter.grad().defined() ? parameter.grad().flatten() : at::zeros(parameter.numel(), parameter.options()));
  }
  auto all = at::cat(flat);
  group.sum(all);
  std::int64_t begin = 0;
  for (auto& parameter : parameters_) {
    parameter.mutable_grad() = all.narrow(0, begin, parameter.numel()).view_as(parameter).clone();  // no view: zero_gradients() would mind
    begin += parameter.numel();
  }
}

double Optimizer::clip(double max_norm) { return torch::nn::utils::clip_grad_norm_(parameters_, max_norm); }

void Optimizer::step(double learning_rate) {
  for (auto& group : optimizer_->param_groups()) group.options().set_lr(learning_rate);
  optimizer_->step();
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < averages_.size(); ++i) averages_[i].lerp_(parameters_[i], 1 - averaging_);
}

void Optimizer::exchange_averages() {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < averages_.size(); ++i) {
    const auto parameter = parameters_[i].clone();
    parameters_[i].copy_(averages_[i]);
    averages_[i].copy_(parameter);
  }
}

std::map<std::string, at::Tensor> Optimizer::state() const {
  std::map<std::string, at::Tensor> all;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto prefix = fmt::format("{}.", i);
    all[prefix + "parameter"] = parameters_[i].detach();
    if (!averages_.empty()) all[prefix + "average"] = averages_[i];
    if (algorithm_ == Algorithm::kAdam) {
      read_state<torch::optim::AdamParamState>(*optimizer_, parameters_[i], prefix, all);
    } else {
      read_state<torch::optim::AdamWParamState>(*optimizer_, parameters_[i], prefix, all);
    }
  }
  return all;
}

void Optimizer::restore(const std::map<std::string, at::Tensor>& state) {
  const at::NoGradGuard no_grad;
  optimizer_->state().clear();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto find = [&](const char* name) { return state.find(fmt::format("{}.{}", i, name)); };
    const auto copy = [&](const char* name, at::Tensor& to) {
      const auto stored = find(name);
      if (stored == state.end() || stored->second.sizes() != to.sizes()) {
        base::fail(base::ErrorCode::kMismatch, "the training state does not hold the parameters of this model and these options");
      }
      to.copy_(stored->second);
    };
    copy("parameter", parameters_[i]);
    if (!averages_.empty()) copy("average", averages_[i]);
    const auto mean = find("mean"), square = find("square"), step = find("step");
    if (mean == state.end() || square == state.end() || step == state.end()) continue;
    const auto steps = step->second.item<std::int64_t>();
    if (algorithm_ == Algorithm::kAdam) {
      write_state<torch::optim::AdamParamState>(*optimizer_, parameters_[i], mean->second, square->second, steps);
    } else {
      write_state<torch::optim::AdamWParamState>(*optimizer_, parameters_[i], mean->second, square->second, steps);
    }
  }
}

}  // namespace hangtag::train
