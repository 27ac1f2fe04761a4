#include "writers.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "describe/model_writer.h"
#include "describe/prompt.h"
#include "describe/template_writer.h"
#include "llm/anthropic.h"
#include "llm/bedrock.h"
#include "llm/openai.h"

namespace hangtag::app {
namespace {

using base::ErrorCode;

std::optional<net::Secret> key_of(const WriterOptions& options, const char* variable) {
  if (!options.key_file.empty()) return net::Secret::read(options.key_file);
  const char* value = std::getenv(variable);
  return value && *value ? std::optional<net::Secret>(std::in_place, value, variable) : std::nullopt;
}

std::unique_ptr<llm::Provider> openai(const WriterOptions& options) {
  llm::OpenAiOptions openai{
      .model = options.model, .key = key_of(options, "OPENAI_API_KEY"), .json_schema = options.schema};
  if (!options.base_url.empty()) openai.base_url = options.base_url;
  if (options.base_url.empty() && !openai.key) {
    base::fail(
        ErrorCode::kUsage,
        "--writer openai: no key; set OPENAI_API_KEY or --api-key-file, or --base-url for a server that wants none");
  }
  return std::make_unique<llm::OpenAi>(std::move(openai));
}

std::unique_ptr<llm::Provider> anthropic(const WriterOptions& options) {
  llm::AnthropicOptions anthropic{.model = options.model, .key = key_of(options, "ANTHROPIC_API_KEY")};
  if (!options.base_url.empty()) anthropic.base_url = options.base_url;
  if (!anthropic.key)
    base::fail(ErrorCode::kUsage, "--writer anthropic: no key; set ANTHROPIC_API_KEY or --api-key-file");
  return std::make_unique<llm::Anthropic>(std::move(anthropic));
}

std::unique_ptr<llm::Provider> bedrock(const WriterOptions& options) {
  llm::BedrockOptions bedrock{
      .model = options.model,
      .region = options.region,
      .base_url = options.base_url,
      .form = options.bedrock_api == "converse" ? llm::BedrockForm::kConverse : llm::BedrockForm::kInvoke,
      .token = key_of(options, "AWS_BEARER_TOKEN_BEDROCK")};
  if (!bedrock.token) {
    base::fail(ErrorCode::kUsage,
               "--writer bedrock: no Bedrock API key; set AWS_BEARER_TOKEN_BEDROCK or --api-key-file (requests signed "
               "with AWS "
               "credentials are not there yet)");
  }
  return std::make_unique<llm::Bedrock>(std::move(bedrock));
}

struct Entry {
  const char* name;
  std::unique_ptr<llm::Provider> (*make)(const WriterOptions&);
};
constexpr std::array kModels = {Entry{"openai", openai}, Entry{"anthropic", anthropic}, Entry{"bedrock", bedrock}};

}  // namespace

void add_writer_options(CLI::App& command, WriterOptions& options) {
  command
      .add_option("--writer", options.writer,
                  "template (sentence plans, no network), openai (any compatible server), anthropic or bedrock")
      ->check(CLI::IsMember({"template", "openai", "anthropic", "bedrock"}))
      ->capture_default_str()
      ->group("Writer");
  const auto add = [&](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->group("Writer");
  };
  add("--model", options.model, "the model's name there");
  add("--base-url", options.base_url, "of the server, e.g. http://127.0.0.1:8080/v1 (openai), or of a gateway");
  add("--api-key-file", options.key_file,
      "holds the key (default: OPENAI_API_KEY, ANTHROPIC_API_KEY or AWS_BEARER_TOKEN_BEDROCK)");
  add("--region", options.region, "of Bedrock")->capture_default_str();
  add("--bedrock-api", options.bedrock_api, "invoke (Claude's own body) or converse")
      ->check(CLI::IsMember({"invoke", "converse"}))
      ->capture_default_str();
  add("--prompt", options.prompt, "a folder with prompt.json, system.txt and user.txt instead of the built-in prompt");
  add("--max-tokens", options.max_tokens, "of an answer")->check(CLI::Range(1, 100000))->capture_default_str();
  add("--temperature", options.temperature, "negative: the model's own")
      ->check(CLI::Range(-1.0, 2.0))
      ->capture_default_str();
  command.add_flag("!--no-schema", options.schema, "do not send a JSON schema; for openai servers that refuse it")
      ->group("Writer");
  add("--timeout", options.timeout_s, "seconds for one answer")->check(CLI::Range(0.1, 3600.0))->capture_default_str();
  add("--requests-per-minute", options.requests_per_minute, "at most; 0: no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add("--prices", options.prices, "a JSON file with the price of the model's tokens");
  add("--max-cost", options.max_cost, "stop before more is spent; needs --prices")->check(CLI::NonNegativeNumber);
}

MadeWriter make_writer(const WriterOptions& options) {
  if (options.writer == "template") {
    if (options.max_cost || !options.model.empty() || !options.base_url.empty()) {
      base::fail(ErrorCode::kUsage,
                 "--model, --base-url and --max-cost are for writers that ask a model; name one with --writer");
    }
    return {.writer = std::make_unique<describe::TemplateWriter>(), .client = nullptr};
  }
  if (options.model.empty()) base::fail(ErrorCode::kUsage, "--writer {} needs --model NAME", options.writer);
  const auto* entry =
      std::find_if(kModels.begin(), kModels.end(), [&](const Entry& e) { return e.name == options.writer; });
  auto provider = entry->make(options);

  llm::ClientOptions client{.requests_per_minute = options.requests_per_minute, .max_cost = options.max_cost};
  client.http.timeouts.total = std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout_s * 1000));
  if (!options.prices.empty()) client.prices = llm::Prices::read(options.prices);
  describe::ModelWriter::Options writer{
      .name = options.writer,
      .fingerprint = fmt::format("{} {} {} {}", options.model, options.base_url, options.region, options.bedrock_api),
      .max_tokens = options.max_tokens,
      .temperature = options.temperature < 0 ? std::nullopt : std::optional(options.temperature),
      .prices = client.prices};
  const auto currency = client.prices ? client.prices->currency() : "";
  auto shared = std::make_shared<llm::Client>(std::move(provider), std::move(client));
  auto prompt = options.prompt.empty() ? describe::Prompt::garment() : describe::Prompt::read(options.prompt);
  return {.writer = std::make_unique<describe::ModelWriter>(shared, std::move(prompt), std::move(writer)),
          .client = shared,
          .currency = currency};
}

}  // namespace hangtag::app
