#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "command.h"
#include "dataset/prepare.h"
#include "demo_page.h"
#include "describe/facts.h"
#include "evaluate/report.h"
#include "evaluate/table.h"
#include "image/decode.h"
#include "model/adapter.h"
#include "sample/sample.h"
#include "shared.h"
#include "train/presets.h"
#include "train/trainer.h"

namespace hangtag::app {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kBaseAttributes = {"Pattern", "Sleeve Length", "baseColour", "Fit"};
const std::vector<std::string> kNewAttributes = {"season", "Colour Family"};  // of the shop's own
constexpr std::size_t kProductsOnThePage = 9;

struct Options {
  fs::path out;
  int products = 2400;
  std::uint64_t seed = 1;
};

// The same photos in the same splits, asked about some attributes alone.
dataset::Dataset about(const dataset::Dataset& data, const std::vector<std::string>& attributes) {
  auto some = data;
  for (auto& examples : some.examples) {
    std::erase_if(examples, [&](const auto& example) {
      return std::find(attributes.begin(), attributes.end(), example.attribute) == attributes.end();
    });
  }
  return some;
}

class Demo {
 public:
  Demo(const Options& options, const Session& session) : options_(options), session_(session) {}

  Exit run() {
    const auto start = std::chrono::steady_clock::now();
    draw();
    prepare();
    train_base();
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
    auto attributes = kBaseAttributes;
    attributes.insert(attributes.end(), kNewAttributes.begin(), kNewAttributes.end());
    const auto report = dataset::prepare({.catalog = folder("catalog"), .out = folder("data"), .attributes = attributes});
    data_ = dataset::load_dataset({.folder = folder("data"), .images = {}});
    using dataset::Split;
    say("   {} training, {} validation, {} test products; {} rows dropped and named in data/report.json",
        report.products[Split::kTrain], report.products[Split::kValidation], report.products[Split::kTest], report.dropped.size());
  }

  void train_base() {
    say("3. hangtag train --method full: a small BLIP-2 from random weights learns {}", fmt::join(kBaseAttributes, ", "));
    auto base = train::new_model("tiny", data_, options_.seed);
    train::train(base, about(data_, kBaseAttributes),
                 {.out = folder("base"), .overwrite = true, .method = train::Method::kFull, .learning_rate = 7e-4, .epochs = 16,
                  .batch_size = 32, .augment = true, .seed = options_.seed, .quiet = session_.quiet});
    data_.taxonomy.write(folder("base") / dataset::kTaxonomyFile);
  }

  void fine_tune() {
    say("4. hangtag train --method lora: it learns {}, which it has not seen", fmt::join(kNewAttributes, ", "));
    auto base = model::load_checkpoint(folder("base") / "best");
    model::LoraConfig lora{.r = 16, .alpha = 32, .dropout = 0, .base_model = (folder("base") / "best").string()};
    // A model this small has no words for the new values yet, so more of it takes part than in a pretrained one; and it
    // hears the old questions again beside the new ones, so that it does not forget them.
    lora.target_modules = std::vector<std::string>{"q", "k", "v", "o", "wi_0", "wi_1", "wo", "lm_head"};
    result_.adapter_parameters =
        train::train(base, data_,
                     {.out = folder("lora"), .overwrite = true, .method = train::Method::kLora, .lora = lora, .learning_rate = 2e-3, .epochs = 6,
                      .batch_size = 64, .seed = options_.seed, .quiet = session_.quiet})
            .trainable_parameters;
  }

  evaluate::Evaluation evaluate_on_test(predict::Predictor& predictor, const std::vector<std::string>& attributes) {
    const auto some = about(data_, attributes);
    return evaluate::evaluate(judge(predictor, some, dataset::Split::kTest, session_.quiet), train_counts(some));
  }

  void measure() {
    say("5. hangtag evaluate: the test photos, before and after");
    const auto best = folder("base") / "best";
    predict::Predictor before(load_model({.model = best}), data_.taxonomy);
    predictor_.emplace(load_model({.model = best, .adapter = folder("lora") / "best"}), data_.taxonomy);
    result_.before = evaluate_on_test(before, kNewAttributes);
    result_.after = evaluate_on_test(*predictor_, kNewAttributes);
    result_.base = evaluate_on_test(*predictor_, kBaseAttributes);
    evaluate::write_reports(folder("report"), result_.after,
                            {.model = "base/best", .adapter = "lora/best", .data = "data", .split = "test", .date = today()});
    fmt::print("\nLearnt by LoRA:\n{}\nKnown before, with the adapter on:\n{}", format_comparison(result_.before, result_.after),
               format_table(result_.base));
  }

  void describe() {
    say("6. hangtag predict and describe: {} test photos", kProductsOnThePage);
    const auto writer = describe::make_writer("template");
    LineWriter predictions(folder("predictions.jsonl"));
    LineWriter descriptions(folder("descriptions.jsonl"));
    for (const auto& [id, truth] : truths_of(data_, dataset::Split::kTest)) {
      if (result_.products.size() == kProductsOnThePage) break;
      const auto& product = data_.products.find(id)->second;
      const auto features = predictor_->image_features({image::load(product.photo)});
      auto read = predictor_->predict(features, {{.photo = 0, .type = product.type, .attributes = {}}}).front();
      PredictionRecord record{.id = id, .photo = product.photo.string(), .type = product.type, .attributes = std::move(read)};
      predictions.write(base::to_line(to_json(record, 3)));

      describe::ProductFacts facts{.id = id, .type = product.type};
      for (const auto& prediction : record.attributes) {
        const auto& best = prediction.values.front();
        facts.facts.push_back({.attribute = prediction.attribute, .value = best.value, .confidence = best.probability});
      }
      auto description = writer->write(facts);
      descriptions.write(base::to_line(describe::description_json(facts, description)));
      result_.products.push_back({.photo = fmt::format("catalog/images/{}", product.photo.filename().string()),
                                  .prediction = std::move(record),
                                  .truth = truth,
                                  .description = std::move(description)});
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
  auto* command = app.add_subcommand("demo", "The whole journey on a drawn catalogue: draw, prepare, train, fine-tune, describe");
  command->add_option("--out", options->out, "where everything goes; index.html is the page to open")->required();
  command->add_option("--products", options->products, "how many garments to draw")->check(CLI::Range(200, 100000))->capture_default_str();
  command->add_option("--seed", options->seed, "of drawings and training")->capture_default_str();
  command->callback([options, &session] { session.action = [options, &session] { return Demo(*options, session).run(); }; });
}

}  // namespace hangtag::app
