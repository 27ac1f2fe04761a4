// What the providers have in common: a model behind a URL and a key, and a server that may say no.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "llm/chat.h"
#include "net/http.h"
#include "net/secret.h"

namespace hangtag::llm {

struct Endpoint {
  std::string_view provider;
  std::string base_url;
  std::string model;
  std::optional<net::Secret> key{};

  std::string where() const;  // "openai at https://api.openai.com/v1": how messages begin
};

// Without slashes at the end of its URL. Throws kUsage for a URL that cannot be used or that has a query, and for an
// empty model.
Endpoint checked(Endpoint endpoint);

// A POST of JSON to base_url + path. Invalid UTF-8 in it is replaced.
net::Request post(const Endpoint& endpoint, std::string_view path, const base::OrderedJson& body);

// The JSON of an answer with status 200. Throws as Provider::parse() does.
base::Json read_answer(const net::Response& response, const Endpoint& endpoint);

// json[key], never negative; 0 where it is absent. `where` stands in messages.
std::int64_t tokens_or_zero(const base::Json& json, const char* key, std::string_view where);

// json[key], a list. Throws kInvalid where it is none.
base::Json get_list(const base::Json& json, const char* key, std::string_view where);

// With the endpoint's model where the server named none. Throws kInvalid for a reply that has no text although it ended
// as it should; `field` is where text was due.
Reply completed(Reply reply, std::string_view field, const Endpoint& endpoint);

}  // namespace hangtag::llm
