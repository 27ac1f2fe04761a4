#include "train/trainer.h"

#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/pad.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <mutex>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "dataset/questions.h"
#include "features/encode.h"
#include "image/decode.h"
#include "train/batches.h"
#include "train/schedule.h"

namespace hangtag::train {
namespace {

using base::ErrorCode;
using base::fail;
using dataset::Split;

constexpr std::size_t kPhotosPerPass = 32;    // when features are computed ahead
constexpr std::int64_t kLargestShift = 4;     // pixels, of the augmentation
constexpr std::int64_t kStepsPerLogLine = 20;

// The photos of the data set, each once.
class Photos {
 public:
  explicit Photos(const model::ImageProcessor& processor) : processor_(processor) {}

  std::size_t add(const std::filesystem::path& path) {
    const auto [place, is_new] = index_.try_emplace(path.string(), paths_.size());
    if (is_new) paths_.push_back(path);
    return place->second;
  }

  const std::vector<std::filesystem::path>& paths() const { return paths_; }

  // Resizes all of them and keeps them as bytes, for pixels(): 12 kB each at 64x64, 147 kB at 224x224.
  void load(bool quiet) {
    base::Progress progress("reading photos", static_cast<std::int64_t>(paths_.size()), "photos", quiet);
    resized_.resize(paths_.size());
    std::mutex mutex;
    std::int64_t done = 0;
    base::for_each_index(paths_.size(), [&](std::size_t i) {
      resized_[i] = processor_.resize(image::load(paths_[i]));
      const std::lock_guard lock(mutex);
      progress.update(++done);
    });
  }

  at::Tensor pixels(std::span<const std::size_t> photos) const {  // (P, 3, S, S)
    std::vector<at::Tensor> tensors;
    for (const auto photo : photos) tensors.push_back(processor_.normalize(resized_[photo]));
    return at::stack(tensors);
  }

 private:
  model::ImageProcessor processor_;
  std::map<std::string, std::size_t> index_;
  std::vector<std::filesystem::path> paths_;
  std::vector<image::Image> resized_;
};

// Half of the photos mirrored, all of them moved by a few pixels, with their edges repeated: no attribute of a garment
// depends on either.
at::Tensor augmented(const at::Tensor& pixels, base::Random& random) {
  std::vector<at::Tensor> photos;
  const auto height = pixels.size(2), width = pixels.size(3);
  for (const auto& photo : pixels.unbind(0)) {
    auto padded = at::pad(photo.unsqueeze(0), std::vector<std::int64_t>(4, kLargestShift), "replicate").squeeze(0);
    if (random.chance(0.5)) padded = padded.flip(2);
    const auto top = static_cast<std::int64_t>(random.below(2 * kLargestShift + 1));
    const auto left = static_cast<std::int64_t>(random.below(2 * kLargestShift + 1));
    photos.push_back(padded.slice(1, top, top + height).slice(2, left, left + width));
  }
  return at::stack(photos);
}

// The training run's state: everything that one epoch hands to the next.
class Run {
 public:
  Run(model::Checkpoint& checkpoint, const dataset::Dataset& data, const TrainOptions& options)
      : checkpoint_(checkpoint), options_(options), random_(options.seed, "train"), photos_(checkpoint.processor) {
    train_ = examples(data, Split::kTrain);
    validation_ = examples(data, Split::kValidation);
    if (train_.empty()) fail(ErrorCode::kInvalid, "the data set has no training example");
    prepare_folder();
    choose_parameters();
    if (options.method == Method::kLora) {
      compute_features();
    } else {
      photos_.load(options.quiet);
    }
    make_optimizer();
  }

  TrainResult run() {
    TrainResult result;
    for (const auto& parameter : parameters_) result.trainable_parameters += parameter.numel();
    result.best.validation_loss = std::numeric_limits<double>::infinity();
    const auto steps_per_epoch = (static_cast<std::int64_t>(train_.size()) + options_.batch_size - 1) / options_.batch_size;
    total_steps_ = steps_per_epoch * options_.epochs;
    warmup_steps_ = static_cast<std::int64_t>(options_.warmup_share * static_cast<double>(total_steps_));
    for (std::int64_t epoch = 1; epoch <= options_.epochs; ++epoch) {
      const auto start = std::chrono::steady_clock::now();
      EpochResult now{.epoch = epoch, .train_loss = train_epoch(epoch)};
      validate(now);
      // Without validation examples the training loss has to do.
      const bool better = validation_.empty() || now.validation_loss < result.best.validation_loss;
      if (better) result.best = now;
      result.last = now;
      save(options_.out / "last");
      if (better) save(options_.out / "best");
      log({{"event", "epoch"},
           {"epoch", epoch},
           {"train_loss_mean", now.train_loss},
           {"validation_loss", now.validation_loss},
           {"validation_exact", now.validation_exact},
           {"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()},
           {"best", better}});
    }
    checkpoint_.model->eval();
    return result;
  }

 private:
  std::vector<TokenExample> examples(const dataset::Dataset& data, Split split) {
    std::map<std::string, std::vector<std::int64_t>> tokens;  // questions repeat
    const auto encode = [&](const std::string& text) {
      const auto [place, is_new] = tokens.try_emplace(text);
      if (is_new) place->second = checkpoint_.tokenizer.encode(text);
      return place->second;
    };
    std::vector<TokenExample> all;
    for (const auto& example : data.examples[split]) {
      const auto& product = data.products.find(example.id)->second;
      all.push_back({.photo = photos_.add(product.photo),
                     .prompt = encode(dataset::prompt(example.question)),
                     .answer = encode(example.answer)});
    }
    return all;
  }

  void prepare_folder() {
    const auto metrics = options_.out / "metrics.jsonl";
    std::error_code error;
    if (std::filesystem::exists(metrics, error)) {
      if (!options_.overwrite) {
        fail(ErrorCode::kUsage, "{} holds an earlier run: choose another folder, or --overwrite it", options_.out.string());
      }
      for (const char* weights : {"best", "last"}) std::filesystem::remove_all(options_.out / weights, error);
    }
    std::filesystem::create_directories(options_.out, error);
    if (error) fail(ErrorCode::kIo, "{}: cannot make the folder: {}", options_.out.string(), error.message());
    const bool lora = options_.method == Method::kLora;
    base::OrderedJson json = {{"method", lora ? "lora" : "full"},
                              {"optimizer", options_.optimizer == Optimizer::kAdam ? "adam" : "adamw"},
                              {"learning_rate", options_.learning_rate},
                              {"weight_decay", options_.weight_decay},
                              {"max_gradient_norm", options_.max_gradient_norm},
                              {"warmup_share", options_.warmup_share},
                              {"epochs", options_.epochs},
                              {"batch_size", options_.batch_size},
                              {"augment", options_.augment},
                              {"seed", options_.seed},
                              {"train_examples", train_.size()},
                              {"validation_examples", validation_.size()}};
    if (lora) json["lora"] = model::to_json(options_.lora);
    base::write_json(options_.out / "run.json", json);
    metrics_.open(metrics, std::ios::trunc);
    if (!metrics_) fail(ErrorCode::kIo, "{}: cannot write", metrics.string());
  }

  void choose_parameters() {
    if (options_.method == Method::kLora) {
      model::add_adapter(checkpoint_.model, options_.lora, options_.seed);
      for (auto& [name, tensor] : model::adapter_tensors(checkpoint_.model)) {
        // Features are computed ahead: what stands before the language model would never learn.
        if (name.find(".language_model.") == std::string::npos) {
          fail(ErrorCode::kUsage, "the adapter's targets reach \"{}\"; only modules of the language model can be tuned", name);
        }
        parameters_.push_back(tensor);
      }
    } else {
      parameters_ = checkpoint_.model->parameters();
    }
    for (auto& parameter : parameters_) parameter.set_requires_grad(true);
  }

  // The photo's side of the model is frozen: what it says of a photo stays the same through all epochs.
  void compute_features() {
    checkpoint_.model->eval();
    base::Progress progress("encoding photos", static_cast<std::int64_t>(photos_.paths().size()), "photos", options_.quiet);
    std::vector<at::Tensor> all;
    features::encode(checkpoint_, photos_.paths(), {.cache = options_.feature_cache, .photos_per_pass = kPhotosPerPass},
                     [&](const features::Encoded& pass) {
                       if (!pass.failed.empty()) throw pass.failed.front().error;
                       all.push_back(pass.features);
                       progress.update(static_cast<std::int64_t>(pass.photos.back()) + 1);
                     });
    features_ = at::cat(all);  // (photos, Q, D)
  }

  void make_optimizer() {
    if (options_.optimizer == Optimizer::kAdam) {
      optimizer_ = std::make_unique<torch::optim::Adam>(parameters_, torch::optim::AdamOptions(options_.learning_rate));
    } else {
      optimizer_ = std::make_unique<torch::optim::AdamW>(
          parameters_, torch::optim::AdamWOptions(options_.learning_rate).weight_decay(options_.weight_decay));
    }
  }

  void set_learning_rate(double rate) {
    for (auto& group : optimizer_->param_groups()) group.options().set_lr(rate);
  }

  struct Batch {
    at::Tensor features;  // (B, Q, D)
    model::TextBatch text;
    at::Tensor labels;  // (B, N)
  };

  Batch make_batch(const std::vector<TokenExample>& examples, const std::vector<std::size_t>& indices, bool training) {
    std::vector<std::vector<std::int64_t>> prompts, answers;
    std::vector<std::size_t> photos;       // each once
    std::vector<std::int64_t> photo_of;    // row → place in photos
    std::map<std::size_t, std::int64_t> place;
    for (const auto i : indices) {
      prompts.push_back(examples[i].prompt);
      answers.push_back(examples[i].answer);
      const auto [found, is_new] = place.try_emplace(examples[i].photo, static_cast<std::int64_t>(photos.size()));
      if (is_new) photos.push_back(examples[i].photo);
      photo_of.push_back(found->second);
    }
    at::Tensor features;
    if (features_.defined()) {
      features = features_.index_select(0, at::tensor(std::vector<std::int64_t>(photos.begin(), photos.end()), at::kLong));
    } else {
      auto pixels = photos_.pixels(photos);
      if (training && options_.augment) pixels = augmented(pixels, random_);
      features = checkpoint_.model->image_features(pixels);
    }
    return {.features = features.index_select(0, at::tensor(photo_of, at::kLong)),
            .text = model::pad(prompts, checkpoint_.model->config().text.pad_token_id),
            .labels = model::pad_labels(answers)};
  }

  double train_epoch(std::int64_t epoch) {
    checkpoint_.model->train();
    const auto batches = make_batches(train_, static_cast<std::size_t>(options_.batch_size),
                                      options_.method == Method::kFull, random_);
    base::Progress progress(fmt::format("epoch {}/{}", epoch, options_.epochs), static_cast<std::int64_t>(train_.size()),
                            "examples", options_.quiet);
    const auto start = std::chrono::steady_clock::now();
    double sum = 0;
    double recent = 0;  // exponential mean, for the eye
    std::int64_t seen = 0;
    for (const auto& indices : batches) {
      const double rate = learning_rate(options_.learning_rate, step_, warmup_steps_, total_steps_);
      set_learning_rate(rate);
      const auto batch = make_batch(train_, indices, /*training=*/true);
      const auto loss = model::language_model_loss(checkpoint_.model(batch.features, batch.text, batch.labels), batch.labels);
      const double value = loss.item<double>();
      if (!std::isfinite(value)) diverged(epoch, fmt::format("the loss is {}", value));
      optimizer_->zero_grad();
      loss.backward();
      const double norm = torch::nn::utils::clip_grad_norm_(parameters_, options_.max_gradient_norm);
      if (!std::isfinite(norm)) diverged(epoch, fmt::format("the gradients' norm is {}", norm));
      optimizer_->step();
      ++step_;

      seen += static_cast<std::int64_t>(indices.size());
      sum += value * static_cast<double>(indices.size());
      recent = seen == static_cast<std::int64_t>(indices.size()) ? value : 0.95 * recent + 0.05 * value;
      progress.update(seen, fmt::format("loss {:.4f}", recent));
      if (step_ % kStepsPerLogLine == 0) {
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        log({{"event", "step"},
             {"epoch", epoch},
             {"step", step_},
             {"train_loss", value},
             {"learning_rate", rate},
             {"examples_per_second", static_cast<double>(seen) / seconds}});
      }
    }
    return sum / static_cast<double>(seen);
  }

  [[noreturn]] void diverged(std::int64_t epoch, const std::string& what) const {
    fail(ErrorCode::kDiverged,
         "training diverged in epoch {} at step {}: {}. best/ and last/ in {} are those of the last good epoch; a lower "
         "learning rate than {} may help",
         epoch, step_, what, options_.out.string(), options_.learning_rate);
  }

  void validate(EpochResult& result) {
    if (validation_.empty()) return;
    const at::NoGradGuard no_grad;
    checkpoint_.model->eval();
    base::Random fixed(0);  // the order does not matter, only which photos share a batch
    double loss = 0;
    std::int64_t tokens = 0, exact = 0;
    for (const auto& indices : make_batches(validation_, 4 * static_cast<std::size_t>(options_.batch_size), true, fixed)) {
      const auto batch = make_batch(validation_, indices, /*training=*/false);
      const auto logits = checkpoint_.model(batch.features, batch.text, batch.labels);
      const auto padding = batch.labels.eq(-100);
      const auto count = padding.logical_not().sum().item<std::int64_t>();
      loss += model::language_model_loss(logits, batch.labels).item<double>() * static_cast<double>(count);
      tokens += count;
      // Likeliest at every step under teacher forcing is the same as what greedy decoding answers.
      exact += at::argmax(logits, -1).eq(batch.labels).logical_or(padding).all(1).sum().item<std::int64_t>();
    }
    result.validation_loss = loss / static_cast<double>(tokens);
    if (!std::isfinite(result.validation_loss)) diverged(result.epoch, "the validation loss is not finite");
    result.validation_exact = static_cast<double>(exact) / static_cast<double>(validation_.size());
  }

  void save(const std::filesystem::path& folder) const {
    if (options_.method == Method::kLora) {
      model::save_adapter(folder, checkpoint_.model, options_.lora);
    } else {
      model::save_checkpoint(folder, checkpoint_);
    }
  }

  void log(const base::OrderedJson& line) {
    metrics_ << base::to_line(line) << std::endl;  // flushed, so that what happened before a crash is there
    if (!metrics_) fail(ErrorCode::kIo, "{}: cannot write", (options_.out / "metrics.jsonl").string());
  }

  model::Checkpoint& checkpoint_;
  const TrainOptions& options_;
  base::Random random_;
  Photos photos_;
  std::vector<TokenExample> train_, validation_;
  std::vector<at::Tensor> parameters_;
  at::Tensor features_;  // of every photo, where they are computed once
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  std::ofstream metrics_;
  std::int64_t step_ = 0;
  std::int64_t total_steps_ = 0;
  std::int64_t warmup_steps_ = 0;
};

void check(const TrainOptions& options) {
  const auto positive = [](const char* name, double value) {
    if (!(value > 0)) fail(ErrorCode::kUsage, "{} is {}, expected more than 0", name, value);
  };
  positive("learning rate", options.learning_rate);
  positive("epochs", static_cast<double>(options.epochs));
  positive("batch size", static_cast<double>(options.batch_size));
  positive("gradient norm", options.max_gradient_norm);
  positive("LoRA rank", static_cast<double>(options.lora.r));
  if (options.augment && options.method == Method::kLora) {
    fail(ErrorCode::kUsage, "photos cannot be augmented under LoRA, which computes their features once");
  }
  if (!(options.warmup_share >= 0 && options.warmup_share < 1)) {
    fail(ErrorCode::kUsage, "warm-up share is {}, expected 0 to below 1", options.warmup_share);
  }
}

}  // namespace

TrainResult train(model::Checkpoint& checkpoint, const dataset::Dataset& data, const TrainOptions& options) {
  check(options);
  at::manual_seed(options.seed);  // dropout
  return Run(checkpoint, data, options).run();
}

}  // namespace hangtag::train
