#include "sample/sample.h"

#include <fmt/format.h>

#include "base/progress.h"
#include "command.h"

namespace hangtag::app {

void add_sample(CLI::App& app, Session& session) {
  auto options = std::make_shared<sample::SampleOptions>();
  auto* command = app.add_subcommand("sample", "Draw a catalogue of garments in the Kaggle layout, its truth known");
  command->add_option("--out", options->out, "the catalogue's folder")->required();
  command->add_option("--products", options->products, "how many garments")->capture_default_str();
  command->add_option("--seed", options->seed, "the same seed draws the same catalogue")->capture_default_str();
  command->callback([options, &session] {
    session.action = [options, &session] {
      sample::SampleCounts counts;
      {
        base::Progress progress("drawing", options->products, "garments", session.quiet);
        counts = sample::draw_catalog(*options, [&](int done) { progress.update(done); });
      }
      fmt::print(stderr, "{} products in {} ({} show an earlier one's photo, {} rows are malformed, as in real catalogues)\n",
                 counts.products, options->out.string(), counts.duplicates, counts.malformed_rows);
      return Exit::kDone;
    };
  });
}

}  // namespace hangtag::app
