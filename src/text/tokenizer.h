// Text to token ids and back, exactly as transformers' T5 tokenizer does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hangtag::text {

struct Definition;

// Immutable, and cheap to copy: copies share what they hold. Any number of threads may use it.
class Tokenizer {
 public:
  // A checkpoint's folder, as transformers loads it: tokenizer.json or else spiece.model, and tokenizer_config.json
  // when it is there. Throws kNotFound when both are missing, kInvalid for malformed files, kUnsupported, by name, for
  // what the tokenizer asks beyond T5's.
  static Tokenizer load(const std::filesystem::path& folder);

  // tokenizer.json alone, word for word as Hugging Face's tokenizers runs it. load() differs from it as transformers
  // does, which keeps of a T5 tokenizer.json only vocabulary, added tokens and character map.
  static Tokenizer from_tokenizer_json(const std::filesystem::path& path);

  // The bytes of a spiece.model, with `extra_ids` sentinels <extra_id_N> behind its pieces; T5 has 100.
  static Tokenizer from_sentencepiece(std::string_view bytes, int extra_ids = 100);

  explicit Tokenizer(Definition definition);  // throws kInvalid when a special token is not in the vocabulary

  // The same tokenizer with the special token "<image>", say. Its id is the first free one, or what it is already.
  Tokenizer with_special_token(std::string_view content) const;

  // encode() ends with eos_id(); encode_plain() has the text's own ids alone. What is not valid UTF-8 counts as U+FFFD.
  std::vector<std::int64_t> encode(std::string_view text) const;
  std::vector<std::int64_t> encode_plain(std::string_view text) const;

  // Ids from size() on, which a padded vocabulary can give, stand for nothing. Throws kInvalid for a negative id.
  std::string decode(std::span<const std::int64_t> ids, bool skip_special_tokens = true) const;

  std::size_t size() const;  // ids are 0 … size() - 1
  std::int64_t pad_id() const;
  std::int64_t eos_id() const;
  std::int64_t unk_id() const;
  std::optional<std::int64_t> id_of(std::string_view piece) const;  // of a piece or an added token

  // Writes tokenizer.json, tokenizer_config.json and special_tokens_map.json, and spiece.model when the tokenizer came
  // with one, so that load() and transformers' AutoTokenizer give the same ids.
  void save(const std::filesystem::path& folder) const;

 private:
  class Engine;
  std::shared_ptr<const Engine> engine_;
};

}  // namespace hangtag::text
