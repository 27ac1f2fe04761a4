#include "text/tokenizer_json.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "text/base64.h"

namespace hangtag::text {
namespace {

using base::ErrorCode;
using base::fail;
using base::Json;
using base::OrderedJson;

std::string type_of(const Json& json, std::string_view name) {
  return base::get<std::string>(json, "type", name);
}

// The parts of {"type": "Sequence", `list`: […]}, or the one part that stands there alone, or none for null.
std::vector<Json> parts_of(const Json& json, const char* list, std::string_view name) {
  if (json.is_null()) return {};
  if (type_of(json, name) == "Sequence") return base::get<std::vector<Json>>(json, list, name);
  return {json};
}

Json member(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() ? Json() : *found;
}

void read_normalizers(const Json& json, std::string_view name, Pipeline& pipeline) {
  static constexpr std::array<std::string_view, 3> kOrder = {"Precompiled", "Strip", "Replace"};
  auto next = kOrder.begin();
  for (const auto& part : parts_of(json, "normalizers", name)) {
    const auto type = type_of(part, name);
    const auto found = std::find(next, kOrder.end(), type);
    if (found == kOrder.end()) {
      fail(
          ErrorCode::kUnsupported,
          "{}: the normalizer \"{}\" is not supported here; Precompiled, Strip and Replace are, in this order and once",
          name, type);
    }
    next = found + 1;
    if (type == "Precompiled") {
      auto charsmap = decode_base64(base::get<std::string>(part, "precompiled_charsmap", name));
      if (!charsmap) fail(ErrorCode::kInvalid, "{}: \"precompiled_charsmap\" is not base64", name);
      pipeline.charsmap = *std::move(charsmap);
    } else if (type == "Strip") {
      pipeline.strip_left = base::get<bool>(part, "strip_left", name);
      pipeline.strip_right = base::get<bool>(part, "strip_right", name);
    } else {
      if (member(part, "pattern") != Json{{"Regex", " {2,}"}}) {
        fail(ErrorCode::kUnsupported, "{}: the Replace normalizer's pattern {} is not supported; \" {{2,}}\" is", name,
             member(part, "pattern").dump());
      }
      pipeline.space_run = base::get<std::string>(part, "content", name);
    }
  }
}

Prepend read_metaspace(const Json& json, std::string_view name) {
  if (base::get<std::string>(json, "replacement", name) != kSpaceMark) {
    fail(ErrorCode::kUnsupported, "{}: a Metaspace with another replacement than \"{}\" is not supported", name,
         kSpaceMark);
  }
  const auto scheme = base::find<std::string>(json, "prepend_scheme", name);
  if (!scheme) return base::get_or<bool>(json, "add_prefix_space", true, name) ? Prepend::kAlways : Prepend::kNever;
  if (*scheme == "always") return Prepend::kAlways;
  if (*scheme == "first") return Prepend::kFirst;
  if (*scheme == "never") return Prepend::kNever;
  fail(ErrorCode::kInvalid, "{}: \"prepend_scheme\" is \"{}\", expected always, first or never", name, *scheme);
}

void read_pre_tokenizers(const Json& json, std::string_view name, Pipeline& pipeline) {
  auto parts = parts_of(json, "pretokenizers", name);
  if (!parts.empty() && type_of(parts.front(), name) == "WhitespaceSplit") {
    pipeline.split_at_whitespace = true;
    parts.erase(parts.begin());
  }
  if (parts.size() != 1 || type_of(parts.front(), name) != "Metaspace") {
    fail(ErrorCode::kUnsupported,
         "{}: the pre-tokenizer should be Metaspace, or WhitespaceSplit and Metaspace; found {}", name, json.dump());
  }
  pipeline.prepend = read_metaspace(parts.front(), name);
  pipeline.split_at_space_marks = base::get_or<bool>(parts.front(), "split", true, name);
}

void read_post_processor(const Json& json, std::string_view name, Pipeline& pipeline) {
  if (json.is_null()) return;
  if (type_of(json, name) != "TemplateProcessing") {
    fail(ErrorCode::kUnsupported, "{}: the post-processor \"{}\" is not supported; TemplateProcessing is", name,
         type_of(json, name));
  }
  bool after_text = false;
  for (const auto& part : base::get<std::vector<Json>>(json, "single", name)) {
    if (part.contains("Sequence") && !after_text) {
      after_text = true;
    } else if (part.contains("SpecialToken")) {
      (after_text ? pipeline.suffix : pipeline.prefix)
          .push_back(base::get<std::string>(part["SpecialToken"], "id", name));
    } else {
      fail(ErrorCode::kInvalid, "{}: the template holds {}, expected one text and special tokens", name, part.dump());
    }
  }
}

void read_model(const Json& json, std::string_view name, Definition& definition) {
  if (type_of(json, name) != "Unigram") {
    fail(ErrorCode::kUnsupported, "{}: the model \"{}\" is not supported; Unigram is", name, type_of(json, name));
  }
  if (base::get_or<bool>(json, "byte_fallback", false, name)) {
    fail(ErrorCode::kUnsupported, "{}: byte fallback is not supported", name);
  }
  for (const auto& entry : base::get<std::vector<Json>>(json, "vocab", name)) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number()) {
      fail(ErrorCode::kInvalid, "{}: an entry of \"vocab\" is {}, expected [piece, score]", name, entry.dump());
    }
    definition.pieces.push_back({.text = entry[0].get<std::string>(), .score = entry[1].get<double>()});
  }
  definition.unknown_id = base::get<std::int64_t>(json, "unk_id", name);
  if (!std::cmp_less(definition.unknown_id, definition.pieces.size()) || definition.unknown_id < 0) {
    fail(ErrorCode::kInvalid, "{}: \"unk_id\" is {}, but there are {} pieces", name, definition.unknown_id,
         definition.pieces.size());
  }
}

const char* to_string(Prepend prepend) {
  return prepend == Prepend::kAlways ? "always" : prepend == Prepend::kFirst ? "first" : "never";
}

OrderedJson metaspace(Prepend prepend, bool split) {
  return {{"type", "Metaspace"}, {"replacement", kSpaceMark}, {"prepend_scheme", to_string(prepend)}, {"split", split}};
}

OrderedJson write_normalizers(const Pipeline& pipeline) {
  auto parts = OrderedJson::array();
  if (!pipeline.charsmap.empty()) {
    parts.push_back({{"type", "Precompiled"}, {"precompiled_charsmap", encode_base64(pipeline.charsmap)}});
  }
  if (pipeline.strip_left || pipeline.strip_right) {
    parts.push_back({{"type", "Strip"}, {"strip_left", pipeline.strip_left}, {"strip_right", pipeline.strip_right}});
  }
  if (pipeline.space_run) {
    parts.push_back({{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", *pipeline.space_run}});
  }
  if (parts.empty()) return nullptr;
  return {{"type", "Sequence"}, {"normalizers", parts}};
}

OrderedJson write_pre_tokenizers(const Pipeline& pipeline) {
  auto marks = metaspace(pipeline.prepend, pipeline.split_at_space_marks);
  if (!pipeline.split_at_whitespace) return marks;
  return {{"type", "Sequence"},
          {"pretokenizers", OrderedJson::array({OrderedJson{{"type", "WhitespaceSplit"}}, std::move(marks)})}};
}

OrderedJson write_post_processor(const Definition& definition) {
  const auto& prefix = definition.pipeline.prefix;
  const auto& suffix = definition.pipeline.suffix;
  if (prefix.empty() && suffix.empty()) return nullptr;
  auto tokens = OrderedJson::object();
  const auto add = [&](const std::vector<std::string>& contents, OrderedJson& to) {
    for (const auto& content : contents) {
      to.push_back({{"SpecialToken", {{"id", content}, {"type_id", 0}}}});
      tokens[content] = {{"id", content},
                         {"ids", OrderedJson::array({find_id(definition, content).value()})},
                         {"tokens", OrderedJson::array({content})}};
    }
  };
  const auto sequence = [&](const char* id, OrderedJson& to) {
    add(prefix, to);
    to.push_back({{"Sequence", {{"id", id}, {"type_id", 0}}}});
    add(suffix, to);
  };
  auto single = OrderedJson::array();
  sequence("A", single);
  auto pair = single;
  sequence("B", pair);
  return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", tokens}};
}

}  // namespace

AddedToken read_added_token(const Json& json, std::string_view name) {
  AddedToken token{.content = base::get<std::string>(json, "content", name),
                   .special = base::get_or<bool>(json, "special", false, name),
                   .normalized = base::get_or<bool>(json, "normalized", false, name),
                   .strip_left = base::get_or<bool>(json, "lstrip", false, name),
                   .strip_right = base::get_or<bool>(json, "rstrip", false, name)};
  if (token.content.empty()) fail(ErrorCode::kInvalid, "{}: an added token is empty", name);
  if (base::get_or<bool>(json, "single_word", false, name)) {
    fail(ErrorCode::kUnsupported, "{}: the added token \"{}\" is \"single_word\", which is not supported", name,
         token.content);
  }
  return token;
}

OrderedJson write_added_token(const AddedToken& token) {
  return {{"content", token.content},    {"single_word", false},           {"lstrip", token.strip_left},
          {"rstrip", token.strip_right}, {"normalized", token.normalized}, {"special", token.special}};
}

Definition read_tokenizer_json(const Json& json, std::string_view name) {
  if (!json.is_object()) fail(ErrorCode::kInvalid, "{}: expected an object, found {}", name, json.type_name());
  Definition definition;
  read_model(base::get<Json>(json, "model", name), name, definition);
  read_normalizers(member(json, "normalizer"), name, definition.pipeline);
  read_pre_tokenizers(member(json, "pre_tokenizer"), name, definition.pipeline);
  read_post_processor(member(json, "post_processor"), name, definition.pipeline);
  const auto decoder = base::get<Json>(json, "decoder", name);
  if (type_of(decoder, name) != "Metaspace") {
    fail(ErrorCode::kUnsupported, "{}: the decoder \"{}\" is not supported; Metaspace is", name,
         type_of(decoder, name));
  }
  definition.pipeline.decode_prepend = read_metaspace(decoder, name);
  for (const auto& entry : base::get_or<std::vector<Json>>(json, "added_tokens", {}, name)) {
    const auto id = add_token(definition, read_added_token(entry, name));
    if (const auto expected = base::find<std::int64_t>(entry, "id", name); expected && *expected != id) {
      fail(ErrorCode::kInvalid, "{}: the added token {} gets the id {}, for ids have no gaps", name, entry.dump(), id);
    }
  }
  return definition;
}

OrderedJson write_tokenizer_json(const Definition& definition) {
  auto added_tokens = OrderedJson::array();
  for (const auto& token : definition.added_tokens) {
    OrderedJson entry = {{"id", token.id}};
    entry.update(write_added_token(token));
    added_tokens.push_back(std::move(entry));
  }
  auto vocab = OrderedJson::array();
  for (const auto& piece : definition.pieces) vocab.push_back(OrderedJson::array({piece.text, piece.score}));
  return {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", added_tokens},
      {"normalizer", write_normalizers(definition.pipeline)},
      {"pre_tokenizer", write_pre_tokenizers(definition.pipeline)},
      {"post_processor", write_post_processor(definition)},
      {"decoder", metaspace(definition.pipeline.decode_prepend, true)},
      {"model", {{"type", "Unigram"}, {"unk_id", definition.unknown_id}, {"vocab", vocab}, {"byte_fallback", false}}}};
}

}  // namespace hangtag::text
