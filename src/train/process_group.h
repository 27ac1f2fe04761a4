// The processes of a data-parallel run. A group of one costs nothing: every call returns at once, so that the training loop
// need not ask how many there are.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>

namespace hangtag::train {

class ProcessGroup {
 public:
  ProcessGroup() = default;       // this process alone
  // All processes that mpirun started, by MPI (MPI_COMM_WORLD). To be called once in a process, by its main thread, from which
  // all other calls come too. MPI ends when the last copy goes, unless by an exception: a process that fails leaves without
  // a word, on which mpirun ends the others, which would wait for it.
  static ProcessGroup of_mpi();

  int rank() const { return rank_; }  // from 0
  int size() const { return size_; }
  bool leads() const { return rank_ == 0; }  // the one that writes

  // The calls below wait for all processes, which must make the same ones. Sums are taken in one place and sent to all, so that
  // they are the same to the last bit everywhere.
  void sum(at::Tensor& values) const;  // in place; contiguous fp32 on the CPU
  void sum(std::span<double> values) const;
  bool any(bool value) const;
  void wait() const;

 private:
  struct Mpi;
  std::shared_ptr<Mpi> mpi_;
  int rank_ = 0, size_ = 1;
};

}  // namespace hangtag::train
