#include "text/added_tokens.h"

#include <algorithm>
#include <utility>

#include "text/unicode.h"

namespace hangtag::text {

void AddedTokenFinder::add(std::string pattern, const AddedToken& token) {
  if (pattern.empty()) return;
  by_first_byte_[static_cast<unsigned char>(pattern[0])].push_back({std::move(pattern), token});
}

const AddedTokenFinder::Pattern* AddedTokenFinder::longest_at(std::string_view text) const {
  const Pattern* longest = nullptr;
  for (const auto& pattern : by_first_byte_[static_cast<unsigned char>(text[0])]) {
    if (text.starts_with(pattern.text) && (!longest || pattern.text.size() > longest->text.size())) longest = &pattern;
  }
  return longest;
}

std::vector<Span> AddedTokenFinder::split(std::string_view text) const {
  std::vector<Span> spans;
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto* found = longest_at(text.substr(i));
    if (!found) {
      ++i;
      continue;
    }
    auto begin = i;
    auto end = i + found->text.size();
    i = end;
    if (found->token.strip_left) begin = std::max(done, strip_right(text.substr(0, begin)).size());
    if (found->token.strip_right) end = text.size() - strip_left(text.substr(end)).size();
    if (done < begin) spans.push_back({text.substr(done, begin - done), std::nullopt});
    spans.push_back({text.substr(begin, end - begin), found->token.id});
    done = end;
  }
  if (done < text.size()) spans.push_back({text.substr(done), std::nullopt});
  return spans;
}

}  // namespace hangtag::text
