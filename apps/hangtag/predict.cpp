#include "predict/predictor.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/progress.h"
#include "catalog/csv.h"
#include "catalog/kaggle.h"
#include "command.h"
#include "features/encode.h"
#include "shared.h"

namespace hangtag::app {
namespace {

struct Options {
  ModelOptions model;
  std::filesystem::path taxonomy;
  std::vector<std::filesystem::path> photos;
  std::filesystem::path catalog;
  std::string type;
  std::vector<std::string> types;
  std::vector<std::string> attributes;
  std::filesystem::path out;
  std::size_t alternatives = 3;
  features::Options reading;
};

struct Item {
  std::string id;
  std::string type;
  std::filesystem::path photo;
};

std::vector<Item> items_of(const Options& options, std::vector<catalog::Dropped>& dropped) {
  std::vector<Item> items;
  for (const auto& photo : options.photos)
    items.push_back({.id = photo.stem().string(), .type = options.type, .photo = photo});
  if (!options.catalog.empty()) {
    auto catalog =
        catalog::read_kaggle({.folder = options.catalog, .types = options.types, .attributes = {}, .texts = {}});
    for (auto& product : catalog.products)
      items.push_back({.id = product.id, .type = product.type, .photo = product.photo});
    dropped = std::move(catalog.dropped);
  }
  return items;
}

Exit run(const Options& options, const Session& session) {
  if (options.photos.empty() && options.catalog.empty()) {
    base::fail(base::ErrorCode::kUsage, "nothing to predict: name photos, or a catalogue with --catalog");
  }
  predict::Predictor predictor(load_model(options.model),
                               catalog::Taxonomy::read(taxonomy_beside(options.taxonomy, options.model)));
  calibrate_if_fitted(predictor, options.model);
  std::vector<catalog::Dropped> failed;
  const auto items = items_of(options, failed);
  const auto rows = items.size() + failed.size();  // what the catalogue's reader dropped counts too
  LineWriter out(options.out);
  {
    base::Progress progress("predicting", static_cast<std::int64_t>(items.size()), "photos", session.quiet);
    std::vector<std::filesystem::path> photos;
    for (const auto& item : items) photos.push_back(item.photo);
    std::int64_t done = 0;
    features::encode(predictor.checkpoint(), photos, options.reading, [&](const features::Encoded& pass) {
      for (const auto& [photo, error] : pass.failed) {
        failed.push_back({.file = items[photo].photo.string(),
                          .line = 0,
                          .id = items[photo].id,
                          .reason = to_string(error.code()),
                          .detail = error.what()});
      }
      std::vector<predict::Predictor::Request> requests;
      for (const auto photo : pass.photos) {
        requests.push_back({.photo = static_cast<std::int64_t>(requests.size()),
                            .type = items[photo].type,
                            .attributes = options.attributes});
      }
      auto predictions = predictor.predict(pass.features, requests);
      for (std::size_t i = 0; i < predictions.size(); ++i) {
        const auto& item = items[pass.photos[i]];
        const predict::Record record{
            .id = item.id, .photo = item.photo.string(), .type = item.type, .attributes = std::move(predictions[i])};
        out.write(base::to_line(to_json(record, options.alternatives)));
      }
      progress.update(done += static_cast<std::int64_t>(pass.photos.size() + pass.failed.size()));
    });
  }
  out.close();
  if (failed.empty()) return Exit::kDone;
  for (const auto& row : failed) {
    fmt::print(stderr, "hangtag: skipped {}: {}\n", row.id.empty() ? row.file : row.id,
               row.detail.empty() ? row.reason : row.detail);
  }
  if (!options.out.empty() && options.out != "-") {
    auto path = options.out;
    path += ".errors.csv";
    LineWriter errors(path);
    errors.write("file,line,id,reason,detail");
    for (const auto& row : failed) {
      auto line = catalog::csv_line({row.file, std::to_string(row.line), row.id, row.reason, row.detail});
      while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
      errors.write(line);
    }
    errors.close();
  }
  fmt::print(stderr, "hangtag: {} of {} rows failed\n", failed.size(), rows);
  return failed.size() == rows ? Exit::kFailed : Exit::kDoneWithFailedRows;
}

}  // namespace

void add_predict(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("predict", "Read all attributes off photos: one JSON object a line");
  add_model_options(*command, options->model);
  command->add_option("--taxonomy", options->taxonomy,
                      "the values to choose from (default: taxonomy.json beside the model)");
  command->add_option("PHOTO", options->photos, "photos");
  command->add_option("--catalog", options->catalog, "a whole catalogue in the Kaggle layout");
  command->add_option("--type", options->type, "product type of the photos, where it is known: \"Tshirts\"");
  command->add_option("--types", options->types, "product types of the catalogue to predict; default all")
      ->delimiter(',');
  command->add_option("--attributes", options->attributes, "attributes to predict; default all of the taxonomy")
      ->delimiter(',');
  command->add_option("--alternatives", options->alternatives, "further values to list with their confidence")
      ->capture_default_str();
  command->add_option("--feature-cache", options->reading.cache,
                      "a folder that keeps what the vision tower saw in a photo, for the next run over it");
  command->add_option("--batch-photos", options->reading.photos_per_pass, "photos encoded at once")
      ->capture_default_str();
  command->add_option("--out", options->out, "write here instead of to standard output");
  command->callback([options, &session] { session.action = [options, &session] { return run(*options, session); }; });
}

}  // namespace hangtag::app
