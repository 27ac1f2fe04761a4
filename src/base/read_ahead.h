// Items made ahead of their use by other threads, and taken in order: a pipeline stage with bounded memory.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace hangtag::base {

// Item i of `count` is make(i), called once, from one of `threads` threads, while at most `ahead` items wait to be taken.
// next() hands them out in order, from one thread; it throws what make(i) threw. The destructor stops early.
template <typename T>
class ReadAhead {
 public:
  ReadAhead(std::size_t count, std::function<T(std::size_t)> make, std::size_t threads, std::size_t ahead)
      : count_(count), make_(std::move(make)), slots_(std::max<std::size_t>(1, ahead)) {
    for (std::size_t i = 0; i < std::max<std::size_t>(1, threads); ++i) threads_.emplace_back([this] { work(); });
  }

  ~ReadAhead() {
    {
      const std::lock_guard lock(mutex_);
      count_ = 0;
    }
    changed_.notify_all();
  }

  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  T next() {
    std::unique_lock lock(mutex_);
    auto& slot = slots_[taken_ % slots_.size()];
    changed_.wait(lock, [&] { return slot.item || slot.failure; });
    auto item = std::exchange(slot.item, std::nullopt);
    const auto failure = std::exchange(slot.failure, nullptr);
    ++taken_;
    lock.unlock();
    changed_.notify_all();
    if (failure) std::rethrow_exception(failure);
    return std::move(*item);
  }

 private:
  struct Slot {
    std::optional<T> item;
    std::exception_ptr failure;
  };

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return started_ >= count_ || started_ < taken_ + slots_.size(); });
      if (started_ >= count_) return;
      const auto index = started_++;
      lock.unlock();
      Slot made;
      try {
        made.item = make_(index);
      } catch (...) {
        made.failure = std::current_exception();
      }
      lock.lock();
      slots_[index % slots_.size()] = std::move(made);
      changed_.notify_all();
    }
  }

  std::size_t count_;
  std::function<T(std::size_t)> make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Slot> slots_;
  std::size_t started_ = 0, taken_ = 0;
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace hangtag::base
