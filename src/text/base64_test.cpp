#include "text/base64.h"

#include <gtest/gtest.h>

namespace hangtag::text {
namespace {

TEST(Base64, EncodesAndDecodes) {
  const struct {
    std::string bytes;
    const char* text;
  } cases[] = {
      {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
      {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {std::string("\0\xff\xfe", 3), "AP/+"},
  };
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(encode_base64(bytes), text);
    EXPECT_EQ(decode_base64(text), bytes) << text;
  }
}

TEST(Base64, RefusesOtherText) {
  for (const char* text : {"Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm=v", "Zm-v", "Zg==Zg=="}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace hangtag::text
