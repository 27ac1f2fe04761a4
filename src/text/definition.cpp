#include "text/definition.h"

#include <algorithm>
#include <utility>

namespace hangtag::text {

Pipeline t5_pipeline(std::string charsmap) {
  return {.charsmap = std::move(charsmap),
          .strip_left = false,
          .strip_right = false,
          .space_run = std::nullopt,
          .split_at_whitespace = true,
          .prepend = Prepend::kAlways,
          .split_at_space_marks = true,
          .prefix = {},
          .suffix = {"</s>"},
          .decode_prepend = Prepend::kAlways};
}

std::optional<std::int64_t> find_id(const Definition& definition, std::string_view token) {
  for (const auto& added : definition.added_tokens) {
    if (added.content == token) return added.id;
  }
  for (std::size_t i = definition.pieces.size(); i-- > 0;) {  // of equal pieces the last one counts
    if (definition.pieces[i].text == token) return static_cast<std::int64_t>(i);
  }
  return std::nullopt;
}

std::int64_t add_token(Definition& definition, AddedToken token) {
  auto& tokens = definition.added_tokens;
  if (const auto id = find_id(definition, token.content)) {
    token.id = *id;
    const auto same = std::find_if(tokens.begin(), tokens.end(), [&](const auto& t) { return t.id == token.id; });
    if (same != tokens.end()) {
      *same = token;
      return token.id;
    }
  } else {
    token.id = static_cast<std::int64_t>(definition.pieces.size());
    for (const auto& other : tokens) token.id = std::max(token.id, other.id + 1);
  }
  tokens.push_back(token);
  return token.id;
}

}  // namespace hangtag::text
