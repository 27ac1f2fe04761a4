// Models by Amazon Bedrock's runtime API.
#pragma once

#include <functional>
#include <optional>

#include "llm/endpoint.h"
#include "llm/provider.h"

namespace hangtag::llm {

enum class BedrockForm {
  kConverse,  // one form for all models
  kInvoke,    // the model's own; here that of Claude
};

struct BedrockOptions {
  std::string model;       // an id, or the ARN of an inference profile
  std::string region{};    // "eu-central-1"; gives the base URL where that is empty
  std::string base_url{};  // of a VPC endpoint, or of a test
  BedrockForm form = BedrockForm::kConverse;
  std::optional<net::Secret> token{};  // a Bedrock API key
  // Called for the finished request where there is no token, to sign it (Signature Version 4), from several threads.
  std::function<void(net::Request&)> sign{};
};

class Bedrock final : public Provider {
 public:
  explicit Bedrock(BedrockOptions options);  // throws kUsage

  net::Request request(const Chat& chat) const override;  // sends no schema
  Reply parse(const net::Response& response) const override;
  bool retryable(int status, int attempt) const override;
  std::string_view name() const override { return endpoint_.provider; }
  const std::string& model() const override { return endpoint_.model; }

 private:
  Reply parse_converse(const net::Response& response) const;

  Endpoint endpoint_;
  BedrockForm form_;
  std::function<void(net::Request&)> sign_;
};

}  // namespace hangtag::llm
