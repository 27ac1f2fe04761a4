// What a tokenizer is made of, as its files say. Readers make it, the writer writes it, Tokenizer runs it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/unigram.h"

namespace hangtag::text {

inline constexpr const char* kSpaceMark = "\u2581";  // "▁" stands for the space before a word

// A token that is found in the text itself, before the text is cut into pieces.
struct AddedToken {
  std::string content;
  bool special = true;       // left out when decoding
  bool normalized = false;   // is found in the normalised text, not in the text as given
  bool strip_left = false;   // takes the whitespace before it along
  bool strip_right = false;  // takes the whitespace after it along
  std::int64_t id = -1;      // add_token() sets it
};

// On which pieces of text a space mark is put in front.
enum class Prepend { kAlways, kFirst, kNever };

// The way of a text to pieces: the members in their order.
struct Pipeline {
  std::string charsmap;  // sentencepiece's precompiled map; empty: none
  bool strip_left = false;
  bool strip_right = false;
  std::optional<std::string> space_run;  // replaces two or more spaces
  bool split_at_whitespace = false;
  Prepend prepend = Prepend::kAlways;
  bool split_at_space_marks = true;
  std::vector<std::string> prefix;  // special tokens before the text's own
  std::vector<std::string> suffix;  // and after them
  Prepend decode_prepend = Prepend::kAlways;
};

struct Definition {
  std::vector<Piece> pieces;
  std::int64_t unknown_id = 0;
  std::vector<AddedToken> added_tokens;  // by add_token()
  Pipeline pipeline;
  std::string pad_token = "<pad>";
  std::string eos_token = "</s>";
  bool clean_up_spaces = false;  // decode() removes the space before punctuation
  bool is_t5 = true;             // of transformers' T5Tokenizer, rather than "as its tokenizer.json says"
  std::string sentencepiece;     // the bytes of spiece.model; empty: none
};

// What transformers' T5Tokenizer makes of any T5 vocabulary, whatever else tokenizer.json says.
Pipeline t5_pipeline(std::string charsmap);

// Of an added token or a piece.
std::optional<std::int64_t> find_id(const Definition& definition, std::string_view token);

// Adds the token and returns its id: that of the piece that is spelt the same, or else the first free one. A token that
// is there already gets the new one's flags and keeps its id. All pieces are there before the first token is added.
std::int64_t add_token(Definition& definition, AddedToken token);

}  // namespace hangtag::text
