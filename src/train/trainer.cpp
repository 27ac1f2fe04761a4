#include "train/trainer.h"

#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/random.h"
#include "dataset/questions.h"
#include "features/encode.h"
#include "train/batches.h"
#include "train/photos.h"
#include "train/schedule.h"
#include "train/tensorboard.h"

namespace hangtag::train {
namespace {

using base::ErrorCode;
using base::fail;
using dataset::Split;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kPhotosPerPass = 32;  // when features are computed ahead
constexpr std::int64_t kStepsPerLogLine = 20;
constexpr int kSkipsBeforeSetback = 3;  // steps in a row that were not finite
constexpr std::int64_t kSetbacks = 3;
constexpr std::int64_t kDryRunSteps = 3;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::filesystem::path state_folder(const TrainOptions& options) { return options.out / "state"; }

// Among the values of its attribute, an example's weight goes with the root of how much rarer than the mean value its own
// is; the mean weight over the attribute's examples is 1.
std::vector<double> balancing_weights(const std::vector<dataset::Example>& examples) {
  std::map<std::string, std::map<std::string, double>> counts;  // attribute → answer → examples
  for (const auto& example : examples) ++counts[example.attribute][example.answer];
  std::map<std::string, double> norm;  // attribute → sum over examples of count^-1/2, by the number of examples
  for (const auto& [attribute, values] : counts) {
    double roots = 0, total = 0;
    for (const auto& [answer, count] : values) {
      roots += std::sqrt(count);
      total += count;
    }
    norm[attribute] = roots / total;
  }
  std::vector<double> weights;
  for (const auto& example : examples) {
    weights.push_back(1 / std::sqrt(counts[example.attribute][example.answer]) / norm[example.attribute]);
  }
  return weights;
}

// Puts the parameters' running means, if they are kept, in the parameters' place.
class WithAverages {
 public:
  explicit WithAverages(Optimizer& optimizer) : optimizer_(optimizer) { optimizer_.exchange_averages(); }
  ~WithAverages() { optimizer_.exchange_averages(); }
  WithAverages(const WithAverages&) = delete;
  WithAverages& operator=(const WithAverages&) = delete;

 private:
  Optimizer& optimizer_;
};

// The training run's state: everything that one step hands to the next.
class Run {
 public:
  Run(model::Checkpoint& checkpoint, const dataset::Dataset& data, const TrainOptions& options)
      : checkpoint_(checkpoint), options_(options), lora_(options.lora), photos_(checkpoint.processor), group_(options.group) {
    train_ = examples(data, Split::kTrain);
    validation_ = examples(data, Split::kValidation);
    if (train_.empty()) fail(ErrorCode::kInvalid, "the data set has no training example");
    const auto all = static_cast<std::int64_t>(data.examples[Split::kTrain].size());  // a dry run holds fewer
    const auto steps_per_epoch = divided_up(divided_up(all, options.batch_size), batches_per_step());
    total_steps_ = steps_per_epoch * options.epochs;
    warmup_steps_ = static_cast<std::int64_t>(options.warmup_share * static_cast<double>(total_steps_));
    position_.best.validation_loss = std::numeric_limits<double>::infinity();
    choose_parameters();
    if (!options.dry_run) open_folder();
    if (features_are_fixed_) {
      compute_features();
    } else {
      photos_.load(quiet());
    }
  }

  TrainResult run() {
    result_.steps = total_steps_;
    for (const auto& parameter : optimizer_->parameters()) result_.trainable_parameters += parameter.numel();
    while (position_.epoch <= options_.epochs && !out_of_patience()) {
      const auto start = Clock::now();
      const auto loss = train_epoch();
      if (options_.dry_run || result_.stopped) break;
      if (!loss) continue;  // set back: position_ says where to
      EpochResult now{.epoch = position_.epoch, .train_loss = *loss};
      if (!validate(now)) {
        set_back("the validation loss is not finite");
        continue;
      }
      finish_epoch(now, start);
    }
    optimizer_->exchange_averages();
    checkpoint_.model->eval();
    result_.best = position_.best;
    result_.last = position_.last;
    return result_;
  }

 private:
  static std::int64_t divided_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

  std::int64_t batches_per_step() const { return options_.accumulate * group_.size(); }
  bool is_mine(std::size_t i) const { return i % static_cast<std::size_t>(group_.size()) == static_cast<std::size_t>(group_.rank()); }
  bool quiet() const { return options_.quiet || !group_.leads(); }

  std::vector<TokenExample> examples(const dataset::Dataset& data, Split split) {
    std::map<std::string, std::vector<std::int64_t>> tokens;  // questions repeat
    const auto encode = [&](const std::string& text) {
      const auto [place, is_new] = tokens.try_emplace(text);
      if (is_new) place->second = checkpoint_.tokenizer.encode(text);
      return place->second;
    };
    auto chosen = data.examples[split];
    // A dry run needs the photos of its few steps alone.
    const auto enough = static_cast<std::size_t>(kDryRunSteps * options_.batch_size * batches_per_step());
    if (options_.dry_run && chosen.size() > enough) chosen.resize(enough);
    const auto weights = options_.balance && split == Split::kTrain ? balancing_weights(chosen) : std::vector<double>(chosen.size(), 1);
    std::vector<TokenExample> all;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      all.push_back({.photo = photos_.add(data.products.find(chosen[i].id)->second.photo),
                     .prompt = encode(dataset::prompt(chosen[i].question)),
                     .answer = encode(chosen[i].answer),
                     .weight = weights[i]});
    }
    return all;
  }

  // ---- the folder

  base::OrderedJson described() const {
    const bool lora = options_.method == Method::kLora;
    base::OrderedJson json = {{"model", options_.model_name},
                              {"data", options_.data_name},
                              {"method", lora ? "lora" : "full"},
                              {"optimizer", options_.optimizer == Algorithm::kAdam ? "adam" : "adamw"},
                              {"learning_rate", options_.learning_rate},
                              {"weight_decay", options_.weight_decay},
                              {"max_gradient_norm", options_.max_gradient_norm},
                              {"warmup_share", options_.warmup_share},
                              {"epochs", options_.epochs},
                              {"batch_size", options_.batch_size},
                              {"batches_a_step", batches_per_step()},
                              {"patience", options_.patience},
                              {"label_smoothing", options_.label_smoothing},
                              {"averaging", options_.averaging},
                              {"balance", options_.balance},
                              {"augment", options_.augment},
                              {"seed", options_.seed},
                              {"train_examples", train_.size()},
                              {"validation_examples", validation_.size()}};
    if (lora) json["lora"] = model::to_json(lora_);
    if (!options_.adapter.empty()) json["adapter"] = options_.adapter.string();
    return json;
  }

  void open_folder() {
    std::error_code error;
    const auto description = options_.out / "run.json";
    const auto metrics = options_.out / "metrics.jsonl";
    const bool resumed = group_.any(group_.leads() && options_.resume && std::filesystem::exists(state_folder(options_) / "state.json", error));
    if (!group_.leads()) {
      group_.wait();  // until the leader has cleared the folder and written what it starts from
      if (resumed) position_ = load_state(state_folder(options_), *optimizer_);
      return;
    }
    if (resumed) {
      check_same_run(description);
      position_ = load_state(state_folder(options_), *optimizer_);
      std::filesystem::resize_file(metrics, position_.metrics_bytes, error);  // what came after the state comes again
      if (error) fail(ErrorCode::kIo, "{}: cannot be cut back to where the run goes on: {}", metrics.string(), error.message());
    } else {
      if (std::filesystem::exists(metrics, error)) {
        if (!options_.overwrite) {
          fail(ErrorCode::kUsage, "{} holds an earlier run: choose another folder, --overwrite it, or --resume it where it stopped",
               options_.out.string());
        }
        for (const char* part : {"best", "last", "epochs", "state", "tensorboard"}) std::filesystem::remove_all(options_.out / part, error);
      }
      std::filesystem::create_directories(options_.out, error);
      if (error) fail(ErrorCode::kIo, "{}: cannot make the folder: {}", options_.out.string(), error.message());
      base::write_json(description, described());
    }
    metrics_.open(metrics, resumed ? std::ios::app : std::ios::trunc);
    if (!metrics_) fail(ErrorCode::kIo, "{}: cannot write", metrics.string());
    metrics_.seekp(0, std::ios::end);
    events_ = EventFile(options_.out / "tensorboard");
    if (resumed) events_.restart_at(position_.step);
    if (!resumed) save_position();
    group_.wait();
  }

  void check_same_run(const std::filesystem::path& path) const {
    const auto before = base::read_json(path);
    const base::Json now = described();
    for (const auto& [key, value] : now.items()) {
      if (before.contains(key) && before[key] == value) continue;
      fail(ErrorCode::kUsage, "{}: \"{}\" was {} when the run began and is {} now: resume it with the options that it began with",
           path.string(), key, before.contains(key) ? before[key].dump() : "absent", value.dump());
    }
  }

  void save_position() {
    if (!group_.leads()) return;
    position_.metrics_bytes = static_cast<std::uint64_t>(metrics_.tellp());
    save_state(state_folder(options_), position_, *optimizer_);
    saved_ = Clock::now();
  }

  void save_weights(const std::filesystem::path& folder) const {
    if (options_.method == Method::kLora) {
      model::save_adapter(folder, checkpoint_.model, lora_);
    } else {
      model::save_checkpoint(folder, checkpoint_);
    }
  }

  void save_epoch(std::int64_t epoch, bool better) {
    const WithAverages averages(*optimizer_);
    save_weights(options_.out / "last");
    if (better) save_weights(options_.out / "best");
    if (options_.keep_epochs == 0) return;
    save_weights(options_.out / "epochs" / std::to_string(epoch));
    std::error_code error;
    std::filesystem::remove_all(options_.out / "epochs" / std::to_string(epoch - options_.keep_epochs), error);
  }

  void finish_epoch(const EpochResult& now, Clock::time_point start) {
    // Without validation examples the training loss has to do.
    const bool better = validation_.empty() || now.validation_loss < position_.best.validation_loss;
    if (better) position_.best = now;
    position_.last = now;
    if (group_.leads()) save_epoch(now.epoch, better);
    log({{"event", "epoch"},
         {"epoch", now.epoch},
         {"train_loss_mean", now.train_loss},
         {"validation_loss", now.validation_loss},
         {"validation_exact", now.validation_exact},
         {"seconds", seconds_since(start)},
         {"best", better}});
    ++position_.epoch;
    position_.batch = position_.seen = 0;
    position_.loss_sum = 0;
    save_position();
  }

  bool out_of_patience() const {
    return options_.patience > 0 && position_.last.epoch - position_.best.epoch >= options_.patience;
  }

  void log(const base::OrderedJson& line) {
    if (options_.dry_run || !group_.leads()) return;
    metrics_ << base::to_line(line) << std::endl;  // flushed, so that what happened before a crash is there
    if (!metrics_) fail(ErrorCode::kIo, "{}: cannot write", (options_.out / "metrics.jsonl").string());
    for (const auto& [key, value] : line.items()) {
      if (value.is_number() && key != "epoch" && key != "step") {
        events_.scalar(fmt::format("{}/{}", line["event"].get<std::string>(), key), position_.step, value.get<double>());
      }
    }
  }

  // ---- the model

  void choose_parameters() {
    std::vector<at::Tensor> parameters;
    if (options_.method == Method::kLora) {
      if (options_.adapter.empty()) {
        model::add_adapter(checkpoint_.model, lora_, options_.seed);
      } else {
        lora_ = model::load_adapter(checkpoint_.model, options_.adapter);
      }
      for (auto& [name, tensor] : model::adapter_tensors(checkpoint_.model, lora_)) {
        features_are_fixed_ = features_are_fixed_ && name.find(".language_model.") != std::string::npos;
        tensor.set_data(tensor.to(at::kFloat));  // modules kept whole come in the base's dtype
        parameters.push_back(tensor);
      }
      if (options_.augment && features_are_fixed_) {
        fail(ErrorCode::kUsage, "photos cannot be augmented when only the language model is tuned: their features are computed once");
      }
    } else {
      features_are_fixed_ = false;
      parameters = checkpoint_.model->parameters();
    }
    for (auto& parameter : parameters) parameter.set_requires_grad(true);
    optimizer_.emplace(options_.optimizer, std::move(parameters), options_.weight_decay, options_.averaging);
  }

  // Where the photo's side of the model is frozen, what it says of a photo stays the same through all epochs.
  void compute_features() {
    checkpoint_.model->eval();
    std::vector<std::filesystem::path> paths;
    std::vector<std::int64_t> photos;
    for (std::size_t i = 0; i < photos_.paths().size(); ++i) {
      if (!is_mine(i)) continue;
      paths.push_back(photos_.paths()[i]);
      photos.push_back(static_cast<std::int64_t>(i));
    }
    base::Progress progress("encoding photos", static_cast<std::int64_t>(paths.size()), "photos", quiet());
    std::vector<at::Tensor> all;
    features::encode(checkpoint_, paths, {.cache = options_.feature_cache, .photos_per_pass = kPhotosPerPass},
                     [&](const features::Encoded& pass) {
                       if (!pass.failed.empty()) throw pass.failed.front().error;
                       all.push_back(pass.features);
                       progress.update(static_cast<std::int64_t>(pass.photos.back()) + 1);
                     });
    features_ = share_rows(all.empty() ? at::Tensor() : at::cat(all), photos);
  }

  // (photos, Q, D) of all photos, out of each process' own.
  at::Tensor share_rows(const at::Tensor& mine, const std::vector<std::int64_t>& photos) const {
    if (group_.size() == 1) return mine;
    const auto& config = checkpoint_.model->config();
    auto all = at::zeros({static_cast<std::int64_t>(photos_.paths().size()), config.num_query_tokens, config.text.d_model}, at::kFloat);
    if (mine.defined()) all.index_copy_(0, at::tensor(photos, at::kLong), mine.to(at::kFloat));
    group_.sum(all);
    return all;
  }

  struct Batch {
    at::Tensor features;  // (B, Q, D)
    model::TextBatch text;
    at::Tensor labels;   // (B, N)
    at::Tensor weights;  // (B)
  };

  Batch make_batch(const std::vector<TokenExample>& examples, const std::vector<std::size_t>& indices, base::Random* augmenting) {
    std::vector<std::vector<std::int64_t>> prompts, answers;
    std::vector<std::size_t> photos;     // each once
    std::vector<std::int64_t> photo_of;  // row → place in photos
    std::vector<float> weights;
    std::map<std::size_t, std::int64_t> place;
    for (const auto i : indices) {
      prompts.push_back(examples[i].prompt);
      answers.push_back(examples[i].answer);
      weights.push_back(static_cast<float>(examples[i].weight));
      const auto [found, is_new] = place.try_emplace(examples[i].photo, static_cast<std::int64_t>(photos.size()));
      if (is_new) photos.push_back(examples[i].photo);
      photo_of.push_back(found->second);
    }
    at::Tensor features;
    if (features_.defined()) {
      features = features_.index_select(0, at::tensor(std::vector<std::int64_t>(photos.begin(), photos.end()), at::kLong));
    } else {
      auto pixels = photos_.pixels(photos);
      if (augmenting) pixels = augmented(pixels, *augmenting);
      features = checkpoint_.model->image_features(pixels);
    }
    return {.features = features.index_select(0, at::tensor(photo_of, at::kLong)),
            .text = model::pad(prompts, checkpoint_.model->config().text.pad_token_id),
            .labels = model::pad_labels(answers),
            .weights = at::tensor(weights)};
  }

  // ---- an epoch

  using Batches = std::vector<std::vector<std::size_t>>;

  // The mean loss; nothing where the run was set back, stopped, or only tried.
  std::optional<double> train_epoch() {
    checkpoint_.model->train();
    base::Random order(options_.seed, fmt::format("order of epoch {}", position_.epoch));
    const auto batches = make_batches(train_, static_cast<std::size_t>(options_.batch_size), !features_are_fixed_, order);
    base::Progress progress(fmt::format("epoch {}/{}", position_.epoch, options_.epochs), static_cast<std::int64_t>(train_.size()),
                            "examples", quiet());
    const auto start = Clock::now();
    const auto seen_before = position_.seen;
    std::optional<double> recent;  // exponential mean, for the eye
    int skipped = 0;
    while (position_.batch < static_cast<std::int64_t>(batches.size())) {
      if (group_.any(options_.stop && options_.stop())) {
        if (!options_.dry_run) save_position();
        result_.stopped = true;
        return std::nullopt;
      }
      const double rate = position_.rate_scale * learning_rate(options_.learning_rate, position_.step, warmup_steps_, total_steps_);
      const auto end = std::min(static_cast<std::int64_t>(batches.size()), position_.batch + batches_per_step());
      const auto [loss, examples] = take_step(batches, position_.batch, end, rate);
      if (!loss) {
        if (++skipped == kSkipsBeforeSetback) {
          set_back(fmt::format("{} steps in a row were not finite", skipped));
          return std::nullopt;
        }
      } else {
        skipped = 0;
        position_.loss_sum += *loss * static_cast<double>(examples);
        recent = recent ? 0.95 * *recent + 0.05 * *loss : *loss;
      }
      position_.seen += examples;
      position_.batch = end;
      ++position_.step;
      progress.update(position_.seen, recent ? fmt::format("loss {:.4f}", *recent) : "loss not finite");
      if (loss && position_.step % kStepsPerLogLine == 0) {
        log({{"event", "step"},
             {"epoch", position_.epoch},
             {"step", position_.step},
             {"train_loss", *loss},
             {"learning_rate", rate},
             {"examples_per_second", static_cast<double>(position_.seen - seen_before) / seconds_since(start)}});
      }
      if (options_.dry_run && position_.step == 1) dry_run_start_ = Clock::now();  // the first step warms up
      if (!options_.dry_run && seconds_since(saved_) > options_.save_every_seconds) save_position();
    }
    if (options_.dry_run && position_.step > 1) result_.seconds_per_step = seconds_since(dry_run_start_) / static_cast<double>(position_.step - 1);
    return position_.loss_sum / static_cast<double>(position_.seen);
  }

  struct Step {
    std::optional<double> loss;  // nothing where it, or the gradient, was not finite: then no step was taken
    std::int64_t examples = 0;
  };

  // One step of the optimiser over batches [begin, end), as if they were one; the group's processes take them in turn.
  Step take_step(const Batches& batches, std::int64_t begin, std::int64_t end, double rate) {
    optimizer_->zero_gradients();
    Step step;
    double tokens = 0;  // of all batches, by weight: each batch adds its part of one common mean
    for (auto b = begin; b < end; ++b) {
      const auto& indices = batches[static_cast<std::size_t>(b)];
      for (const auto i : indices) tokens += static_cast<double>(train_[i].answer.size()) * train_[i].weight;
      step.examples += static_cast<std::int64_t>(indices.size());
    }
    double loss = 0;
    for (auto b = begin; b < end; ++b) {
      if (!is_mine(static_cast<std::size_t>(b - begin))) continue;
      base::Random random(options_.seed, fmt::format("batch {} of epoch {}", b, position_.epoch));
      at::manual_seed(random.next());  // dropout's
      const auto batch = make_batch(train_, batches[static_cast<std::size_t>(b)], options_.augment ? &random : nullptr);
      const auto logits = checkpoint_.model(batch.features, batch.text, batch.labels);  // (B, N, V)
      const auto token_losses = at::cross_entropy_loss(logits.flatten(0, 1).to(at::kFloat), batch.labels.flatten(), {},
                                                       at::Reduction::None, -100, options_.label_smoothing)
                                    .view(batch.labels.sizes());  // (B, N), 0 at padding
      const auto part = (token_losses * batch.weights.unsqueeze(1)).sum() / tokens;
      loss += part.item<double>();
      if (!std::isfinite(loss)) break;
      part.backward();
    }
    group_.sum({&loss, 1});
    if (!std::isfinite(loss)) return skip(step, fmt::format("the loss is {}", loss));
    optimizer_->sum_gradients(group_);
    const double norm = optimizer_->clip(options_.max_gradient_norm);
    if (group_.any(!std::isfinite(norm))) return skip(step, fmt::format("the gradients' norm is {}", norm));
    optimizer_->step(rate);
    step.loss = loss;
    return step;
  }

  Step skip(Step step, const std::string& why) {
    log({{"event", "skip"}, {"epoch", position_.epoch}, {"step", position_.step}, {"reason", why}});
    return step;
  }

  // Back to the last good state, more carefully.
  void set_back(const std::string& why) {
    const auto setbacks = position_.setbacks + 1;
    const auto epoch = position_.epoch, step = position_.step;
    if (options_.dry_run || setbacks > kSetbacks) {
      fail(ErrorCode::kDiverged,
           "training diverged in epoch {} at step {}: {}, and {} returns to an earlier state with half the learning rate did not "
           "help. best/ and last/ in {} are those of the last good epoch; start again with a lower learning rate than {}",
           epoch, step, why, setbacks - 1, options_.out.string(), options_.learning_rate);
    }
    const auto scale = position_.rate_scale / 2;
    const auto metrics_bytes = static_cast<std::uint64_t>(metrics_.tellp());
    position_ = load_state(state_folder(options_), *optimizer_);
    group_.wait();  // before the leader replaces it
    position_.rate_scale = scale;
    position_.setbacks = setbacks;
    position_.metrics_bytes = metrics_bytes;
    if (group_.leads()) events_.restart_at(position_.step);
    log({{"event", "setback"}, {"epoch", epoch}, {"step", step}, {"reason", why}, {"back_to_step", position_.step}, {"rate_scale", scale}});
    if (!quiet()) {
      fmt::print(stderr, "\nepoch {}, step {}: {}: back to step {}, with the learning rate times {}\n", epoch, step, why, position_.step, scale);
    }
    save_position();
  }

  // False where the loss is not finite.
  bool validate(EpochResult& result) {
    if (validation_.empty()) return true;
    const at::NoGradGuard no_grad;
    const WithAverages averages(*optimizer_);
    checkpoint_.model->eval();
    base::Random fixed(0);  // the order does not matter, only which photos share a batch
    double loss = 0, tokens = 0, exact = 0;
    const auto batches = make_batches(validation_, 4 * static_cast<std::size_t>(options_.batch_size), true, fixed);
    for (std::size_t b = 0; b < batches.size(); ++b) {
      if (!is_mine(b)) continue;
      const auto batch = make_batch(validation_, batches[b], /*augmenting=*/nullptr);
      const auto logits = checkpoint_.model(batch.features, batch.text, batch.labels);
      const auto padding = batch.labels.eq(-100);
      const auto count = static_cast<double>(padding.logical_not().sum().item<std::int64_t>());
      loss += model::language_model_loss(logits, batch.labels).item<double>() * count;
      tokens += count;
      // Likeliest at every step under teacher forcing is the same as what greedy decoding answers.
      exact += static_cast<double>(at::argmax(logits, -1).eq(batch.labels).logical_or(padding).all(1).sum().item<std::int64_t>());
    }
    std::array sums = {loss, tokens, exact};
    group_.sum(sums);
    result.validation_loss = sums[0] / sums[1];
    result.validation_exact = sums[2] / static_cast<double>(validation_.size());
    return std::isfinite(result.validation_loss);
  }

  model::Checkpoint& checkpoint_;
  const TrainOptions& options_;
  model::LoraConfig lora_;
  Photos photos_;
  std::vector<TokenExample> train_, validation_;
  std::optional<Optimizer> optimizer_;
  bool features_are_fixed_ = true;  // nothing before the language model is trained
  at::Tensor features_;             // of every photo, if so
  ProcessGroup group_;
  Position position_;
  TrainResult result_;
  std::ofstream metrics_;
  EventFile events_;  // the same for TensorBoard
  std::int64_t total_steps_ = 0;
  std::int64_t warmup_steps_ = 0;
  Clock::time_point saved_ = Clock::now(), dry_run_start_ = saved_;
};

void check(const TrainOptions& options) {
  const auto positive = [](const char* name, double value) {
    if (!(value > 0)) fail(ErrorCode::kUsage, "{} is {}, expected more than 0", name, value);
  };
  positive("learning rate", options.learning_rate);
  positive("epochs", static_cast<double>(options.epochs));
  positive("batch size", static_cast<double>(options.batch_size));
  positive("number of batches to accumulate", static_cast<double>(options.accumulate));
  positive("gradient norm", options.max_gradient_norm);
  positive("LoRA rank", static_cast<double>(options.lora.r));
  const auto share = [](const char* name, double value) {
    if (!(value >= 0 && value < 1)) fail(ErrorCode::kUsage, "{} is {}, expected 0 to below 1", name, value);
  };
  share("warm-up share", options.warmup_share);
  share("label smoothing", options.label_smoothing);
  share("averaging", options.averaging);
  if (options.resume && options.overwrite) fail(ErrorCode::kUsage, "a run is either resumed or overwritten");
}

}  // namespace

TrainResult train(model::Checkpoint& checkpoint, const dataset::Dataset& data, const TrainOptions& options) {
  check(options);
  return Run(checkpoint, data, options).run();
}

}  // namespace hangtag::train
