#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hangtag::base {
namespace {

using testing::HasSubstr;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Json, ErrorsNameTheFileAndTheKey) {
  EXPECT_THAT(message_of([] { parse_json("{\"a\": ", "config.json"); }), HasSubstr("config.json: not valid JSON"));
  const Json json = parse_json(R"({"size": "big", "on": true, "half": 0.5})", "config.json");
  EXPECT_THAT(message_of([&] { get<int>(json, "size", "config.json"); }), HasSubstr("config.json: \"size\""));
  EXPECT_THAT(message_of([&] { get<int>(json, "absent", "config.json"); }), HasSubstr("\"absent\" is missing"));
}

TEST(Json, NumbersAreNotReadOutOfOtherTypes) {
  const Json json = parse_json(R"({"on": true, "half": 0.5, "two": 2})", "j");
  EXPECT_THROW(get<int>(json, "on", "j"), Error);
  EXPECT_THROW(get<int>(json, "half", "j"), Error);
  EXPECT_EQ(get<double>(json, "two", "j"), 2.0);
  EXPECT_EQ(get_or<int>(json, "absent", 7, "j"), 7);
}

TEST(Json, InvalidUtf8IsReplacedOnWriting) { EXPECT_EQ(to_line(OrderedJson("a\xff")), "\"a\xEF\xBF\xBD\""); }

}  // namespace
}  // namespace hangtag::base
