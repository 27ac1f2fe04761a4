// What a chat model is asked, and what it answers, whoever runs it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace hangtag::llm {

enum class Role { kUser, kAssistant };

std::string_view to_string(Role role);  // "user", "assistant", as all providers call them

struct Message {
  Role role = Role::kUser;
  std::string text;
};

struct Chat {
  std::string system{};  // may be empty
  std::vector<Message> messages{};
  int max_tokens = 800;  // of the answer
  // Some models refuse any but their own: leave it out for them.
  std::optional<double> temperature = 0.1;
  // A JSON schema that the answer should follow, its keys in the order in which they are to be written. Sent where the
  // provider takes one; ask for JSON in words too, and check the answer.
  std::optional<base::OrderedJson> schema{};
};

// Throws kUsage for a chat without messages, max_tokens below 1, or a temperature that is no number from 0 on.
void check(const Chat& chat);

struct Usage {
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
};

struct Reply {
  std::string text{};  // what the model wrote; may be empty where `stop` is not "end"
  Usage usage{};       // zeros where the server does not say
  // Why the text ends: "end", "length" (max_tokens, or the model's context, is used up), "refused" (by the model or by
  // its provider's filter), "other".
  std::string stop{};
  std::string model{};  // as the server calls it, or as it was asked for
};

}  // namespace hangtag::llm
