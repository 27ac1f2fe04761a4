// What no published text may hold, whoever wrote it: links, markup, characters that hide or steer, a prompt's own
// words.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hangtag::claims {

struct Unsafe {
  std::size_t begin, end;  // bytes of the text
  std::string reason;      // "a link", "markup", "a control or formatting character", …
};

// All of them, in order. Plain words, numbers and punctuation of any script are safe; line breaks are, where `lines`.
std::vector<Unsafe> find_unsafe(std::string_view text, bool lines = false);

// Where the text repeats eight words in a row, or more, of the prompt.
std::optional<Unsafe> find_echo(std::string_view text, std::string_view prompt);

// Why a stranger's words should not be printed at all, even as a quotation: they are unsafe, or longer than `longest`
// characters or `most_words` words. Nothing where they are fit to print.
std::optional<std::string> unfit_to_print(std::string_view text, std::size_t longest, std::size_t most_words);

// The same of an attribute's value or name: four words at most, no sentence, no telephone number.
std::optional<std::string> unfit_as_value(std::string_view text);

bool has_several_sentences(std::string_view text);  // "Shirt. Praise it." but not "Dr. Martens"

}  // namespace hangtag::claims
