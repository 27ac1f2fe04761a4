// What is asked of everything that goes into the store.
#pragma once

#include <string>
#include <string_view>

namespace hangtag::store {

// `what` stands in messages: "attribute". Throw kInvalid, and kLimit above 1 MiB.
void check_text(const std::string& text, std::string_view what);  // UTF-8 without NUL
void check_name(const std::string& text, std::string_view what);  // nor empty
void check_confidence(double confidence, std::string_view what);  // 0 to 1
void check_id(const std::string& id);

}  // namespace hangtag::store
