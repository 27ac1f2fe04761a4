// One model for many clients: what waits goes through it together, and each gets the answer that it would have got
// alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/taxonomy.h"
#include "http/message.h"
#include "http/metrics.h"
#include "image/image.h"
#include "predict/record.h"

namespace hangtag::predict {
class Predictor;
}

namespace hangtag::server {

struct EngineOptions {
  std::size_t batch_photos = 16;          // through the model at once
  std::chrono::milliseconds max_wait{4};  // for others to join the first of a batch
  std::size_t max_waiting = 64;           // requests
  // Gets hangtag_batch_photos, hangtag_batch_seconds, hangtag_photos_total and hangtag_waiting_requests.
  std::shared_ptr<http::Metrics> metrics{};
};

struct Photo {
  image::Image pixels;  // fitted by Engine::fit()
  std::string type{};   // of the product; may be empty
};

// A free question, to be answered in the model's own words.
struct Prompt {
  std::string text;  // "Question: … Answer: "
  std::int64_t max_new_tokens = 20;
  std::int64_t num_beams = 1;
  double length_penalty = 1;

  bool operator==(const Prompt&) const = default;
};

struct Work {
  std::vector<Photo> photos;              // at least one; exactly one for a prompt
  std::vector<std::string> attributes{};  // none: all that the taxonomy has for the type
  std::optional<Prompt> prompt{};         // instead of attributes
  http::Cancellation cancellation{};
};

struct Outcome {
  std::vector<std::vector<predict::AttributePrediction>> predictions{};  // as predict::Predictor gives them, by photo
  std::string answer{};                                                  // of a prompt
  std::exception_ptr fault{};                                            // why there is neither
};

// May be used by several threads at once.
class Engine {
 public:
  Engine(std::unique_ptr<predict::Predictor> predictor, EngineOptions options);  // throws kUsage for a size of 0
  ~Engine();  // ends the batch that runs; drops what waits
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Calls done() on the engine's thread, which must not be kept; never, where the work is cancelled before its turn.
  // False where the queue is full: nothing is called or taken then.
  bool try_submit(Work& work, std::function<void(Outcome)> done);

  image::Image fit(const image::Image& photo) const;  // as small as the model wants it

  const catalog::Taxonomy& taxonomy() const;
  std::size_t waiting() const;
  const EngineOptions& options() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace hangtag::server
