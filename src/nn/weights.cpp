#include "nn/weights.h"

#include <ATen/CPUGeneratorImpl.h>

#include "base/random.h"

namespace hangtag::nn {

at::Tensor RandomWeights::get(const std::string& name, at::IntArrayRef shape, Init init) {
  auto tensor = at::full(shape, init.mean, at::kFloat);
  if (init.std > 0) tensor.normal_(init.mean, init.std, at::detail::createCPUGenerator(base::Random(seed_, name).next()));
  return tensor;
}

std::string Weights::path(std::string_view name) const {
  return prefix_.empty() ? std::string(name) : prefix_ + "." + std::string(name);
}

Weights Weights::operator/(std::string_view name) const { return Weights(*source_, path(name)); }

at::Tensor Weights::operator()(std::string_view name, at::IntArrayRef shape, Init init) const {
  return source_->get(path(name), shape, init);
}

bool Weights::contains(std::string_view name) const { return source_->contains(path(name)); }

}  // namespace hangtag::nn
