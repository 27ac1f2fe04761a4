// For tests: chats, answers, and what parse() throws.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "llm/provider.h"

namespace hangtag::llm::testing {

inline Chat shirt_chat() {
  return {.system = "You are an expert.",
          .messages = {{Role::kUser, "<product_attributes>Fabric: \"Cotton\"</product_attributes>"}},
          .max_tokens = 400};
}

inline Chat talk() {
  return {.messages = {{Role::kUser, "Hello"}, {Role::kAssistant, "Yes?"}, {Role::kUser, "Été\n"}},
          .max_tokens = 9,
          .temperature = std::nullopt};
}

inline net::Response ok(std::string body) {
  return {.status = 200, .body = std::move(body)};
}

inline std::string header(const net::Request& request, std::string_view name) {
  std::string values;
  for (const net::Header& header : request.headers) {
    if (header.name == name) values += header.value + "|";
  }
  return values;
}

// A failure where nothing is thrown.
inline base::Error error_of(const Provider& provider, const net::Response& response) {
  try {
    provider.parse(response);
  } catch (const base::Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error for " << response.body;
  return {base::ErrorCode::kInternal, ""};
}

// A body that parse() refuses, and what the message holds besides.
struct Malformed {
  const char* body;
  const char* said;
};

inline void expect_malformed(const Provider& provider, const std::vector<Malformed>& cases) {
  for (const auto& [body, said] : cases) {
    const auto error = error_of(provider, ok(body));
    EXPECT_EQ(error.code(), base::ErrorCode::kInvalid) << body;
    EXPECT_NE(std::string_view(error.what()).find(said), std::string_view::npos) << body << "\n" << error.what();
  }
}

// However a server fails, and whatever it repeats, the error is a kIo with its status and without the key.
inline void expect_no_key(const Provider& provider, const std::string& key) {
  for (const int status : {200, 301, 400, 401, 403, 404, 429, 500}) {
    for (const std::string& body :
         {std::string(R"({"error":{"message":"wrong key KEY","type":"KEY"}})"), std::string(R"({"error":"KEY"})"),
          std::string(R"({"message":"KEY"})"), std::string(R"({"detail":"KEYKEY"})"), std::string("Authorization: KEY"),
          std::string(R"({"KEY":"KEY")"),
          std::string(R"({"error":{"message":")") + std::string(280, 'x') + "KEY\"}}"}) {
      net::Response response{.status = status, .headers = {{"x-amzn-ErrorType", "KEY"}}, .body = body};
      for (std::size_t at = 0; (at = response.body.find("KEY", at)) != std::string::npos; at += key.size()) {
        response.body.replace(at, 3, key);
      }
      response.headers[0].value = key;
      const auto error = error_of(provider, response);
      EXPECT_EQ(std::string_view(error.what()).find(key.substr(0, 6)), std::string_view::npos) << error.what();
      if (status != 200) {
        EXPECT_EQ(error.code(), base::ErrorCode::kIo);
        EXPECT_NE(std::string_view(error.what()).find(fmt::format("answered {}", status)), std::string_view::npos);
      }
    }
  }
}

}  // namespace hangtag::llm::testing
