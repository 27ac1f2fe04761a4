// Where a module's parameters come from. A module asks for each of its tensors by name and shape while it is built, so the
// constructors are the one table of names and shapes: for a checkpoint that is read, for random weights, and for errors.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/Generator.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hangtag::nn {

// How a tensor starts when it is not read: all `mean` when std is 0, else normal.
struct Init {
  double mean = 0;
  double std = 0;
};
constexpr Init kZeros{.mean = 0, .std = 0};
constexpr Init kOnes{.mean = 1, .std = 0};
constexpr Init normal(double std) { return {.mean = 0, .std = std}; }

class WeightSource {
 public:
  virtual ~WeightSource() = default;
  // The tensor called `name`, of exactly this shape. Throws base::Error when there is none or its shape differs.
  virtual at::Tensor get(const std::string& name, at::IntArrayRef shape, Init init) = 0;
  virtual bool contains(const std::string& name) const = 0;
  // Whether linear layers are to hold their weights in 8 bits; if not, weights stored so are given back their width.
  virtual bool int8() const { return false; }
  // For the linear layer of this name, on its way into 8 bits: the columns (int64) to keep in fp32, or undefined.
  virtual at::Tensor outlier_columns(const std::string&) const { return {}; }
};

// New weights, the same for a seed and a tensor's name whatever else is in the model.
class RandomWeights : public WeightSource {
 public:
  explicit RandomWeights(std::uint64_t seed) : seed_(seed) {}
  at::Tensor get(const std::string& name, at::IntArrayRef shape, Init init) override;
  bool contains(const std::string&) const override { return true; }

 private:
  std::uint64_t seed_;
};

// A place in the tree of names: (weights / "encoder" / 3)("weight", {out, in}, init) asks for "encoder.3.weight".
class Weights {
 public:
  explicit Weights(WeightSource& source, std::string prefix = {}) : source_(&source), prefix_(std::move(prefix)) {}

  Weights operator/(std::string_view name) const;
  Weights operator/(std::int64_t index) const { return *this / std::to_string(index); }
  at::Tensor operator()(std::string_view name, at::IntArrayRef shape, Init init) const;
  bool contains(std::string_view name) const;
  bool int8() const { return source_->int8(); }
  at::Tensor outlier_columns() const { return source_->outlier_columns(prefix_); }

 private:
  std::string path(std::string_view name) const;

  WeightSource* source_;
  std::string prefix_;
};

// What every module of ours shares: children and parameters are named once, for the checkpoint and for the module tree.
// Parameters start frozen; training switches on the ones that it wants.
class Module : public torch::nn::Module {
 protected:
  template <typename Child, typename... Args>
  Child child(const Weights& weights, const std::string& name, Args&&... args) {
    return register_module(name, Child(weights / name, std::forward<Args>(args)...));
  }

  at::Tensor parameter(const Weights& weights, const std::string& name, at::IntArrayRef shape, Init init) {
    return register_parameter(name, weights(name, shape, init), /*requires_grad=*/false);
  }
};

// Children called 0, 1, 2 …, as in torch.nn.ModuleList, but of one type.
template <typename Child>
class ListImpl : public Module {
 public:
  // make(weights of child i, i) → Child
  template <typename Make>
  ListImpl(const Weights& weights, std::int64_t count, Make make) {
    for (std::int64_t i = 0; i < count; ++i) {
      children_.push_back(register_module(std::to_string(i), make(weights / i, i)));
    }
  }
  auto begin() const { return children_.begin(); }
  auto end() const { return children_.end(); }
  std::size_t size() const { return children_.size(); }
  Child operator[](std::size_t i) const { return children_[i]; }

 private:
  std::vector<Child> children_;
};

template <typename Child>
class List : public torch::nn::ModuleHolder<ListImpl<Child>> {
 public:
  using torch::nn::ModuleHolder<ListImpl<Child>>::ModuleHolder;
};

}  // namespace hangtag::nn
