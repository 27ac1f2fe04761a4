// A subcommand of hangtag: adds its options to the command line, and leaves in `action` what to do when it was chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace hangtag::app {

// Exit codes, the same for every command.
enum class Exit { kDone = 0, kFailed = 1, kWrongUse = 2, kDoneWithFailedRows = 3 };

struct Session {
  bool quiet = false;             // no progress, no remarks
  std::function<Exit()> action{};  // of the command that was chosen
};

void add_sample(CLI::App& app, Session& session);
void add_prepare(CLI::App& app, Session& session);
void add_train(CLI::App& app, Session& session);
void add_merge(CLI::App& app, Session& session);
void add_quantize(CLI::App& app, Session& session);
void add_predict(CLI::App& app, Session& session);
void add_ask(CLI::App& app, Session& session);
void add_describe(CLI::App& app, Session& session);
void add_check(CLI::App& app, Session& session);
void add_serve(CLI::App& app, Session& session);
void add_evaluate(CLI::App& app, Session& session);
void add_bench(CLI::App& app, Session& session);
void add_calibrate(CLI::App& app, Session& session);
void add_demo(CLI::App& app, Session& session);

}  // namespace hangtag::app
