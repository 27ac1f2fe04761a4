#include "command.h"
#include "model/adapter.h"
#include "shared.h"

namespace hangtag::app {

void add_merge(CLI::App& app, Session& session) {
  struct Options {
    ModelOptions model;
    std::filesystem::path out;
    std::string dtype = "float32";
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("merge", "Fold an adapter into its model's weights");
  command->add_option("--model", options->model.model, "the checkpoint that the adapter was trained on")->required();
  command->add_option("--adapter", options->model.adapter, "its folder, in PEFT's layout")->required();
  command->add_option("--out", options->out, "the merged checkpoint's folder")->required();
  command->add_option("--dtype", options->dtype, "of the result: float32, bfloat16 or float16")->capture_default_str();
  command->callback([options, &session] {
    session.action = [options] {
      // Merged in fp32 whatever the result's dtype: an update is often smaller than a half-precision weight's last bit.
      auto checkpoint = load_model({.model = options->model.model, .adapter = options->model.adapter, .dtype = "float32"});
      model::merge_adapter(checkpoint.model);
      model::save_checkpoint(options->out, checkpoint, {.dtype = model::parse_dtype(options->dtype)});
      return Exit::kDone;
    };
  });
}

}  // namespace hangtag::app
