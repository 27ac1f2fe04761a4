#include "server/routes.h"

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/version.h"
#include "describe/compose.h"
#include "describe/record.h"
#include "describe/template_writer.h"
#include "describe/verdict.h"
#include "hangtag_server_embedded_files.h"
#include "image/decode.h"
#include "server/requests.h"

namespace hangtag::server {
namespace {

using base::ErrorCode;
using http::Head;
using http::Request;
using http::Responder;
using http::Response;

// Of SageMaker's batch transform, whose payloads under way may have 100 MB together.
constexpr std::size_t kBatchPayloadMegabytes = 6;
constexpr std::size_t kMostConcurrentTransforms = 16;

// Which status says that the client can put it right; faults of ours are always 500.
struct Statuses {
  int invalid = 400;
  int limit = 413;
  int unsupported = 422;
};
constexpr Statuses kOfBody{};
constexpr Statuses kOfPhotos{.invalid = 422};
constexpr Statuses kAlways400{.invalid = 400, .limit = 400, .unsupported = 400};

Response answer_to(const Head& head, const std::exception& fault, const Statuses& statuses) {
  if (const auto* error = dynamic_cast<const base::Error*>(&fault)) {
    switch (error->code()) {
      case ErrorCode::kInvalid:
      case ErrorCode::kUsage:
        return error_response(head, statuses.invalid, "invalid", error->what());
      case ErrorCode::kLimit:
        return error_response(head, statuses.limit, "too_large", error->what());
      case ErrorCode::kUnsupported:
        return error_response(head, statuses.unsupported, "unsupported", error->what());
      default:
        break;
    }
  }
  spdlog::error("request {}: {}", head.id, fault.what());
  return error_response(head, 500, "internal", "a fault of the server; its log has more, under this request_id");
}

// Runs `work`; answers what it throws, and is false then.
template <typename Run>
bool attempt(const Head& head, Responder& responder, const Statuses& statuses, Run work) {
  try {
    work();
    return true;
  } catch (const std::exception& fault) {
    responder.send(answer_to(head, fault, statuses));
    return false;
  }
}

Photo decoded(const Engine& engine, const SentPhoto& sent) {
  const auto bytes = std::as_bytes(std::span(sent.bytes));
  return {.pixels = engine.fit(image::decode(bytes, sent.where)), .type = sent.type};
}

// Hands the work to the model, and what comes of it to `give`; or answers that there is no room.
void submit(Engine& engine, Request request, Responder responder, Work work, const Statuses& statuses,
            std::function<Response(Outcome)> give) {
  struct Waiting {
    Head head;
    Responder responder;
  };
  request.body = {};
  work.cancellation = request.cancellation;
  auto waiting = std::make_shared<Waiting>(std::move(request), std::move(responder));
  const bool taken = engine.try_submit(work, [waiting, statuses, give = std::move(give)](Outcome outcome) {
    attempt(waiting->head, waiting->responder, statuses, [&] {
      if (outcome.fault) std::rethrow_exception(outcome.fault);
      waiting->responder.send(give(std::move(outcome)));
    });
  });
  if (!taken) waiting->responder.send(overloaded_response(waiting->head));
}

class Handlers {
 public:
  explicit Handlers(const Service& service) : service_(service), attributes_(service.engine.taxonomy().attributes()) {}

  void invoke(Request request, Responder responder) const {
    auto& engine = service_.engine;
    Work work;
    const bool good = attempt(request, responder, kAlways400, [&] {
      auto invocation = parse_invocation(request.body);
      request.body = {};
      work.photos.push_back(decoded(engine, invocation.photo));
      work.prompt = std::move(invocation.prompt);
    });
    if (!good) return;
    submit(engine, std::move(request), std::move(responder), std::move(work), kAlways400,
           [](Outcome outcome) { return http::json_response(200, outcome.answer); });
  }

  void predict(Request request, Responder responder) const {
    auto& engine = service_.engine;
    PredictRequest wanted;
    if (!attempt(request, responder, kOfBody, [&] { wanted = parse_predict(request.body, attributes_); })) return;
    request.body = {};
    Work work{.photos = {}, .attributes = std::move(wanted.attributes)};
    std::vector<predict::Record> records;
    const bool good = attempt(request, responder, kOfPhotos, [&] {
      for (auto& sent : wanted.photos) {
        if (request.cancelled()) return;  // and the engine drops it
        work.photos.push_back(decoded(engine, sent));
        sent.bytes = {};
        records.push_back({.id = std::move(sent.id), .photo = {}, .type = std::move(sent.type), .attributes = {}});
      }
    });
    if (!good || request.cancelled()) return;
    submit(engine, std::move(request), std::move(responder), std::move(work), kOfPhotos,
           [records = std::move(records), alternatives = wanted.alternatives](Outcome outcome) mutable {
             auto predictions = base::OrderedJson::array();
             for (std::size_t i = 0; i < records.size(); ++i) {
               records[i].attributes = std::move(outcome.predictions[i]);
               predictions.push_back(to_json(records[i], alternatives));
             }
             return http::json_response(200, {{"predictions", std::move(predictions)}});
           });
  }

  void describe(Request request, Responder responder) const {
    DescribeRequest wanted;
    describe::ComposeOptions options;
    const bool good = attempt(request, responder, kOfBody, [&] {
      wanted = parse_describe(request.body);
      claims::Lexicon::of(wanted.locale);  // refuses an unknown one
    });
    if (!good) return;
    options.locale = wanted.locale;
    options.brand = std::move(wanted.brand);
    options.taxonomy = &service_.engine.taxonomy();
    attempt(request, responder, kOfPhotos, [&] {
      const auto composed = describe::compose(wanted.product, describe::TemplateWriter(), options);
      responder.send(http::json_response(200, describe::to_json(composed)));
    });
  }

  void check(Request request, Responder responder) const {
    attempt(request, responder, kOfBody, [&] {
      const auto body = parse_body(request.body);
      const base::Json unordered = body;
      const auto& lexicon = claims::Lexicon::of(base::get_or(unordered, "locale", std::string("en"), "the body"));
      const auto brand =
          unordered.contains("brand") ? describe::parse_brand(unordered["brand"], "brand") : describe::Brand{};
      responder.send(http::json_response(200, describe::verdict_of(base::to_line(body), "the body", lexicon, brand)));
    });
  }

  Response ping() const { return {}; }

  Response openapi() const {
    return {.status = 200,
            .headers = {{"Content-Type", "application/json"}},
            .body = std::string(embedded::openapi_json())};
  }

  Response metrics() const {
    return {.status = 200,
            .headers = {{"Content-Type", http::Metrics::kContentType}},
            .body = service_.metrics ? service_.metrics->text() : ""};
  }

  Response health() const {
    return http::json_response(200, {{"status", "ok"},
                                     {"version", base::version()},
                                     {"waiting", service_.workers.waiting() + service_.engine.waiting()}});
  }

  Response models() const {
    base::OrderedJson model = {{"name", service_.model}};
    if (!service_.adapter.empty()) model["adapter"] = service_.adapter;
    model["attributes"] = attributes_;
    model["types"] = service_.engine.taxonomy().types().size();
    return http::json_response(200, {{"models", base::OrderedJson::array({std::move(model)})}});
  }

  Response execution_parameters() const {
    const auto concurrent = std::min(service_.engine.options().batch_photos, kMostConcurrentTransforms);
    return http::json_response(200, {{"MaxConcurrentTransforms", concurrent},
                                     {"BatchStrategy", "SingleRecord"},
                                     {"MaxPayloadInMB", kBatchPayloadMegabytes}});
  }

 private:
  Service service_;
  std::vector<std::string> attributes_;
};

}  // namespace

http::Router routes(const Service& service) {
  const auto handlers = std::make_shared<const Handlers>(service);
  auto& workers = service.workers;
  const auto viewer = http::at_least(http::Role::kViewer, service.tokens);
  const auto editor = http::at_least(http::Role::kEditor, service.tokens);
  // What a container's platform asks, without a token: nobody else is on its network.
  const auto platform = service.trusted_network ? http::Admit() : viewer;
  const auto platform_work = service.trusted_network ? http::Admit() : editor;
  // Before the body is read: a request that must wait too long costs nothing.
  const http::Admit room = [&workers, &engine = service.engine](const Head& head) -> std::optional<Response> {
    if (workers.waiting() + engine.waiting() < engine.options().max_waiting) return std::nullopt;
    return http::overloaded_response(head);
  };
  const auto with_room = [&room](const http::Admit& role) { return role ? http::all_of({role, room}) : room; };
  const auto now = [handlers](Response (Handlers::*answer)() const) -> http::Handler {
    return [=](Request, Responder responder) { responder.send((*handlers.*answer)()); };
  };
  const auto work = [handlers, &workers](void (Handlers::*answer)(Request, Responder) const) {
    return workers.handler(
        [=](Request request, Responder responder) { (*handlers.*answer)(std::move(request), std::move(responder)); });
  };

  http::Router router;
  router.add("GET", "/ping", now(&Handlers::ping), {.admit = platform});
  router.add("GET", "/execution-parameters", now(&Handlers::execution_parameters), {.admit = platform});
  router.add("POST", "/invocations", work(&Handlers::invoke), {.admit = with_room(platform_work)});
  router.add("POST", "/v1/predict", work(&Handlers::predict), {.admit = with_room(editor)});
  router.add("POST", "/v1/describe", work(&Handlers::describe),
             {.admit = with_room(editor), .max_body_bytes = kMaxTextBytes});
  router.add("POST", "/v1/check", work(&Handlers::check),
             {.admit = with_room(editor), .max_body_bytes = kMaxTextBytes});
  router.add("GET", "/v1/health", now(&Handlers::health), {.admit = viewer});
  router.add("GET", "/v1/models", now(&Handlers::models), {.admit = viewer});
  router.add("GET", "/v1/openapi.json", now(&Handlers::openapi), {.admit = viewer});
  router.add("GET", "/metrics", now(&Handlers::metrics), {.admit = viewer});
  return router;
}

}  // namespace hangtag::server
