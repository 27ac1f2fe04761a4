// Reads and writes tokenizer.json, the file of Hugging Face's tokenizers.
#pragma once

#include <string_view>

#include "base/json.h"
#include "text/definition.h"

namespace hangtag::text {

// What the file says, word for word. Throws kInvalid when it is malformed, kUnsupported, by name, when it asks for
// anything that Definition cannot say. `name` says where in messages. Truncation and padding are left to the caller of
// encode(), as transformers leaves them to its own caller.
Definition read_tokenizer_json(const base::Json& json, std::string_view name);

base::OrderedJson write_tokenizer_json(const Definition& definition);

// One entry of "added_tokens", as tokenizer_config.json has them too.
AddedToken read_added_token(const base::Json& json, std::string_view name);
base::OrderedJson write_added_token(const AddedToken& token);

}  // namespace hangtag::text
