#include "llm/chat.h"

#include <cmath>

#include "base/error.h"

namespace hangtag::llm {

using base::ErrorCode;

std::string_view to_string(Role role) {
  return role == Role::kUser ? "user" : "assistant";
}

void check(const Chat& chat) {
  if (chat.messages.empty()) base::fail(ErrorCode::kUsage, "the chat has no message; expected at least one");
  if (chat.max_tokens < 1) {
    base::fail(ErrorCode::kUsage, "max_tokens is {}; expected at least 1", chat.max_tokens);
  }
  if (chat.temperature && !(std::isfinite(*chat.temperature) && *chat.temperature >= 0)) {
    base::fail(ErrorCode::kUsage, "the temperature is {}; expected a number from 0 on", *chat.temperature);
  }
}

}  // namespace hangtag::llm
