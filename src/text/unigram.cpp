#include "text/unigram.h"

#include <algorithm>
#include <limits>

#include "text/unicode.h"

namespace hangtag::text {
namespace {

constexpr double kUnknownPenalty = 10.0;  // below the least probable piece, as in sentencepiece

// The best path that ends at a byte of the text.
struct Node {
  std::int64_t id = 0;
  double score = 0;
  std::size_t begin = std::string_view::npos;  // where its last piece begins; npos: no path yet
};

}  // namespace

Unigram::Unigram(const std::vector<Piece>& pieces, std::int64_t unknown_id) : pieces_(pieces), unknown_id_(unknown_id) {
  double lowest = std::numeric_limits<double>::infinity();
  ids_.reserve(pieces.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    ids_[pieces[i].text] = static_cast<std::int64_t>(i);  // of equal pieces the last one counts
    lowest = std::min(lowest, pieces[i].score);
    longest_piece_ = std::max(longest_piece_, pieces[i].text.size());
  }
  unknown_score_ = lowest - kUnknownPenalty;
}

std::optional<std::int64_t> Unigram::id_of(std::string_view piece) const {
  const auto found = ids_.find(piece);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

void Unigram::encode(std::string_view text, std::vector<std::int64_t>& ids) const {
  std::vector<Node> best(text.size() + 1);
  for (std::size_t begin = 0; begin < text.size();) {
    const auto before = best[begin].score;
    const auto offer = [&](std::size_t end, std::int64_t id, double score) {
      auto& node = best[end];
      if (node.begin == std::string_view::npos || before + score > node.score) node = {id, before + score, begin};
    };
    const auto character = first_code_point(text.substr(begin)).bytes;
    const auto last_end = std::min(text.size(), begin + longest_piece_);
    bool covered = false;  // does a piece stand for the one character here?
    for (auto end = begin + character; end <= last_end;) {
      if (const auto id = id_of(text.substr(begin, end - begin))) {
        offer(end, *id, pieces_[static_cast<std::size_t>(*id)].score);
        covered = covered || end == begin + character;
      }
      if (end == text.size()) break;
      end += first_code_point(text.substr(end)).bytes;
    }
    if (!covered) offer(begin + character, unknown_id_, unknown_score_);
    begin += character;
  }

  const auto first_new = ids.size();
  for (auto end = text.size(); end > 0;) {
    auto begin = best[end].begin;
    const auto id = best[end].id;
    if (id == unknown_id_) {
      while (begin > 0 && best[begin].id == unknown_id_) begin = best[begin].begin;
    }
    // A run of unknown characters may spell a piece all the same, when the path could not take it.
    ids.push_back(id == unknown_id_ ? id_of(text.substr(begin, end - begin)).value_or(unknown_id_) : id);
    end = begin;
  }
  std::reverse(ids.begin() + static_cast<std::ptrdiff_t>(first_new), ids.end());
}

}  // namespace hangtag::text
