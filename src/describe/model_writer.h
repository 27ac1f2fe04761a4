// Descriptions by a chat model, whichever it is: the prompt, the answer's JSON, and what was wrong handed back.
#pragma once

#include <memory>
#include <string>

#include "describe/prompt.h"
#include "describe/writer.h"
#include "llm/client.h"
#include "llm/prices.h"

namespace hangtag::describe {

class ModelWriter : public Writer {
 public:
  struct Options {
    std::string name;         // "openai", as records call it
    std::string fingerprint;  // of the model, its settings and its address
    int max_tokens = 800;     // of an answer
    std::optional<double> temperature = 0.1;
    std::optional<llm::Prices> prices{};  // what drafts cost, by the model's name
  };
  ModelWriter(std::shared_ptr<llm::Client> client, Prompt prompt, Options options);

  Draft write(const Brief& brief, const Feedback* before) const override;
  std::string_view name() const override { return options_.name; }
  std::string prompt() const override { return prompt_.id(); }
  std::string fingerprint() const override;
  std::string instructions(const Brief& brief) const override { return prompt_.system(brief); }

 private:
  std::shared_ptr<llm::Client> client_;
  Prompt prompt_;
  Options options_;
};

// The description in a model's answer: a JSON object, alone or between other words, as in a ``` block. What cannot be
// read is told in `malformed`, in one sentence that the model can act on.
struct Answer {
  Description description;
  std::string malformed;
};
Answer parse_answer(std::string_view text, const Limits& limits);

}  // namespace hangtag::describe
