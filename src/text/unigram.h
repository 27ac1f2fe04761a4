// The Unigram language model (Kudo: Subword Regularization, ACL 2018): the most probable way to cut a string into
// pieces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hangtag::text {

struct Piece {
  std::string text;  // valid UTF-8
  double score;      // log probability
};

// Immutable, so any number of threads may use it. Cuts exactly as Hugging Face's tokenizers does, ties included.
class Unigram {
 public:
  // `pieces` are kept by reference: they outlive the Unigram. unknown_id is an index of pieces.
  Unigram(const std::vector<Piece>& pieces, std::int64_t unknown_id);

  // Appends the ids of the pieces of `text`, valid UTF-8. Neighbouring characters that no piece covers become one
  // unknown_id.
  void encode(std::string_view text, std::vector<std::int64_t>& ids) const;

  std::optional<std::int64_t> id_of(std::string_view piece) const;

 private:
  const std::vector<Piece>& pieces_;
  std::int64_t unknown_id_;
  double unknown_score_;
  std::size_t longest_piece_ = 0;  // bytes
  std::unordered_map<std::string_view, std::int64_t> ids_;
};

}  // namespace hangtag::text
