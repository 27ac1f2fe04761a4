#include "server/engine.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <span>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "predict/predictor.h"

namespace hangtag::server {

class Engine::Core {
 public:
  Core(std::unique_ptr<predict::Predictor> predictor, EngineOptions options)
      : options_(std::move(options)),
        predictor_(std::move(predictor)),
        taxonomy_(predictor_->taxonomy()),
        processor_(predictor_->checkpoint().processor) {
    if (options_.batch_photos == 0 || options_.max_waiting == 0) {
      base::fail(base::ErrorCode::kUsage,
                 "batches of {} photos behind a queue of {} requests do no work; expected 1 or more of each",
                 options_.batch_photos, options_.max_waiting);
    }
    if (options_.metrics) {
      auto& metrics = *options_.metrics;
      photos_ = &metrics.counter({.name = "hangtag_photos_total", .help = "Photos that the model has seen"});
      batch_photos_ = &metrics.histogram({.name = "hangtag_batch_photos",
                                          .help = "Photos of one batch",
                                          .labels = {},
                                          .bounds = {1, 2, 4, 8, 16, 32, 64}});
      batch_seconds_ = &metrics.histogram({.name = "hangtag_batch_seconds",
                                           .help = "Time of one batch in the model",
                                           .labels = {},
                                           .bounds = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}});
      waiting_gauge_ = &metrics.gauge({.name = "hangtag_waiting_requests", .help = "Requests that wait for the model"});
    }
    thread_ = std::jthread([this] { run(); });
  }

  ~Core() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
  }

  bool try_submit(Work& work, std::function<void(Outcome)> done) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ || jobs_.size() >= options_.max_waiting) return false;
      jobs_.push_back({.work = std::move(work), .done = std::move(done)});
      note_waiting();
    }
    changed_.notify_all();
    return true;
  }

  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return jobs_.size();
  }

  const EngineOptions& options() const { return options_; }
  const catalog::Taxonomy& taxonomy() const { return taxonomy_; }
  const model::ImageProcessor& processor() const { return processor_; }

 private:
  struct Job {
    Work work;
    std::function<void(Outcome)> done;
  };

  void run() {
    while (true) {
      auto jobs = next();
      if (jobs.empty()) return;
      std::erase_if(jobs, [](const Job& job) { return job.work.cancellation.cancelled(); });
      if (!jobs.empty()) serve(jobs);
    }
  }

  // Whole requests, up to a batch's photos but at least one request. Nothing at the end.
  std::vector<Job> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
    const auto full = [&] {
      std::size_t photos = 0;
      for (const auto& job : jobs_) photos += job.work.photos.size();
      return stopping_ || photos >= options_.batch_photos;
    };
    changed_.wait_for(lock, options_.max_wait, full);
    std::vector<Job> batch;
    if (stopping_) return batch;
    std::size_t photos = 0;
    while (!jobs_.empty() && (batch.empty() || photos + jobs_.front().work.photos.size() <= options_.batch_photos)) {
      photos += jobs_.front().work.photos.size();
      batch.push_back(std::move(jobs_.front()));
      jobs_.pop_front();
    }
    note_waiting();
    return batch;
  }

  void serve(std::span<Job> jobs) {
    std::vector<Outcome> outcomes;
    try {
      outcomes = compute(jobs);
    } catch (const std::exception&) {
      // One request must not spoil the others: each gets its own answer, and its own error.
      if (jobs.size() > 1) {
        for (auto& job : jobs) serve(std::span(&job, 1));
        return;
      }
      outcomes.push_back({.predictions = {}, .answer = {}, .fault = std::current_exception()});
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      try {
        jobs[i].done(std::move(outcomes[i]));
      } catch (const std::exception& error) {
        spdlog::error("an answer could not be given: {}", error.what());
      }
    }
  }

  std::vector<Outcome> compute(std::span<const Job> jobs) {
    const at::NoGradGuard no_grad;
    const auto start = http::Clock::now();
    std::vector<Outcome> outcomes(jobs.size());
    std::vector<const Photo*> photos;
    std::vector<predict::Predictor::Request> requests;
    std::vector<std::size_t> asked_by;  // of the requests: the job
    std::vector<Asked> prompts;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const auto& work = jobs[i].work;
      for (const auto& photo : work.photos) {
        const auto row = static_cast<std::int64_t>(photos.size());
        photos.push_back(&photo);
        if (work.prompt) {
          prompts.push_back({.job = i, .photo = row, .prompt = &*work.prompt});
        } else {
          requests.push_back({.photo = row, .type = photo.type, .attributes = work.attributes});
          asked_by.push_back(i);
        }
      }
    }
    const auto features = features_of(photos);
    if (!requests.empty()) {
      auto predictions = predictor_->predict(features, requests);
      for (std::size_t i = 0; i < predictions.size(); ++i) {
        outcomes[asked_by[i]].predictions.push_back(std::move(predictions[i]));
      }
    }
    answer(features, std::move(prompts), outcomes);
    if (photos_ != nullptr) {
      photos_->add(static_cast<double>(photos.size()));
      batch_photos_->observe(static_cast<double>(photos.size()));
      batch_seconds_->observe(std::chrono::duration<double>(http::Clock::now() - start).count());
    }
    return outcomes;
  }

  at::Tensor features_of(const std::vector<const Photo*>& photos) {  // → (P, Q, D)
    std::vector<at::Tensor> features;
    for (std::size_t begin = 0; begin < photos.size(); begin += options_.batch_photos) {
      std::vector<at::Tensor> pixels;
      for (auto i = begin; i < std::min(photos.size(), begin + options_.batch_photos); ++i) {
        pixels.push_back(processor_.normalize(photos[i]->pixels));
      }
      features.push_back(predictor_->checkpoint().model->image_features(at::stack(pixels)));
    }
    return at::cat(features);
  }

  struct Asked {
    std::size_t job;
    std::int64_t photo;
    const Prompt* prompt;
  };

  // Prompts that want the same of the search go through it together.
  void answer(const at::Tensor& features, std::vector<Asked> asked, std::vector<Outcome>& outcomes) {
    auto& [model, processor, tokenizer] = predictor_->checkpoint();
    while (!asked.empty()) {
      const auto wanted = [like = *asked.front().prompt](const Asked& one) {
        return one.prompt->max_new_tokens == like.max_new_tokens && one.prompt->num_beams == like.num_beams &&
               one.prompt->length_penalty == like.length_penalty;
      };
      const auto rest = std::stable_partition(asked.begin(), asked.end(), wanted);
      std::vector<std::vector<std::int64_t>> texts;
      std::vector<std::int64_t> rows;
      for (auto one = asked.begin(); one != rest; ++one) {
        texts.push_back(tokenizer.encode(one->prompt->text));
        rows.push_back(one->photo);
      }
      const auto& first = *asked.front().prompt;
      auto state = model->start(features.index_select(0, at::tensor(rows, at::kLong)),
                                model::pad(texts, model->config().text.pad_token_id));
      const auto answers = decode::generate(model, std::move(state),
                                            {.max_new_tokens = first.max_new_tokens,
                                             .num_beams = first.num_beams,
                                             .length_penalty = first.length_penalty});
      for (std::size_t i = 0; i < answers.size(); ++i) outcomes[asked[i].job].answer = tokenizer.decode(answers[i]);
      asked.erase(asked.begin(), rest);
    }
  }

  void note_waiting() {
    if (waiting_gauge_ != nullptr) waiting_gauge_->set(static_cast<double>(jobs_.size()));
  }

  EngineOptions options_;
  std::unique_ptr<predict::Predictor> predictor_;  // the thread's alone, from here on
  catalog::Taxonomy taxonomy_;
  model::ImageProcessor processor_;
  http::Family* photos_ = nullptr;  // the families are null without options.metrics
  http::Family* batch_photos_ = nullptr;
  http::Family* batch_seconds_ = nullptr;
  http::Family* waiting_gauge_ = nullptr;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::jthread thread_;  // last: it ends before what it uses
};

Engine::Engine(std::unique_ptr<predict::Predictor> predictor, EngineOptions options)
    : core_(std::make_unique<Core>(std::move(predictor), std::move(options))) {}

Engine::~Engine() = default;

bool Engine::try_submit(Work& work, std::function<void(Outcome)> done) {
  return core_->try_submit(work, std::move(done));
}

image::Image Engine::fit(const image::Image& photo) const {
  return core_->processor().resize(photo);
}

const catalog::Taxonomy& Engine::taxonomy() const {
  return core_->taxonomy();
}

std::size_t Engine::waiting() const {
  return core_->waiting();
}

const EngineOptions& Engine::options() const {
  return core_->options();
}

}  // namespace hangtag::server
