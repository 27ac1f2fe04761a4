#include "text/tokenizer.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "text/added_tokens.h"
#include "text/charsmap.h"
#include "text/definition.h"
#include "text/sentencepiece_model.h"
#include "text/tokenizer_json.h"
#include "text/unicode.h"
#include "text/unigram.h"

namespace hangtag::text {
namespace {

using base::ErrorCode;
using base::fail;
using base::Json;
using base::OrderedJson;
using Ids = std::vector<std::int64_t>;

constexpr int kDefaultExtraIds = 100;
constexpr int kMaxExtraIds = 10'000;  // a number in a file should not fill the memory

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// transformers' clean_up_tokenization.
void clean_up_spaces(std::string& text) {
  static constexpr std::array<std::pair<const char*, const char*>, 10> kReplacements = {{{" .", "."},
                                                                                         {" ?", "?"},
                                                                                         {" !", "!"},
                                                                                         {" ,", ","},
                                                                                         {" ' ", "'"},
                                                                                         {" n't", "n't"},
                                                                                         {" 'm", "'m"},
                                                                                         {" 's", "'s"},
                                                                                         {" 've", "'ve"},
                                                                                         {" 're", "'re"}}};
  for (const auto& [from, to] : kReplacements) replace_all(text, from, to);
}

// Runs of two or more spaces become `replacement`.
std::string replace_space_runs(std::string_view text, std::string_view replacement) {
  std::string replaced;
  for (std::size_t i = 0; i < text.size();) {
    const auto run = std::min(text.find_first_not_of(' ', i), text.size()) - i;
    if (run >= 2) {
      replaced += replacement;
    } else {
      replaced += text[i];
    }
    i += std::max<std::size_t>(run, 1);
  }
  return replaced;
}

// A token in tokenizer_config.json is its content, or an object that holds it.
AddedToken read_config_token(const Json& json, std::string_view name) {
  if (json.is_string()) return {.content = json.get<std::string>()};
  auto token = read_added_token(json, name);
  token.special = true;
  return token;
}

void add_if_missing(Definition& definition, AddedToken token) {
  const auto& tokens = definition.added_tokens;
  if (std::none_of(tokens.begin(), tokens.end(), [&](const auto& t) { return t.content == token.content; })) {
    add_token(definition, std::move(token));
  }
}

// Tokens that tokenizer_config.json adds, in the order in which transformers adds them.
void apply_config(const Json& config, std::string_view name, int extra_ids, Definition& definition) {
  definition.clean_up_spaces = base::get_or<bool>(config, "clean_up_tokenization_spaces", false, name);
  if (definition.is_t5 && config.contains("added_tokens_decoder")) definition.added_tokens.clear();  // it has them all
  std::map<std::int64_t, AddedToken> decoder;
  const auto by_id = base::get_or<Json>(config, "added_tokens_decoder", Json::object(), name);
  for (const auto& [id, token] : by_id.items()) {
    if (id.empty() || id.size() > 9 || id.find_first_not_of("0123456789") != id.npos) {
      fail(ErrorCode::kInvalid, "{}: \"added_tokens_decoder\" holds \"{}\", expected an id", name, id);
    }
    decoder.emplace(std::stoll(id), read_added_token(token, name));
  }
  for (auto& [id, token] : decoder) {
    if (const auto given = add_token(definition, token); given != id) {
      fail(ErrorCode::kInvalid, "{}: \"{}\" is to have the id {}, but gets {}, for ids have no gaps", name,
           token.content, id, given);
    }
  }

  const auto named = [&](const char* key, std::string& content) {
    if (const auto token = base::find<Json>(config, key, name)) content = read_config_token(*token, name).content;
    add_if_missing(definition, {.content = content});
  };
  named("eos_token", definition.eos_token);
  named("pad_token", definition.pad_token);
  add_if_missing(definition, {.content = definition.pieces[static_cast<std::size_t>(definition.unknown_id)].text});

  bool names_extra_ids = false;
  for (const char* key : {"additional_special_tokens", "extra_special_tokens"}) {
    for (const auto& entry : base::get_or<std::vector<Json>>(config, key, {}, name)) {
      auto token = read_config_token(entry, name);
      names_extra_ids = names_extra_ids || token.content.find("<extra_id_") != token.content.npos;
      add_if_missing(definition, std::move(token));
    }
  }
  if (definition.is_t5 && !names_extra_ids) {
    for (int i = 0; i < extra_ids; ++i) add_if_missing(definition, {.content = fmt::format("<extra_id_{}>", i)});
  }
}

}  // namespace

class Tokenizer::Engine {
 public:
  explicit Engine(Definition definition)
      : definition_(std::move(definition)), unigram_(definition_.pieces, definition_.unknown_id) {
    if (!pipeline().charsmap.empty()) charsmap_.emplace(pipeline().charsmap);
    for (const auto& piece : definition_.pieces) contents_.push_back(piece.text);
    special_.resize(contents_.size());
    for (const auto& token : definition_.added_tokens) {
      const auto id = static_cast<std::size_t>(token.id);
      if (id == contents_.size()) {
        contents_.push_back(token.content);
        special_.push_back(false);
      }
      special_[id] = token.special;
      added_ids_[token.content] = token.id;
      if (token.normalized) {
        contents_[id] = normalize(token.content);
        in_normalized_.add(contents_[id], token);
      } else {
        in_raw_.add(token.content, token);
      }
    }
    pad_id = required_id(definition_.pad_token);
    eos_id = required_id(definition_.eos_token);
    for (const auto& token : pipeline().prefix) prefix_.push_back(required_id(token));
    for (const auto& token : pipeline().suffix) suffix_.push_back(required_id(token));
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const Definition& definition() const { return definition_; }
  std::size_t size() const { return contents_.size(); }

  std::optional<std::int64_t> id_of(std::string_view piece) const {
    const auto added = added_ids_.find(piece);
    return added == added_ids_.end() ? unigram_.id_of(piece) : added->second;
  }

  Ids encode_plain(std::string_view text) const {
    Ids ids;
    encode_to(text, ids);
    return ids;
  }

  Ids encode(std::string_view text) const {
    Ids ids = prefix_;
    encode_to(text, ids);
    ids.insert(ids.end(), suffix_.begin(), suffix_.end());
    return ids;
  }

  std::string decode(std::span<const std::int64_t> ids, bool skip_special_tokens) const {
    std::string text;
    bool first = true;
    for (const auto id : ids) {
      if (id < 0) fail(ErrorCode::kInvalid, "the id {} is no token's; ids of padded labels have to be left out", id);
      if (!std::cmp_less(id, size()) || (skip_special_tokens && special_[static_cast<std::size_t>(id)])) continue;
      std::string token = contents_[static_cast<std::size_t>(id)];
      replace_all(token, kSpaceMark, first && pipeline().decode_prepend != Prepend::kNever ? "" : " ");
      text += token;
      first = false;
    }
    if (definition_.clean_up_spaces) clean_up_spaces(text);
    return text;
  }

  std::int64_t pad_id = 0;
  std::int64_t eos_id = 0;

 private:
  const Pipeline& pipeline() const { return definition_.pipeline; }

  std::int64_t required_id(std::string_view token) const {
    const auto id = id_of(token);
    if (!id) fail(ErrorCode::kInvalid, "the tokenizer's special token \"{}\" is not in its vocabulary", token);
    return *id;
  }

  std::string normalize(std::string_view text) const {
    std::string normalized = charsmap_ ? charsmap_->normalize(text) : std::string(text);
    if (pipeline().strip_left) normalized = strip_left(normalized);
    if (pipeline().strip_right) normalized = strip_right(normalized);
    if (pipeline().space_run) normalized = replace_space_runs(normalized, *pipeline().space_run);
    return normalized;
  }

  void encode_to(std::string_view text, Ids& ids) const {
    const auto valid = to_valid_utf8(text);
    for (const auto& raw : in_raw_.split(valid)) {
      if (raw.id) {
        ids.push_back(*raw.id);
        continue;
      }
      const auto normalized = normalize(raw.text);
      for (const auto& span : in_normalized_.split(normalized)) {
        if (span.id) {
          ids.push_back(*span.id);
        } else {
          encode_words(span.text, raw.text.data() == valid.data() && span.text.data() == normalized.data(), ids);
        }
      }
    }
  }

  // `text` has no added tokens; `first`: it stands at the start of the text as a whole.
  void encode_words(std::string_view text, bool first, Ids& ids) const {
    if (!pipeline().split_at_whitespace) {
      encode_word(text, first, ids);
      return;
    }
    const auto* const start = text.data();
    for (text = strip_left(text); !text.empty(); text = strip_left(text)) {
      std::size_t end = 0;
      while (end < text.size()) {
        const auto code_point = first_code_point(text.substr(end));
        if (is_whitespace(code_point.value)) break;
        end += code_point.bytes;
      }
      encode_word(text.substr(0, end), first && text.data() == start, ids);
      text.remove_prefix(end);
    }
  }

  void encode_word(std::string_view text, bool first, Ids& ids) const {
    if (text.empty()) return;
    std::string word(text);
    replace_all(word, " ", kSpaceMark);
    const bool prepend = pipeline().prepend == Prepend::kAlways || (pipeline().prepend == Prepend::kFirst && first);
    if (prepend && !word.starts_with(kSpaceMark)) word.insert(0, kSpaceMark);
    for (std::size_t begin = 0; begin < word.size();) {
      auto end = pipeline().split_at_space_marks ? word.find(kSpaceMark, begin + 1) : word.npos;
      end = std::min(end, word.size());
      unigram_.encode(std::string_view(word).substr(begin, end - begin), ids);
      begin = end;
    }
  }

  Definition definition_;
  Unigram unigram_;
  std::optional<Charsmap> charsmap_;
  AddedTokenFinder in_raw_;
  AddedTokenFinder in_normalized_;
  std::vector<std::string> contents_;  // by id: what decode() gives
  std::vector<bool> special_;          // by id
  std::map<std::string_view, std::int64_t> added_ids_;
  Ids prefix_;
  Ids suffix_;
};

Tokenizer::Tokenizer(Definition definition) : engine_(std::make_shared<const Engine>(std::move(definition))) {}

Tokenizer Tokenizer::load(const std::filesystem::path& folder) {
  const auto json_path = folder / "tokenizer.json";
  const auto model_path = folder / "spiece.model";
  const auto config_path = folder / "tokenizer_config.json";
  const bool has_model = std::filesystem::exists(model_path);

  const auto config = std::filesystem::exists(config_path) ? base::read_json(config_path) : Json::object();
  const auto config_name = config_path.string();
  const auto extra_ids = base::get_or<int>(config, "extra_ids", kDefaultExtraIds, config_name);
  if (extra_ids < 0 || extra_ids > kMaxExtraIds) {
    fail(ErrorCode::kInvalid, "{}: \"extra_ids\" is {}, expected 0 to {}", config_name, extra_ids, kMaxExtraIds);
  }
  const auto kind = base::get_or<std::string>(config, "tokenizer_class", "T5Tokenizer", config_name);
  const bool is_t5 = kind == "T5Tokenizer" || kind == "T5TokenizerFast";
  if (!is_t5 && kind != "PreTrainedTokenizerFast" && kind != "TokenizersBackend") {
    fail(ErrorCode::kUnsupported, "{}: the tokenizer class \"{}\" is not supported; T5Tokenizer is", config_name, kind);
  }

  Definition definition;
  if (std::filesystem::exists(json_path)) {
    definition = read_tokenizer_json(base::read_json(json_path), json_path.string());
    if (is_t5) definition.pipeline = t5_pipeline(std::move(definition.pipeline.charsmap));
    if (has_model) definition.sentencepiece = base::read_file(model_path);
  } else if (has_model) {
    definition = read_sentencepiece_model(base::read_file(model_path), model_path.string(), extra_ids);
  } else {
    fail(ErrorCode::kNotFound, "{}: neither tokenizer.json nor spiece.model is in this folder", folder.string());
  }
  definition.is_t5 = is_t5;
  apply_config(config, config_name, extra_ids, definition);
  return Tokenizer(std::move(definition));
}

Tokenizer Tokenizer::from_tokenizer_json(const std::filesystem::path& path) {
  auto definition = read_tokenizer_json(base::read_json(path), path.string());
  definition.is_t5 = false;
  return Tokenizer(std::move(definition));
}

Tokenizer Tokenizer::from_sentencepiece(std::string_view bytes, int extra_ids) {
  auto definition = read_sentencepiece_model(bytes, "sentencepiece model", extra_ids);
  apply_config(Json::object(), "", extra_ids, definition);
  return Tokenizer(std::move(definition));
}

Tokenizer Tokenizer::with_special_token(std::string_view content) const {
  auto definition = engine_->definition();
  add_token(definition, {.content = std::string(content)});
  return Tokenizer(std::move(definition));
}

std::vector<std::int64_t> Tokenizer::encode(std::string_view text) const {
  return engine_->encode(text);
}

std::vector<std::int64_t> Tokenizer::encode_plain(std::string_view text) const {
  return engine_->encode_plain(text);
}

std::string Tokenizer::decode(std::span<const std::int64_t> ids, bool skip_special_tokens) const {
  return engine_->decode(ids, skip_special_tokens);
}

std::size_t Tokenizer::size() const {
  return engine_->size();
}
std::int64_t Tokenizer::pad_id() const {
  return engine_->pad_id;
}
std::int64_t Tokenizer::eos_id() const {
  return engine_->eos_id;
}
std::int64_t Tokenizer::unk_id() const {
  return engine_->definition().unknown_id;
}
std::optional<std::int64_t> Tokenizer::id_of(std::string_view piece) const {
  return engine_->id_of(piece);
}

void Tokenizer::save(const std::filesystem::path& folder) const {
  const auto& definition = engine_->definition();
  const auto& unknown = definition.pieces[static_cast<std::size_t>(definition.unknown_id)].text;
  OrderedJson special = {
      {"eos_token", definition.eos_token}, {"pad_token", definition.pad_token}, {"unk_token", unknown}};
  OrderedJson decoder = OrderedJson::object();
  OrderedJson additional = OrderedJson::array();
  int extra_ids = 0;
  for (const auto& token : definition.added_tokens) {
    decoder[std::to_string(token.id)] = write_added_token(token);
    if (!token.special || token.content == definition.eos_token || token.content == definition.pad_token ||
        token.content == unknown) {
      continue;
    }
    additional.push_back(token.content);
    if (token.content.starts_with("<extra_id_")) ++extra_ids;
  }
  special["additional_special_tokens"] = additional;

  auto config = special;
  config["added_tokens_decoder"] = decoder;
  config["clean_up_tokenization_spaces"] = definition.clean_up_spaces;
  config["extra_ids"] = extra_ids;
  config["tokenizer_class"] = definition.is_t5 ? "T5Tokenizer" : "PreTrainedTokenizerFast";

  base::write_json(folder / "tokenizer.json", write_tokenizer_json(definition));
  base::write_json(folder / "tokenizer_config.json", config);
  base::write_json(folder / "special_tokens_map.json", special);
  if (!definition.sentencepiece.empty()) {
    base::write_file_atomically(folder / "spiece.model", definition.sentencepiece);
  }
}

}  // namespace hangtag::text
