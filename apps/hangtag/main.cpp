#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>

#include "base/error.h"
#include "base/log.h"
#include "base/version.h"
#include "command.h"
#include "hyperparameters.h"

namespace {

using hangtag::app::Exit;

Exit exit_of(const hangtag::base::Error& error) {
  return error.code() == hangtag::base::ErrorCode::kUsage ? Exit::kWrongUse : Exit::kFailed;
}

int run(int argc, char** argv) {
  hangtag::app::Session session;
  CLI::App app{
      "hangtag reads a product photo and writes the product's attributes, then a description that says nothing more.\n"
      "\n"
      "Start here:   hangtag demo --out demo            the whole journey on a drawn catalogue, in minutes\n"
      "Then, on your own catalogue:\n"
      "              hangtag prepare --catalog DIR --out data\n"
      "              hangtag train --from-scratch small --data data --out run --method full\n"
      "              hangtag evaluate --model run/best --data data --out report\n"
      "              hangtag predict --model run/best --taxonomy data/taxonomy.json photo.jpg",
      "hangtag"};
  app.set_version_flag("--version", hangtag::base::version(), "which build this is");
  app.add_flag("-q,--quiet", session.quiet, "no progress and no remarks; errors only");
  app.require_subcommand(1);
  app.fallthrough();
  app.get_formatter()->column_width(34);

  hangtag::app::add_demo(app, session);
  hangtag::app::add_sample(app, session);
  hangtag::app::add_prepare(app, session);
  hangtag::app::add_train(app, session);
  hangtag::app::add_merge(app, session);
  hangtag::app::add_quantize(app, session);
  hangtag::app::add_evaluate(app, session);
  hangtag::app::add_calibrate(app, session);
  hangtag::app::add_predict(app, session);
  hangtag::app::add_ask(app, session);
  hangtag::app::add_describe(app, session);
  hangtag::app::add_check(app, session);
  hangtag::app::add_serve(app, session);
  hangtag::app::add_bench(app, session);

  try {
    auto arguments = hangtag::app::with_hyperparameters({argv + 1, argv + argc});
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? static_cast<int>(Exit::kDone) : static_cast<int>(Exit::kWrongUse);
  }
  hangtag::base::start_log(session.quiet ? hangtag::base::LogLevel::kQuiet : hangtag::base::LogLevel::kNormal);
  return static_cast<int>(session.action());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const hangtag::base::Error& error) {
    fmt::print(stderr, "hangtag: {}\n", error.what());
    return static_cast<int>(exit_of(error));
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "hangtag: out of memory; a smaller batch or a smaller dtype (--dtype bfloat16) needs less\n");
  } catch (const std::exception& error) {
    // What reaches this point is a fault of ours: say so, with what is known.
    fmt::print(stderr, "hangtag: internal error: {}\n", error.what());
  }
  return static_cast<int>(Exit::kFailed);
}
