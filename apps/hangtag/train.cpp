#include <fmt/format.h>

#include <csignal>
#include <cstdlib>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "command.h"
#include "shared.h"
#include "train/presets.h"
#include "train/trainer.h"
#include "train_page.h"

namespace hangtag::app {
namespace {

struct Options {
  ModelOptions model;
  std::string from_scratch;
  dataset::LoadOptions data;
  std::string method = "lora";
  std::string optimizer = "adamw";
  std::vector<std::string> targets{"q", "v"};
  std::string target_pattern;
  train::TrainOptions train;
};

// What a signal may touch. A second signal of the kind ends the process as it always would.
volatile std::sig_atomic_t stop_asked = 0;
extern "C" void ask_to_stop(int signal) {
  stop_asked = 1;
  std::signal(signal, SIG_DFL);
}

Exit print_plan(const train::TrainResult& result, const train::TrainOptions& options) {
  const double seconds = result.seconds_per_step * static_cast<double>(result.steps);
  fmt::print("trainable parameters   {}\n", result.trainable_parameters);
  fmt::print("steps                  {} in {} epochs\n", result.steps, options.epochs);
  fmt::print("time                   {} at {:.3g} s a step{}\n", base::format_duration(seconds), result.seconds_per_step,
             options.method == train::Method::kLora ? ", photos' features and validation not counted" : ", validation not counted");
  fmt::print("memory                 {:.2f} GB so far; all photos are kept in memory besides\n",
             static_cast<double>(peak_memory()) / 1e9);
  return Exit::kDone;
}

// The processes that mpirun started, which says so in the environment: Open MPI in its own words, others by PMI.
train::ProcessGroup process_group() {
  const char* own = std::getenv("OMPI_COMM_WORLD_SIZE");
  const char* size = own ? own : std::getenv("PMI_SIZE");
  if (size == nullptr) return {};
  auto group = train::ProcessGroup::of_mpi();
  if (std::to_string(group.size()) != size) {
    base::fail(base::ErrorCode::kUsage, "{} processes were started and {} found each other: start them by the mpirun of Open MPI, which hangtag is built with",
               size, group.size());
  }
  return group;
}

Exit run(const Options& given, const Session& session) {
  auto options = given.train;
  options.group = process_group();
  options.quiet = session.quiet;
  options.method = given.method == "full" ? train::Method::kFull : train::Method::kLora;
  options.optimizer = given.optimizer == "adam" ? train::Algorithm::kAdam : train::Algorithm::kAdamW;
  options.lora.target_modules = given.targets;
  if (!given.target_pattern.empty()) options.lora.target_modules = given.target_pattern;
  options.lora.base_model = given.model.model.string();
  if (given.model.model.empty() == given.from_scratch.empty()) {
    base::fail(base::ErrorCode::kUsage, "give either --model CHECKPOINT or --from-scratch PRESET");
  }
  if (!given.from_scratch.empty() && options.method == train::Method::kLora) {
    base::fail(base::ErrorCode::kUsage, "a model from random weights has nothing that LoRA could tune: add --method full");
  }
  const auto data = dataset::load_dataset(given.data);
  if (options.method == train::Method::kFull && !given.model.dtype.empty()) {
    base::fail(base::ErrorCode::kUsage, "--base-dtype is for --method lora: all weights are trained in float32");
  }
  auto checkpoint = !given.from_scratch.empty() ? train::new_model(given.from_scratch, data, options.seed)
                    : options.method == train::Method::kFull
                        ? model::load_checkpoint(given.model.model, {.memory = model::Memory::kWritable})
                        : load_model({.model = given.model.model, .dtype = given.model.dtype});
  options.model_name = given.from_scratch.empty() ? given.model.model.string() : given.from_scratch;
  options.data_name = given.data.folder.string();
  if (!given.data.types.empty()) options.data_name += fmt::format(" ({})", fmt::join(given.data.types, ", "));
  if (!given.model.adapter.empty()) {
    if (options.method == train::Method::kFull) base::fail(base::ErrorCode::kUsage, "--adapter is for --method lora: to train all weights, merge it first");
    options.adapter = given.model.adapter;
  }
  std::signal(SIGTERM, ask_to_stop);
  std::signal(SIGINT, ask_to_stop);
  options.stop = [] { return stop_asked != 0; };
  const auto result = train::train(checkpoint, data, options);
  if (!options.group.leads()) return Exit::kDone;
  if (options.dry_run) return print_plan(result, options);
  data.taxonomy.write(options.out / dataset::kTaxonomyFile);
  write_train_page(options.out);
  if (result.stopped) {
    fmt::print(stderr, "\nhangtag: stopped; everything up to here is in {}: the same command with --resume goes on\n", options.out.string());
    return Exit::kDone;
  }
  if (!session.quiet) {
    fmt::print(stderr,
               "{} trainable parameters; best epoch {}: validation loss {:.4f}, {:.1f} % of answers exact\n"
               "{} holds best/ and last/, report.html, metrics.jsonl and run.json\n",
               result.trainable_parameters, result.best.epoch, result.best.validation_loss,
               100 * result.best.validation_exact, options.out.string());
  }
  return Exit::kDone;
}

}  // namespace

void add_train(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto& o = options->train;
  auto* command = app.add_subcommand("train", "Fine-tune by LoRA, or train all weights");
  command->add_option("--model", options->model.model, "the checkpoint to start from");
  command->add_option("--from-scratch", options->from_scratch,
                      fmt::format("start from random weights: {} or a config.json", fmt::join(train::preset_names(), ", ")));
  add_data_options(*command, options->data);
  command->add_option("--out", o.out, "the run's folder")->required();
  command->add_flag("--overwrite", o.overwrite, "replace an earlier run in the run's folder");
  command->add_flag("--resume", o.resume, "go on with the run in the run's folder, or begin it where there is none");
  command->add_flag("--dry-run", o.dry_run, "count parameters and steps, time a few of them, and stop");
  command->add_option("--hyperparameters", "a JSON object of these options, as SageMaker's hyperparameters.json: {\"epochs\": \"5\"}");
  command->add_option("--method", options->method, "lora or full")->check(CLI::IsMember({"lora", "full"}))->capture_default_str();
  command->add_option("--epochs", o.epochs, "passes over the training examples")->capture_default_str();
  command->add_option("--batch-size", o.batch_size, "examples a batch")->capture_default_str();
  command->add_option("--accumulate", o.accumulate, "batches a step and process, as if they were one")->capture_default_str();
  command->add_option("--patience", o.patience, "end after so many epochs without a lower validation loss; 0: never")->capture_default_str();
  command->add_option("--keep-epochs", o.keep_epochs, "keep the weights of the latest epochs too, in epochs/")->capture_default_str();
  command->add_option("--save-every", o.save_every_seconds, "seconds between saves of the state within an epoch")->capture_default_str();
  command->add_flag("--balance", o.balance, "give rare values more weight in the loss");
  command->add_option("--label-smoothing", o.label_smoothing, "share of the probability spread over all tokens")->capture_default_str();
  command->add_option("--average", o.averaging,
                      "judge and keep a running mean of the weights, of which each step leaves this share; 0: the weights themselves")
      ->capture_default_str();
  command->add_option("--learning-rate", o.learning_rate, "at its peak, after the warm-up")->capture_default_str();
  command->add_option("--warmup", o.warmup_share, "share of the steps")->capture_default_str();
  add_dtype_option(*command, options->model, "--base-dtype");
  command->add_option("--optimizer", options->optimizer, "adamw or adam")->check(CLI::IsMember({"adamw", "adam"}))->capture_default_str();
  command->add_option("--weight-decay", o.weight_decay, "AdamW's")->capture_default_str();
  command->add_option("--max-gradient-norm", o.max_gradient_norm, "gradients are clipped to it")->capture_default_str();
  command->add_flag("--augment", o.augment, "mirror and shift photos at random; not where LoRA reaches the language model alone");
  command->add_option("--feature-cache", o.feature_cache, "a folder that keeps what the vision tower saw, for the next LoRA run");
  command->add_option("--seed", o.seed, "of weights, order and dropout")->capture_default_str();
  command->add_option("--adapter", options->model.adapter, "go on from this adapter of the model, whose configuration counts instead of --lora-…");
  command->add_option("--lora-r", o.lora.r, "rank of the adapter")->capture_default_str();
  command->add_option("--lora-alpha", o.lora.alpha, "its scale is alpha / r")->capture_default_str();
  command->add_option("--lora-dropout", o.lora.dropout, "on the adapter's input")->capture_default_str();
  command->add_option("--lora-targets", options->targets, "modules to adapt, separated by commas")->delimiter(',')->capture_default_str();
  command->add_option("--lora-target-pattern", options->target_pattern, "or a regular expression that a module's whole name must match");
  command->add_flag("--lora-rslora", o.lora.use_rslora, "scale by alpha / sqrt(r)");
  command->add_option("--lora-modules-to-save", o.lora.modules_to_save, "modules to train whole beside the adapter")->delimiter(',');
  command->callback([options, &session] { session.action = [options, &session] { return run(*options, session); }; });
}

}  // namespace hangtag::app
