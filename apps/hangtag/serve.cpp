#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "command.h"
#include "http/server.h"
#include "http/workers.h"
#include "server/engine.h"
#include "server/routes.h"
#include "shared.h"

namespace hangtag::app {
namespace {

// SIGTERM, then SIGKILL after 30 s: SageMaker's, and the default of Docker's and Kubernetes' kin.
constexpr std::chrono::seconds kDrain{25};
constexpr const char* kContainerModel = "/opt/ml/model";

struct Options {
  ModelOptions model;
  std::filesystem::path taxonomy;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::filesystem::path tokens;
  bool trusted_network = false;
  std::size_t threads = 2;
  server::EngineOptions engine;
  std::int64_t max_wait_ms = 4;
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Where no model is named and SageMaker's is there, the rest is as its containers are: all interfaces of a network of
// their own, on the port that it asks for. Options that were given stand.
void use_container(Options& options, const CLI::App& command) {
  if (!options.model.model.empty()) return;
  const auto folder = environment("SM_MODEL_DIR");
  options.model.model = folder.empty() ? kContainerModel : folder;
  if (!std::filesystem::is_directory(options.model.model)) {
    base::fail(base::ErrorCode::kUsage, "no model: name a checkpoint with --model ({} is no folder)",
               options.model.model.string());
  }
  if (command.count("--host") == 0) {
    options.host = "0.0.0.0";
    options.trusted_network = true;
  }
  const auto port = environment("SAGEMAKER_BIND_TO_PORT");
  if (command.count("--port") > 0 || port.empty()) return;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (error != std::errc() || end != port.data() + port.size()) {
    base::fail(base::ErrorCode::kUsage, "SAGEMAKER_BIND_TO_PORT is \"{}\"; expected a port", port);
  }
}

std::string last_part(const std::filesystem::path& folder) {
  return std::filesystem::weakly_canonical(folder).filename().string();
}

Exit run(Options options, const CLI::App& command, const Session& session) {
  use_container(options, command);
  http::ServerOptions serving{.address = options.host,
                              .port = options.port,
                              .trusted_network = options.trusted_network,
                              .metrics = std::make_shared<http::Metrics>()};
  if (!options.tokens.empty()) serving.tokens = std::make_shared<http::Tokens>(http::Tokens::read(options.tokens));
  if (!session.quiet) {
    serving.access_log = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
  }
  options.engine.max_wait = std::chrono::milliseconds(options.max_wait_ms);
  options.engine.metrics = serving.metrics;
  const auto taxonomy = taxonomy_beside(options.taxonomy, options.model);
  auto predictor = std::make_unique<predict::Predictor>(load_model(options.model), catalog::Taxonomy::read(taxonomy));
  calibrate_if_fitted(*predictor, options.model);
  server::Engine engine(std::move(predictor), options.engine);
  http::Workers workers(options.threads, options.engine.max_waiting);
  http::Server server(serving,
                      server::routes({.engine = engine,
                                      .workers = workers,
                                      .model = last_part(options.model.model),
                                      .adapter = options.model.adapter.empty() ? "" : last_part(options.model.adapter),
                                      .tokens = serving.tokens,
                                      .trusted_network = options.trusted_network,
                                      .metrics = serving.metrics}));
  server.stop_on({SIGTERM, SIGINT}, kDrain);
  server.listen();
  const bool is_ipv6 = options.host.find(':') != std::string::npos;
  fmt::print("http://{}:{}\n", is_ipv6 ? fmt::format("[{}]", options.host) : options.host, server.port());
  std::fflush(stdout);
  server.run();
  return Exit::kDone;
}

}  // namespace

void add_serve(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "serve", "Answer over HTTP: attributes of photos, descriptions, checks; as a SageMaker container, too");
  command->add_option("--model", options->model.model, "a checkpoint (default: SageMaker's, where there is one)");
  command->add_option("--adapter", options->model.adapter, "an adapter for it");
  add_dtype_option(*command, options->model);
  command->add_option("--taxonomy", options->taxonomy,
                      "the values to choose from (default: taxonomy.json beside the model)");
  command->add_option("--host", options->host, "numeric address to listen on")->capture_default_str();
  command->add_option("--port", options->port, "0: a free one")->capture_default_str();
  command->add_option("--tokens", options->tokens,
                      "a JSON file of who may do what; needed for any address but loopback");
  command->add_flag("--trusted-network", options->trusted_network,
                    "nobody unwanted reaches this address, by other means than tokens");
  command->add_option("--threads", options->threads, "that decode photos, write and check")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command
      ->add_option("--max-waiting", options->engine.max_waiting, "requests that may wait before others are turned away")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_option("--batch-photos", options->engine.batch_photos, "photos through the model at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--max-wait-ms", options->max_wait_ms, "for others to join a batch")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->callback([options, command, &session] {
    session.action = [options, command, &session] { return run(*options, *command, session); };
  });
}

}  // namespace hangtag::app
