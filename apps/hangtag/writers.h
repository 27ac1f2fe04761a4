// Which writers of descriptions there are, and the options that make one.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "describe/writer.h"
#include "llm/client.h"

namespace hangtag::app {

struct WriterOptions {
  std::string writer = "template";
  std::filesystem::path prompt;
  std::string model, base_url, region = "us-east-1", bedrock_api = "invoke";
  std::filesystem::path key_file, prices;
  bool schema = true;
  int max_tokens = 800;
  double temperature = 0.1;  // negative: the model's own
  double timeout_s = 120, requests_per_minute = 0;
  std::optional<double> max_cost;
};

void add_writer_options(CLI::App& command, WriterOptions& options);

struct MadeWriter {
  std::unique_ptr<describe::Writer> writer;
  std::shared_ptr<llm::Client> client;  // of writers that ask a model; for its totals
  std::string currency{};               // of its costs
};

// Reads keys from --api-key-file or else the environment: OPENAI_API_KEY, ANTHROPIC_API_KEY, AWS_BEARER_TOKEN_BEDROCK.
// Throws kUsage for options that do not go together.
MadeWriter make_writer(const WriterOptions& options);

}  // namespace hangtag::app
