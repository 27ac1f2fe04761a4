#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "command.h"
#include "dataset/prepare.h"
#include "describe/compose.h"
#include "describe/record.h"
#include "describe/template_writer.h"
#include "demo_page.h"
#include "evaluate/report.h"
#include "evaluate/table.h"
#include "facts/facts.h"
#include "image/decode.h"
#include "model/adapter.h"
#include "sample/sample.h"
#include "shared.h"
#include "train/trainer.h"

namespace hangtag::app {
namespace {

namespace fs = std::filesystem;

// The last two are the drawn shop's own: no photo that the model was trained on had them.
const std::vector<std::string> kAttributes = {"Pattern", "Sleeve Length", "baseColour", "Fit", "season", "Colour Family"};
constexpr std::size_t kProductsOnThePage = 9;

struct Options {
  fs::path out;
  fs::path model = "models/hangtag-small";
  int products = 2400;
  std::uint64_t seed = 1;
};

class Demo {
 public:
  Demo(const Options& options, const Session& session) : options_(options), session_(session) {}

  Exit run() {
    const auto start = std::chrono::steady_clock::now();
    if (!fs::exists(options_.model / "config.json")) {
      base::fail(base::ErrorCode::kUsage, "{} is no checkpoint: name one with --model, or run from the folder that has models/", options_.model.string());
    }
    draw();
    prepare();
    fine_tune();
    measure();
    describe();
    result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    base::write_file_atomically(options_.out / "index.html", demo_page(result_));
    fmt::print("\n{}\n", fs::absolute(options_.out / "index.html").lexically_normal().string());
    say("done in {}: open the page above in a browser", base::format_duration(result_.seconds));
    return Exit::kDone;
  }

 private:
  template <typename... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) const {
    if (!session_.quiet) fmt::print(stderr, "\n{}\n", fmt::format(format, std::forward<Args>(args)...));
  }

  fs::path folder(const char* name) const { return options_.out / name; }

  void draw() {
    say("1. hangtag sample: {} garments, their truth known", options_.products);
    base::Progress progress("drawing", options_.products, "garments", session_.quiet);
    sample::draw_catalog({.out = folder("catalog"), .products = options_.products, .seed = options_.seed},
                         [&](int done) { progress.update(done); });
  }

  void prepare() {
    say("2. hangtag prepare: questions and answers, no test photo with a twin in training");
    const auto report = dataset::prepare({.catalog = folder("catalog"), .out = folder("data"), .attributes = kAttributes});
    data_ = dataset::load_dataset({.folder = folder("data"), .images = {}});
    using dataset::Split;
    say("   {} training, {} validation, {} test products; {} rows dropped and named in data/report.json",
        report.products[Split::kTrain], report.products[Split::kValidation], report.products[Split::kTest], report.dropped.size());
  }

  void fine_tune() {
    say("3. hangtag train --method lora: {} learns {}", options_.model.filename().string(), fmt::join(kAttributes, ", "));
    auto base = model::load_checkpoint(options_.model);
    model::LoraConfig lora{.r = 16, .alpha = 32, .dropout = 0, .base_model = options_.model.string()};
    // Drawings look unlike photos, and some words are new: every linear layer of a model this small takes part.
    lora.target_modules = R"(.*\.(qkv|projection|fc1|fc2|query|key|value|dense|q|k|v|o|wi_0|wi_1|wo|lm_head)|language_projection)";
    result_.adapter_parameters =
        train::train(base, data_,
                     {.out = folder("lora"), .overwrite = true, .method = train::Method::kLora, .lora = lora, .learning_rate = 3e-3, .epochs = 8,
                      .batch_size = 128, .augment = true, .seed = options_.seed, .quiet = session_.quiet})
            .trainable_parameters;
  }

  evaluate::Evaluation evaluate_on_test(predict::Predictor& predictor) {
    return evaluate::evaluate(judge(predictor, data_, dataset::Split::kTest, session_.quiet), train_counts(data_));
  }

  void measure() {
    say("4. hangtag evaluate: the test photos, before and after");
    predict::Predictor before(load_model({.model = options_.model}), data_.taxonomy);
    predictor_.emplace(load_model({.model = options_.model, .adapter = folder("lora") / "best"}), data_.taxonomy);
    result_.before = evaluate_on_test(before);
    result_.after = evaluate_on_test(*predictor_);
    evaluate::write_reports(folder("report"), result_.after,
                            {.model = options_.model.string(), .adapter = "lora/best", .data = "data", .split = "test", .date = today()});
    fmt::print("\nBefore and after:\n{}", format_comparison(result_.before, result_.after));
  }

  void describe() {
    say("5. hangtag predict and describe: {} test photos", kProductsOnThePage);
    const describe::TemplateWriter writer;
    LineWriter predictions(folder("predictions.jsonl"));
    LineWriter descriptions(folder("descriptions.jsonl"));
    for (const auto& [id, truth] : truths_of(data_, dataset::Split::kTest)) {
      if (result_.products.size() == kProductsOnThePage) break;
      const auto& product = data_.products.find(id)->second;
      const auto features = predictor_->image_features({image::load(product.photo)});
      auto read = predictor_->predict(features, {{.photo = 0, .type = product.type, .attributes = {}}}).front();
      predict::Record record{.id = id, .photo = product.photo.string(), .type = product.type, .attributes = std::move(read)};
      predictions.write(base::to_line(to_json(record, 3)));

      facts::ProductFacts known{.id = id, .type = product.type};
      for (const auto& prediction : record.attributes) {
        const auto& best = prediction.values.front();
        known.facts.push_back({.attribute = prediction.attribute, .value = best.value, .confidence = best.probability});
      }
      auto composed = describe::compose(known, writer, {});
      descriptions.write(base::to_line(describe::to_json(composed)));
      result_.products.push_back({.photo = fmt::format("catalog/images/{}", product.photo.filename().string()),
                                  .prediction = std::move(record),
                                  .truth = truth,
                                  .description = std::move(composed.description)});
    }
    predictions.close();
    descriptions.close();
  }

  const Options& options_;
  const Session& session_;
  dataset::Dataset data_;
  std::optional<predict::Predictor> predictor_;
  DemoResult result_;
};

}  // namespace

void add_demo(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("demo", "The whole journey on a drawn catalogue: draw, prepare, fine-tune, evaluate, describe");
  command->add_option("--out", options->out, "where everything goes; index.html is the page to open")->required();
  command->add_option("--model", options->model, "the checkpoint to fine-tune")->capture_default_str();
  command->add_option("--products", options->products, "how many garments to draw")->check(CLI::Range(200, 100000))->capture_default_str();
  command->add_option("--seed", options->seed, "of drawings and training")->capture_default_str();
  command->callback([options, &session] { session.action = [options, &session] { return Demo(*options, session).run(); }; });
}

}  // namespace hangtag::app
