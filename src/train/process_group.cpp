#include "train/process_group.h"

#include <ATen/core/Tensor.h>
#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <exception>

#include "base/error.h"

namespace hangtag::train {
namespace {

constexpr std::int64_t kLargestMessage = 1 << 28;  // elements: MPI counts them in an int

template <typename T>
void sum_everywhere(T* values, std::int64_t count, MPI_Datatype type, int rank) {
  for (std::int64_t begin = 0; begin < count; begin += kLargestMessage) {
    const auto part = static_cast<int>(std::min(kLargestMessage, count - begin));
    MPI_Reduce(rank == 0 ? MPI_IN_PLACE : values + begin, values + begin, part, type, MPI_SUM, 0, MPI_COMM_WORLD);
    MPI_Bcast(values + begin, part, type, 0, MPI_COMM_WORLD);
  }
}

}  // namespace

// The calls below check no return codes: MPI_COMM_WORLD's error handler ends all processes with a message.
struct ProcessGroup::Mpi {
  Mpi() {
    int provided = 0;
    if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
      base::fail(base::ErrorCode::kInternal, "MPI does not start");
    }
  }
  ~Mpi() {
    if (std::uncaught_exceptions() == 0) MPI_Finalize();
  }
};

ProcessGroup ProcessGroup::of_mpi() {
  ProcessGroup group;
  group.mpi_ = std::make_shared<Mpi>();
  MPI_Comm_rank(MPI_COMM_WORLD, &group.rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &group.size_);
  return group;
}

void ProcessGroup::sum(at::Tensor& values) const {
  if (size_ == 1) return;
  sum_everywhere(values.mutable_data_ptr<float>(), values.numel(), MPI_FLOAT, rank_);
}

void ProcessGroup::sum(std::span<double> values) const {
  if (size_ == 1) return;
  sum_everywhere(values.data(), static_cast<std::int64_t>(values.size()), MPI_DOUBLE, rank_);
}

bool ProcessGroup::any(bool value) const {
  double votes = value;
  sum({&votes, 1});
  return votes > 0;
}

void ProcessGroup::wait() const {
  if (size_ > 1) MPI_Barrier(MPI_COMM_WORLD);
}

}  // namespace hangtag::train
