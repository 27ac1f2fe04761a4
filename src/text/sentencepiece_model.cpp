#include "text/sentencepiece_model.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "text/unicode.h"

namespace hangtag::text {
namespace {

using base::ErrorCode;
using base::fail;

// Field numbers and values of sentencepiece_model.proto.
namespace model {
constexpr std::uint64_t kPieces = 1, kTrainer = 2, kNormalizer = 3;
}
namespace piece {
constexpr std::uint64_t kText = 1, kScore = 2, kType = 3;
constexpr std::uint64_t kControlType = 3, kUserDefinedType = 4;
}  // namespace piece
namespace trainer {
constexpr std::uint64_t kModelType = 3, kByteFallback = 35, kUnknownId = 40;
constexpr std::uint64_t kUnigram = 1;
}  // namespace trainer
namespace normalizer {
constexpr std::uint64_t kCharsmap = 2;
}

struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;  // of a number
  std::string_view bytes;   // of a string or a message inside
};

// Goes through the fields of one protobuf message.
class Message {
 public:
  Message(std::string_view bytes, std::string_view name) : rest_(bytes), name_(name) {}

  bool next(Field& field) {
    if (rest_.empty()) return false;
    const auto key = read_varint();
    field = {.number = key >> 3, .value = 0, .bytes = {}};
    switch (key & 7) {
      case 0:
        field.value = read_varint();
        break;
      case 1:
        field.value = read_fixed(8);
        break;
      case 2:
        field.bytes = take(read_varint());
        break;
      case 5:
        field.value = read_fixed(4);
        break;
      default:
        fail(ErrorCode::kInvalid, "{}: not a sentencepiece model: unknown wire type {}", name_, key & 7);
    }
    return true;
  }

 private:
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) {
      fail(ErrorCode::kInvalid, "{}: not a sentencepiece model, or truncated: a field of {} bytes, {} are left", name_,
           count, rest_.size());
    }
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::uint64_t read_fixed(std::size_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, take(size).data(), size);
    return value;
  }

  std::uint64_t read_varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    fail(ErrorCode::kInvalid, "{}: not a sentencepiece model: a number of more than 64 bits", name_);
  }

  std::string_view rest_;
  std::string_view name_;
};

// Adds the piece to `pieces`, and to `tokens` when it is a control or user-defined symbol.
void read_piece(std::string_view bytes, std::string_view name, std::vector<Piece>& pieces,
                std::vector<AddedToken>& tokens) {
  Piece read{.text = {}, .score = 0};
  std::uint64_t type = 1;
  Field field;
  for (Message message(bytes, name); message.next(field);) {
    if (field.number == piece::kText) read.text = field.bytes;
    if (field.number == piece::kScore) read.score = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
    if (field.number == piece::kType) type = field.value;
  }
  if (to_valid_utf8(read.text) != read.text) fail(ErrorCode::kInvalid, "{}: a piece is not valid UTF-8", name);
  if (type == piece::kControlType || type == piece::kUserDefinedType) {
    tokens.push_back({.content = read.text, .special = type == piece::kControlType});
  }
  pieces.push_back(std::move(read));
}

void read_trainer(std::string_view bytes, std::string_view name, Definition& definition) {
  Field field;
  for (Message message(bytes, name); message.next(field);) {
    if (field.number == trainer::kModelType && field.value != trainer::kUnigram) {
      fail(ErrorCode::kUnsupported, "{}: its model type is {}, where 1 (unigram) is supported", name, field.value);
    }
    if (field.number == trainer::kByteFallback && field.value != 0) {
      fail(ErrorCode::kUnsupported, "{}: byte fallback is not supported", name);
    }
    if (field.number == trainer::kUnknownId) definition.unknown_id = static_cast<std::int64_t>(field.value);
  }
}

}  // namespace

Definition read_sentencepiece_model(std::string_view bytes, std::string_view name, int extra_ids) {
  Definition definition;
  std::string charsmap;
  std::vector<AddedToken> tokens;
  Field field;
  for (Message message(bytes, name); message.next(field);) {
    if (field.number == model::kPieces) read_piece(field.bytes, name, definition.pieces, tokens);
    if (field.number == model::kTrainer) read_trainer(field.bytes, name, definition);
    if (field.number == model::kNormalizer) {
      Field inner;
      for (Message normalizer(field.bytes, name); normalizer.next(inner);) {
        if (inner.number == normalizer::kCharsmap) charsmap = inner.bytes;
      }
    }
  }
  if (!std::cmp_less(definition.unknown_id, definition.pieces.size()) || definition.unknown_id < 0) {
    fail(ErrorCode::kInvalid, "{}: a sentencepiece model of {} pieces, whose unknown piece is number {}", name,
         definition.pieces.size(), definition.unknown_id);
  }
  for (int i = extra_ids - 1; i >= 0; --i) definition.pieces.push_back({fmt::format("<extra_id_{}>", i), 0.0});
  for (auto& token : tokens) add_token(definition, std::move(token));
  definition.pipeline = t5_pipeline(std::move(charsmap));
  definition.sentencepiece = bytes;
  return definition;
}

}  // namespace hangtag::text
