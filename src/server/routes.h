// What the server answers: docs/serving.md tells it to people, openapi.json to programs.
#pragma once

#include <memory>
#include <string>

#include "http/metrics.h"
#include "http/router.h"
#include "http/tokens.h"
#include "http/workers.h"
#include "server/engine.h"

namespace hangtag::server {

// Of a description or a check: product texts are short, and checking takes longer than in proportion.
constexpr std::uint64_t kMaxTextBytes = 64 << 10;

// The engine and the workers must outlive every request.
struct Service {
  Engine& engine;
  http::Workers& workers;  // decode photos, write and check texts
  std::string model;       // its name
  std::string adapter{};   // empty: none
  std::shared_ptr<const http::Tokens> tokens{};
  bool trusted_network = false;  // /ping, /invocations and /execution-parameters ask for no token
  std::shared_ptr<http::Metrics> metrics{};
};

// GET /ping, /execution-parameters, /v1/health, /v1/models, /v1/openapi.json, /metrics;
// POST /invocations, /v1/predict, /v1/describe, /v1/check.
http::Router routes(const Service& service);

}  // namespace hangtag::server
