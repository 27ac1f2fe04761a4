#include "facts/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"

namespace hangtag::facts {
namespace {

using testing::HasSubstr;

std::vector<ProductFacts> read(const std::string& text) {
  std::istringstream input(text);
  FactsReader reader(input, "facts");
  std::vector<ProductFacts> products;
  while (auto product = reader.next()) products.push_back(*std::move(product));
  return products;
}

std::string message_of(const std::string& text) {
  try {
    read(text);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kInvalid);
    return error.what();
  }
  return "no error";
}

std::string show(const ProductFacts& product) {
  std::string text = product.id + "|" + product.type + "|" + product.name;
  for (const Fact& fact : product.facts) text += fmt::format("|{}={}@{}", fact.attribute, fact.value, fact.confidence);
  return text;
}

TEST(Facts, EveryFormIsRead) {
  struct Case {
    const char* name;
    const char* text;
    const char* expected;
  };
  for (const Case& c : {
           Case{"what predict prints",
                R"({"id":"7","photo":"7.jpg","type":"Shirts","attributes":{"Neck":{"value":"V-Neck","confidence":0.5,)"
                R"("alternatives":[{"value":"Round Neck","confidence":0.25}]},"Fabric":{"value":"Cotton"}}})",
                "7|Shirts||Neck=V-Neck@0.5|Fabric=Cotton@1"},
           Case{"plain values", R"({"id":"7","name":"N","attributes":{"Fabric":"Cotton","Fit":null,"Neck":""}})",
                "7||N|Fabric=Cotton@1"},
           Case{"no answer", R"({"id":"7","attributes":{"Fabric":{"value":"","confidence":0},"Fit":{"value":null}}})",
                "7||"},
           Case{"blank lines, a byte order mark, and CRLF", "\xEF\xBB\xBF{\"id\":\"7\",\"attributes\":{}}\r\n\r\n \n",
                "7||"},
           Case{"CSV", "id,type,photo,Fabric,Wash Care\n7,Shirts,7.jpg,Cotton,\"Hand, cold\"\n",
                "7|Shirts||Fabric=Cotton@1|Wash Care=Hand, cold@1"},
           Case{"CSV without values", "Fabric,id,name\r\n,7,A name\r\n", "7||A name"},
       }) {
    const auto products = read(c.text);
    ASSERT_EQ(products.size(), 1u) << c.name;
    EXPECT_EQ(show(products[0]), c.expected) << c.name;
  }
}

TEST(Facts, NothingIsNoProduct) {
  for (const char* text : {"", "\n\n", "id,Fabric\n", "\xEF\xBB\xBF"}) EXPECT_TRUE(read(text).empty());
}

TEST(Facts, SeveralProductsComeInOrder) {
  const auto products = read("{\"id\":\"a\",\"attributes\":{}}\n{\"id\":\"b\",\"attributes\":{}}");
  ASSERT_EQ(products.size(), 2u);
  EXPECT_EQ(products[1].id, "b");
}

TEST(Facts, MalformedInputIsRefusedWithItsLine) {
  struct Case {
    const char* text;
    const char* message;
  };
  const std::string good = R"({"id":"1","attributes":{}})";
  for (const Case& c : {
           Case{R"({"id":"7","attributes":{"Fab)", "facts, line 2: not valid JSON"},
           Case{R"([1])", "facts, line 2: found array; expected an object"},
           Case{R"({"attributes":{}})", "facts, line 2: \"id\" is missing"},
           Case{R"({"id":7,"attributes":{}})", "facts, line 2: \"id\" is of type number; expected text"},
           Case{R"({"id":"7"})", "facts, line 2: \"attributes\" is missing"},
           Case{R"({"id":"7","attributes":["Cotton"]})", "\"attributes\" is missing or not an object"},
           Case{R"({"id":"7","attributes":{"Fit":3}})", "attribute \"Fit\" is of type number"},
           Case{R"({"id":"7","attributes":{"Fit":{"confidence":1}}})", "attribute \"Fit\" has no \"value\""},
           Case{R"({"id":"7","attributes":{"Fit":{"value":"x","confidence":"1"}}})", "expected a number"},
           Case{"{\"id\":\"\xff\",\"attributes\":{}}", "facts, line 2: not valid JSON"},
       }) {
    EXPECT_THAT(message_of(good + "\n" + c.text), HasSubstr(c.message)) << c.text;
  }
  EXPECT_THAT(message_of("[{\"id\":\"7\"}]"), HasSubstr("line 1: found array; expected an object"));
  EXPECT_THAT(message_of("id,Fabric\n7\n"), HasSubstr("facts, line 2: 1 fields; expected 2"));
  EXPECT_THAT(message_of("id,Fabric\n,Cotton\n"), HasSubstr("facts, line 2: the id is empty"));
  EXPECT_THAT(message_of("name,Fabric\n7,Cotton\n"), HasSubstr("id"));
}

TEST(TakeType, TheTypeIsNoFactOfItsOwn) {
  ProductFacts read{.id = "1", .facts = {{"articleType", "Tshirts"}, {"Fit", "Slim Fit"}}};
  take_type(read);
  EXPECT_EQ(read.type, "Tshirts");
  ASSERT_EQ(read.facts.size(), 1u);
  EXPECT_EQ(read.facts[0].attribute, "Fit");
  ProductFacts known{.id = "1", .type = "Shirts", .facts = {{"articleType", "Tshirts"}}};
  take_type(known);
  EXPECT_EQ(known.type, "Shirts") << "what the shop says counts";
  EXPECT_TRUE(known.facts.empty());
}

}  // namespace
}  // namespace hangtag::facts
