#include "store/check.h"

#include "base/error.h"
#include "catalog/product.h"
#include "text/unicode.h"

namespace hangtag::store {

using base::ErrorCode;

void check_text(const std::string& text, std::string_view what) {
  constexpr std::size_t kMaxBytes = 1 << 20;
  if (text.size() > kMaxBytes) {
    base::fail(ErrorCode::kLimit, "{}: {} bytes, more than the limit of {}", what, text.size(), kMaxBytes);
  }
  if (text.find('\0') != std::string::npos) {
    base::fail(ErrorCode::kInvalid, "{}: holds a NUL character, which text in the store may not", what);
  }
  if (text::to_valid_utf8(text) != text) {
    base::fail(ErrorCode::kInvalid, "{}: not valid UTF-8: \"{}\"; convert it first", what, text::to_valid_utf8(text));
  }
}

void check_name(const std::string& text, std::string_view what) {
  if (text.empty()) base::fail(ErrorCode::kInvalid, "{}: empty, expected text", what);
  check_text(text, what);
}

void check_confidence(double confidence, std::string_view what) {
  if (!(confidence >= 0 && confidence <= 1)) {
    base::fail(ErrorCode::kInvalid, "{}: confidence {}, expected 0 to 1", what, confidence);
  }
}

void check_id(const std::string& id) {
  if (!catalog::is_valid_id(id)) {
    base::fail(ErrorCode::kInvalid, "product id \"{}\": expected 1 to 100 of A-Z a-z 0-9 _ -", text::to_valid_utf8(id));
  }
}

}  // namespace hangtag::store
