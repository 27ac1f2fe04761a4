#include "llm/prices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace hangtag::llm {
namespace {

TEST(Prices, Cost) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("hangtag-prices-{}.json", ::getpid());
  base::write_file_atomically(
      path, R"({"currency":"USD","as_of":"today","models":{"m":{"input_per_million":3,"output_per_million":15.0},)"
            R"("at home":{"input_per_million":0,"output_per_million":0}}})");
  const Prices prices = Prices::read(path);
  std::filesystem::remove(path);
  EXPECT_EQ(prices.currency(), "USD");
  EXPECT_DOUBLE_EQ(prices.cost("m", {.input_tokens = 1'000'000, .output_tokens = 0}).value(), 3);
  EXPECT_DOUBLE_EQ(prices.cost("m", {.input_tokens = 1000, .output_tokens = 400}).value(), 0.009);
  EXPECT_EQ(prices.cost("at home", {.input_tokens = 5, .output_tokens = 5}), 0);
  EXPECT_EQ(prices.cost("M", {}), std::nullopt);
  EXPECT_THROW(Prices::read(path), base::Error);
}

TEST(Prices, BadFiles) {
  struct Case {
    const char* text;
    const char* message;
  };
  for (const auto& [text, message] : {
           Case{"[]", "prices.json: expected an object, found array"},
           Case{"{}", "prices.json: \"currency\" is missing"},
           Case{R"({"currency":5})", "prices.json: \"currency\" has an unexpected type: number"},
           Case{R"({"currency":""})", "prices.json: \"currency\" is empty; expected one such as USD"},
           Case{R"({"currency":"USD"})", "prices.json: \"models\" is missing"},
           Case{R"({"currency":"USD","models":[]})",
                "prices.json: \"models\" is of type array; expected an object, model → prices"},
           Case{R"({"currency":"USD","models":{"m":3}})", "prices.json: model \"m\": expected an object, found number"},
           Case{R"({"currency":"USD","models":{"m":{"output_per_million":1}}})",
                "prices.json: model \"m\": \"input_per_million\" is missing"},
           Case{R"({"currency":"USD","models":{"m":{"input_per_million":1}}})",
                "prices.json: model \"m\": \"output_per_million\" is missing"},
           Case{R"({"currency":"USD","models":{"m":{"input_per_million":"1"}}})",
                "prices.json: model \"m\": \"input_per_million\" has an unexpected type: string"},
           Case{R"({"currency":"USD","models":{"m":{"input_per_million":-1}}})",
                "prices.json: model \"m\": \"input_per_million\" is -1; expected a price of 0 or more"},
       }) {
    try {
      Prices::parse(base::Json::parse(text), "prices.json");
      ADD_FAILURE() << text;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kInvalid);
      EXPECT_STREQ(error.what(), message);
    }
  }
}

}  // namespace
}  // namespace hangtag::llm
