#include "text/train.h"

#include <sentencepiece_trainer.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <unordered_map>

#include "base/error.h"

namespace hangtag::text {
namespace {

class Sentences : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(const std::vector<std::string>& sentences) : sentences_(sentences) {}
  bool done() const override { return next_ == sentences_.size(); }
  void Next() override { ++next_; }
  const std::string& value() const override { return sentences_[next_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& sentences_;
  std::size_t next_ = 0;
};

// Runs of letters and of what else is not ASCII punctuation or space.
std::set<std::string> words_of(const std::vector<std::string>& sentences) {
  std::set<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (word.size() > 1) words.insert(word);
    word.clear();
  };
  for (const auto& sentence : sentences) {
    for (const char c : sentence) {
      const auto byte = static_cast<unsigned char>(c);
      byte >= 0x80 || std::isalnum(byte) ? word.push_back(c) : end_word();
    }
    end_word();
  }
  return words;
}

}  // namespace

Tokenizer train(const std::vector<std::string>& sentences, const TrainOptions& options) {
  std::string ascii;
  for (char c = '!'; c <= '~'; ++c) ascii += c;
  std::size_t longest = 1;
  for (const auto& sentence : sentences) longest = std::max(longest, sentence.size());

  const std::unordered_map<std::string, std::string> arguments = {
      {"model_type", "unigram"},
      {"vocab_size", std::to_string(options.vocabulary_size)},
      {"hard_vocab_limit", "false"},
      {"character_coverage", "1.0"},
      {"required_chars", ascii},
      {"max_sentence_length", std::to_string(longest)},  // longer ones would be left out
      {"pad_id", "0"},
      {"eos_id", "1"},
      {"unk_id", "2"},
      {"bos_id", "-1"},
      {"num_threads", "1"},  // sums in another order would give other scores
      {"minloglevel", "3"},
  };
  // The trainer makes pieces of what occurs in two different words at least, however often a word occurs. Few sentences have
  // few words, and "clothing" would fall to bits that it shares with others; so each word stands here once more, with a mark.
  auto marked = sentences;
  for (const auto& word : words_of(sentences)) marked.push_back(word + "~");
  std::string model;
  Sentences iterator(marked);
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &iterator, &model);
  if (!status.ok()) {
    base::fail(base::ErrorCode::kInvalid, "no vocabulary could be made from {} sentences: {}", sentences.size(),
               status.ToString());
  }
  return Tokenizer::from_sentencepiece(model, options.extra_ids);
}

}  // namespace hangtag::text
