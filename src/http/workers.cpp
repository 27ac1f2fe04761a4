#include "http/workers.h"

#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace hangtag::http {

Workers::Workers(std::size_t threads, std::size_t max_waiting) : max_waiting_(max_waiting) {
  if (threads == 0 || max_waiting == 0) {
    base::fail(base::ErrorCode::kUsage, "{} threads behind a queue of {} do no work; expected 1 or more of each",
               threads, max_waiting);
  }
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

bool Workers::try_submit(Request& request, Responder& responder, Handler work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.size() >= max_waiting_) return false;
    jobs_.push_back({std::move(request), std::move(responder), std::move(work)});
  }
  changed_.notify_one();
  return true;
}

Handler Workers::handler(Handler work) {
  return [this, work = std::move(work)](Request request, Responder responder) {
    if (!try_submit(request, responder, work)) responder.send(overloaded_response(request));
  };
}

Admit Workers::admit_while_room() {
  return [this](const Head& head) -> std::optional<Response> {
    if (waiting() < max_waiting_) return std::nullopt;
    return overloaded_response(head);
  };
}

std::size_t Workers::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void Workers::run() {
  while (true) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    if (job.request.cancelled()) continue;
    const std::string id = job.request.id;
    try {
      job.work(std::move(job.request), std::move(job.responder));
    } catch (const std::exception& error) {
      spdlog::error("request {}: {}", id, error.what());
    }
  }
}

}  // namespace hangtag::http
