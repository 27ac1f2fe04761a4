#include "describe/model_writer.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "facts/wording.h"

namespace hangtag::describe {
namespace {

constexpr std::size_t kMostProblemsHandedBack = 12;

// Lengths are not in it: OpenAI's strict mode refuses them. The system prompt tells them, and faults_of() checks.
base::OrderedJson schema() {
  const base::OrderedJson text = {{"type", "string"}};
  return {{"type", "object"},
          {"properties",
           {{kTitle, text},
            {kText, text},
            {kBullets, {{"type", "array"}, {"items", text}}},
            {kSeoTitle, text},
            {kSeoDescription, text},
            {kAltText, text}}},
          {"required", {kTitle, kText, kBullets, kSeoTitle, kSeoDescription, kAltText}},
          {"additionalProperties", false}};
}

std::string handed_back(const std::vector<std::string>& problems) {
  std::string text = "This cannot be published:\n";
  const auto shown = std::min(problems.size(), kMostProblemsHandedBack);
  for (std::size_t i = 0; i < shown; ++i) text += fmt::format("- {}\n", problems[i]);
  if (shown < problems.size()) text += fmt::format("- and {} more of this kind\n", problems.size() - shown);
  return text +
         "Write the JSON object again: leave out what nothing supports, tell every attribute, and change nothing else.";
}

}  // namespace

ModelWriter::ModelWriter(std::shared_ptr<llm::Client> client, Prompt prompt, Options options)
    : client_(std::move(client)), prompt_(std::move(prompt)), options_(std::move(options)) {}

std::string ModelWriter::fingerprint() const {
  return fmt::format("{} {} {} {} {}", options_.name, options_.fingerprint, options_.max_tokens,
                     options_.temperature ? fmt::format("{}", *options_.temperature) : "", prompt_.fingerprint());
}

Draft ModelWriter::write(const Brief& brief, const Feedback* before) const {
  llm::Chat chat{.system = prompt_.system(brief),
                 .messages = {{llm::Role::kUser, prompt_.user(brief)}},
                 .max_tokens = options_.max_tokens,
                 .temperature = options_.temperature,
                 .schema = schema()};
  if (before && !before->draft.answer.empty()) {
    chat.messages.push_back({llm::Role::kAssistant, before->draft.answer});
    chat.messages.push_back({llm::Role::kUser, handed_back(before->problems)});
  }
  const auto reply = client_->ask(chat);
  auto answer = parse_answer(reply.text, brief.limits);
  if (!answer.malformed.empty() && reply.stop == "length") {
    answer.malformed = fmt::format("the answer was cut off after {} tokens; it must be shorter", options_.max_tokens);
  }
  return {.description = std::move(answer.description),
          .model = reply.model,
          .input_tokens = reply.usage.input_tokens,
          .output_tokens = reply.usage.output_tokens,
          .cost = options_.prices ? options_.prices->cost(client_->provider().model(), reply.usage) : std::nullopt,
          .malformed = std::move(answer.malformed),
          .answer = reply.text};
}

Answer parse_answer(std::string_view text, const Limits& limits) {
  const auto open = text.find('{'), close = text.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return {.description = {}, .malformed = "the answer holds no JSON object"};
  }
  const auto json = base::Json::parse(text.substr(open, close - open + 1), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return {.description = {}, .malformed = "the answer is not valid JSON"};
  Answer answer;
  const auto read = [&](const char* key, std::string& into) {
    const auto found = json.find(key);
    if (found != json.end() && found->is_string()) {
      into = found->get<std::string>();
    } else if (answer.malformed.empty()) {
      answer.malformed = fmt::format("the answer lacks the text \"{}\"", key);
    }
  };
  auto& description = answer.description;
  read(kTitle, description.title);
  read(kText, description.text);
  read(kSeoTitle, description.seo_title);
  read(kSeoDescription, description.seo_description);
  read(kAltText, description.alt_text);
  const auto bullets = json.find(kBullets);
  if (bullets == json.end() || !bullets->is_array() ||
      std::any_of(bullets->begin(), bullets->end(), [](const auto& bullet) { return !bullet.is_string(); })) {
    if (answer.malformed.empty()) answer.malformed = fmt::format("the answer lacks \"{}\", a list of texts", kBullets);
  } else if (bullets->size() > limits.bullets * 10) {
    if (answer.malformed.empty())
      answer.malformed =
          fmt::format("\"{}\" has {} parts; at most {} are allowed", kBullets, bullets->size(), limits.bullets);
  } else {
    description.bullets = bullets->get<std::vector<std::string>>();
  }
  return answer;
}

}  // namespace hangtag::describe
