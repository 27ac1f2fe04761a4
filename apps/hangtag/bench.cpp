#include <ATen/Parallel.h>
#include <ATen/ops/_int_mm.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <fmt/format.h>

#include <chrono>
#include <fstream>

#include "base/error.h"
#include "command.h"
#include "dataset/questions.h"
#include "image/decode.h"
#include "image/encode.h"
#include "model/adapter.h"
#include "sample/drawing.h"
#include "shared.h"
#include "train/optimizer.h"

namespace hangtag::app {
namespace {

struct Options {
  ModelOptions model;
  std::filesystem::path taxonomy;
  int rounds = 3;
  int batch = 8;
  bool lora = false;
  bool json = false;
};

// Values such as catalogues have them, where the model comes without a taxonomy.
const std::vector<std::pair<const char*, std::vector<const char*>>> kUsualValues = {
    {"Fabric", {"Cotton", "Linen", "Polyester", "Viscose", "Cotton Blend", "Wool", "Silk", "Denim"}},
    {"Fit", {"Regular Fit", "Slim Fit", "Relaxed Fit", "Comfort Fit"}},
    {"Collar", {"Spread Collar", "Mandarin Collar", "Button-Down Collar", "Polo Collar", "Cuban Collar"}},
    {"Pattern", {"Solid", "Striped", "Checked", "Printed", "Colourblocked", "Embroidered", "Self-Design"}},
    {"Sleeve Length", {"Long Sleeves", "Short Sleeves", "Sleeveless", "Three-Quarter Sleeves"}},
    {"Sleeve Styling", {"Regular Sleeves", "Roll-Up Sleeves", "Raglan Sleeves", "Cap Sleeves"}},
    {"Neck", {"Round Neck", "V-Neck", "Polo Collar", "Henley Neck", "Boat Neck", "Hood"}},
    {"baseColour", {"White", "Black", "Blue", "Navy Blue", "Grey", "Red", "Green", "Yellow", "Pink", "Purple", "Brown", "Beige"}}};

catalog::Taxonomy usual_taxonomy() {
  catalog::Taxonomy taxonomy;
  for (const auto& [attribute, values] : kUsualValues) {
    for (const auto* value : values) {
      taxonomy.add({.id = "1", .type = "Shirts", .name = {}, .photo = {}, .attributes = {{attribute, value}}, .texts = {}});
    }
  }
  return taxonomy;
}

// A product photo as shops have them.
std::vector<std::uint8_t> drawn_photo() {
  constexpr int kWidth = 1080, kHeight = 1440;
  base::Random random(1);
  const auto garment = sample::pick_garment(random);
  return image::encode_jpeg(image::render_svg(sample::draw(garment, {.width = kWidth, .height = kHeight, .busy = true}, random), kWidth, kHeight), 90);
}

// The shortest of some rounds, in seconds, after one to warm up.
double shortest(int rounds, const std::function<void()>& work) {
  double best = 0;
  for (int round = 0; round <= rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (round == 1 || (round > 1 && taken.count() < best)) best = taken.count();
  }
  return best;
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

// Operations a second of the 8-bit product alone, at a size of the vision tower's: what a model of such products can reach.
double int8_peak() {
  const std::int64_t rows = 514, k = 1408, n = 6144;
  const auto x = at::randint(-127, 127, {rows, k}, at::kChar), w = at::randint(-127, 127, {n, k}, at::kChar);
  return 2.0 * static_cast<double>(rows * k * n) / shortest(10, [&] { at::_int_mm(x, w.t()); });
}

double operations_per_token(const model::Blip2& model, std::string_view prefix) {
  double operations = 0;
  for (const auto& [name, linear] : model::linear_layers(model)) {
    if (name.starts_with(prefix)) operations += 2.0 * static_cast<double>(linear->in() * linear->out());
  }
  return operations;
}

// A training step of LoRA as the original has it (q and v, r = 8), with photos' features already there.
double lora_step(model::Checkpoint& checkpoint, int examples, int rounds) {
  auto& model = checkpoint.model;
  const model::LoraConfig lora;
  model::add_adapter(model, lora, 1);
  std::vector<at::Tensor> parameters;
  for (auto& [name, tensor] : model::adapter_tensors(model, lora)) parameters.push_back(tensor.requires_grad_());
  train::Optimizer optimizer(train::Algorithm::kAdam, parameters, /*weight_decay=*/0);
  const auto& config = model->config();
  const auto features = at::rand({examples, config.num_query_tokens, config.text.d_model});
  std::vector<std::vector<std::int64_t>> prompts, answers;
  for (int i = 0; i < examples; ++i) {
    const auto& [attribute, values] = kUsualValues[static_cast<std::size_t>(i) % kUsualValues.size()];
    prompts.push_back(checkpoint.tokenizer.encode(dataset::prompt(dataset::question(attribute))));
    answers.push_back(checkpoint.tokenizer.encode(dataset::answer(attribute, values.front())));
  }
  const auto text = model::pad(prompts, config.text.pad_token_id);
  const auto labels = model::pad_labels(answers);
  model->train();
  const double seconds = shortest(rounds, [&] {
    optimizer.zero_gradients();
    model::language_model_loss(model(features, text, labels), labels).backward();
    optimizer.step(1e-4);
  });
  model->eval();
  return seconds;
}

Exit run(const Options& options, const Session& session) {
  const auto say = [&](const char* what) {
    if (!session.quiet) fmt::print(stderr, "{} …\n", what);
  };
  say("loading");
  const auto start = std::chrono::steady_clock::now();
  auto loaded = load_model(options.model);
  const std::chrono::duration<double> load = std::chrono::steady_clock::now() - start;
  auto taxonomy = usual_taxonomy();
  if (!options.taxonomy.empty()) taxonomy = catalog::Taxonomy::read(options.taxonomy);
  predict::Predictor predictor(std::move(loaded), std::move(taxonomy));
  auto& checkpoint = predictor.checkpoint();
  auto& model = checkpoint.model;
  const at::AutoGradMode no_grad(false);

  const auto jpeg = drawn_photo();
  const auto decode = [&] { return image::decode(std::as_bytes(std::span(jpeg)), "drawn photo"); };
  const std::vector<predict::Predictor::Request> one{{.photo = 0, .type = "Shirts", .attributes = {}}};
  std::vector<predict::Predictor::Request> many;
  for (int i = 0; i < options.batch; ++i) many.push_back({.photo = i, .type = "Shirts", .attributes = {}});

  say("one product");
  const auto photo = decode();
  const auto features = predictor.image_features({photo});
  const double decode_seconds = shortest(options.rounds, [&] { checkpoint.processor(decode()); });
  const double features_seconds = shortest(options.rounds, [&] { predictor.image_features({photo}); });
  const auto pixels = checkpoint.processor(photo).unsqueeze(0);
  const double vision_seconds = shortest(options.rounds, [&] { model->image_embeds(pixels); });
  const double language_seconds = shortest(options.rounds, [&] { predictor.predict(features, one); });
  const double product_seconds = shortest(options.rounds, [&] { predictor.predict(predictor.image_features({decode()}), one); });
  const auto attributes = predictor.predict(features, one).front().size();
  const auto memory = peak_memory();

  say("many products");
  const double batch_seconds = shortest(options.rounds, [&] {
    std::vector<image::Image> photos;
    for (int i = 0; i < options.batch; ++i) photos.push_back(decode());
    predictor.predict(predictor.image_features(photos), many);
  });
  const auto batch_memory = peak_memory();

  const auto& vision = model->config().vision;
  const auto side = vision.image_size / vision.patch_size;
  const double vision_operations = operations_per_token(model, "vision_model.") * static_cast<double>(side * side + 1);
  say("the 8-bit product alone");
  const double peak = int8_peak();

  base::OrderedJson report = {{"cpu", cpu_name()},
                              {"threads", at::get_num_threads()},
                              {"model", options.model.model.string()},
                              {"linear_layers", model::linear_layers(model).begin()->second->is_int8() ? "int8" : "float"},
                              {"load_seconds", load.count()},
                              {"attributes", attributes},
                              {"decode_and_resize_seconds", decode_seconds},
                              {"vision_tower_seconds", vision_seconds},
                              {"features_seconds", features_seconds},
                              {"language_model_seconds", language_seconds},
                              {"product_seconds", product_seconds},
                              {"batch", options.batch},
                              {"products_per_second", options.batch / batch_seconds},
                              {"peak_memory_bytes", memory},
                              {"batch_peak_memory_bytes", batch_memory},
                              {"int8_peak_operations_per_second", peak},
                              {"vision_tower_share_of_int8_peak", vision_operations / vision_seconds / peak}};
  if (options.lora) {
    say("LoRA steps");
    const at::AutoGradMode with_grad(true);
    constexpr int kExamples = 4;
    report["lora_seconds_per_example"] = lora_step(checkpoint, kExamples, options.rounds) / kExamples;
    report["lora_peak_memory_bytes"] = peak_memory();
  }
  if (options.json) {
    fmt::print("{}\n", report.dump(2));
    return Exit::kDone;
  }
  for (const auto& [name, value] : report.items()) {
    fmt::print("{:<36} {}\n", name, value.is_number_float() ? fmt::format("{:.4g}", value.get<double>()) : value.is_string() ? value.get<std::string>() : value.dump());
  }
  return Exit::kDone;
}

}  // namespace

void add_bench(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("bench", "Time a model on this machine: a product, many products, a LoRA step");
  add_model_options(*command, options->model);
  command->add_option("--taxonomy", options->taxonomy, "the values to score (default: eight attributes with 4 to 12 usual values)");
  command->add_option("--rounds", options->rounds, "of each measurement, the shortest counts")->check(CLI::Range(1, 1000))->capture_default_str();
  command->add_option("--batch", options->batch, "products at once, for products a second")->check(CLI::Range(1, 1024))->capture_default_str();
  command->add_flag("--lora", options->lora, "time training steps too");
  command->add_flag("--json", options->json, "print JSON instead of lines for people");
  command->callback([options, &session] { session.action = [options, &session] { return run(*options, session); }; });
}

}  // namespace hangtag::app
