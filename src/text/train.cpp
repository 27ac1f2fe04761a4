#include "text/train.h"

#include <sentencepiece_trainer.h>

#include <algorithm>
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
  std::string model;
  Sentences iterator(sentences);
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &iterator, &model);
  if (!status.ok()) {
    base::fail(base::ErrorCode::kInvalid, "no vocabulary could be made from {} sentences: {}", sentences.size(),
               status.ToString());
  }
  return Tokenizer::from_sentencepiece(model, options.extra_ids);
}

}  // namespace hangtag::text
