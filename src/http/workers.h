// Threads for work that handlers must not do themselves, behind a queue of bounded length.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "http/router.h"

namespace hangtag::http {

// May be used by several threads at once.
class Workers {
 public:
  Workers(std::size_t threads, std::size_t max_waiting);  // throws kUsage for no thread, or a queue of none
  ~Workers();  // waits for the work that runs; drops what waits, which answers 500
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Has a thread call work(request, responder). False where the queue is full: both are untouched then, and still to be
  // answered. A request that is cancelled before its turn is dropped. What work throws is logged and answered by 500.
  bool try_submit(Request& request, Responder& responder, Handler work);

  // `work` as a route's handler: through the queue, or 503 where that is full.
  Handler handler(Handler work);
  Admit admit_while_room();  // the same 503 before the body is read; both hold a reference to this

  std::size_t waiting() const;

 private:
  struct Job {
    Request request;
    Responder responder;
    Handler work;
  };
  void run();

  std::size_t max_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace hangtag::http
