// Claude by Anthropic's own Messages API.
#pragma once

#include <optional>

#include "llm/endpoint.h"
#include "llm/provider.h"

namespace hangtag::llm {

struct AnthropicOptions {
  std::string model;
  std::string base_url = "https://api.anthropic.com";
  std::optional<net::Secret> key{};  // Anthropic wants one; a gateway may add its own
};

class Anthropic final : public Provider {
 public:
  explicit Anthropic(AnthropicOptions options);  // throws kUsage

  net::Request request(const Chat& chat) const override;  // sends no schema
  Reply parse(const net::Response& response) const override;
  std::string_view name() const override { return endpoint_.provider; }
  const std::string& model() const override { return endpoint_.model; }

 private:
  Endpoint endpoint_;
};

// The Messages API without the model's name, which Bedrock speaks too: max_tokens, temperature, system, messages are
// put after what `body` holds.
void add_anthropic_chat(base::OrderedJson& body, const Chat& chat);
Reply parse_anthropic_reply(const net::Response& response, const Endpoint& endpoint);

}  // namespace hangtag::llm
