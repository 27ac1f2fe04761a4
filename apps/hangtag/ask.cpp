#include <fmt/format.h>

#include "command.h"
#include "image/decode.h"
#include "shared.h"

namespace hangtag::app {

void add_ask(CLI::App& app, Session& session) {
  struct Options {
    ModelOptions model;
    std::filesystem::path photo;
    std::string prompt;
    decode::GenerateOptions generate;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("ask", "Ask a free question about a photo: \"Question: … Answer: \"");
  add_model_options(*command, options->model);
  command->add_option("PHOTO", options->photo, "a photo")->required();
  command->add_option("PROMPT", options->prompt, "what the model is given, word for word")->required();
  command->add_option("--max-new-tokens", options->generate.max_new_tokens, "longest answer")->capture_default_str();
  command->add_option("--num-beams", options->generate.num_beams, "1 is greedy")->capture_default_str();
  command->add_option("--length-penalty", options->generate.length_penalty, "of beam search")->capture_default_str();
  command->callback([options, &session] {
    session.action = [options] {
      predict::Predictor predictor(load_model(options->model), {});
      fmt::print("{}\n", predictor.ask(image::load(options->photo), options->prompt, options->generate));
      return Exit::kDone;
    };
  });
}

}  // namespace hangtag::app
