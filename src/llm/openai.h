// OpenAI's chat completions, which llama.cpp, vLLM, Ollama and many others serve too.
#pragma once

#include <optional>

#include "llm/endpoint.h"
#include "llm/provider.h"

namespace hangtag::llm {

struct OpenAiOptions {
  std::string model;
  std::string base_url = "https://api.openai.com/v1";  // or http://127.0.0.1:8080/v1
  std::optional<net::Secret> key{};                    // servers at home want none
  // Send max_completion_tokens for max_tokens: OpenAI's newer models refuse the old name, other servers do not know the
  // new one. Unless set, the new name goes to api.openai.com alone.
  std::optional<bool> max_completion_tokens{};
  bool json_schema = true;  // send a chat's schema; some servers refuse it
};

class OpenAi final : public Provider {
 public:
  explicit OpenAi(OpenAiOptions options);  // throws kUsage

  net::Request request(const Chat& chat) const override;
  Reply parse(const net::Response& response) const override;
  std::string_view name() const override { return endpoint_.provider; }
  const std::string& model() const override { return endpoint_.model; }

 private:
  Endpoint endpoint_;
  bool max_completion_tokens_;
  bool json_schema_;
};

}  // namespace hangtag::llm
