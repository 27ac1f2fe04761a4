#include "nn/dropout.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>

#include "nn/kernels.h"

namespace hangtag::nn {

at::Tensor dropout(const at::Tensor& x, double rate, bool training) {
  if (!training || rate <= 0) return x;
  std::uint64_t seed;
  {
    auto generator = at::detail::getDefaultCPUGenerator();
    const std::lock_guard lock(generator.mutex());
    seed = generator.get<at::CPUGeneratorImpl>()->random64();
  }
  auto mask = at::empty(x.sizes(), at::kFloat);
  auto* out = mask.mutable_data_ptr<float>();
  constexpr std::int64_t kElementsPerTask = 1 << 14;
  at::parallel_for(0, mask.numel(), kElementsPerTask, [&](std::int64_t begin, std::int64_t end) {
    draw_mask(seed, static_cast<float>(rate), begin, end, out);
  });
  return x * mask.to(x.scalar_type());
}

}  // namespace hangtag::nn
