#include "dataset/questions.h"

#include <fmt/format.h>

namespace hangtag::dataset {
namespace {

// ASCII only, so that UTF-8 passes through and no locale has a say.
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

std::string in_words(std::string_view attribute) {
  std::string words;
  char before = ' ';
  for (const char c : attribute) {
    if (is_upper(c) && is_lower(before)) words += ' ';
    words += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    before = c;
  }
  return words;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

std::string question(std::string_view attribute) {
  return fmt::format("What is the {} of the clothing in this picture?", in_words(attribute));
}

std::string answer(std::string_view attribute, std::string_view value) {
  return fmt::format("{}: {}", attribute, value);
}

std::string prompt(std::string_view question) {
  return fmt::format("Question: {} Answer: ", question);
}

std::optional<Label> parse_answer(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto attribute = trim(text.substr(0, colon));
  const auto value = trim(text.substr(colon + 1));
  if (attribute.empty() || value.empty()) return std::nullopt;
  return Label{std::string(attribute), std::string(value)};
}

Example make_example(std::string_view id, std::string_view attribute, std::string_view value) {
  return {.id = std::string(id),
          .attribute = std::string(attribute),
          .question = question(attribute),
          .answer = answer(attribute, value)};
}

}  // namespace hangtag::dataset
