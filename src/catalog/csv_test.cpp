#include "catalog/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace hangtag::catalog {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows read_all(std::string text) {
  CsvReader reader(std::move(text), "test.csv");
  Rows rows;
  while (auto row = reader.next()) rows.push_back(std::move(row->fields));
  return rows;
}

struct ReadCase {
  const char* name;
  std::string text;
  Rows rows;
};

class CsvReadTest : public testing::TestWithParam<ReadCase> {};

TEST_P(CsvReadTest, GivesTheFields) {
  EXPECT_EQ(read_all(GetParam().text), GetParam().rows);
}

INSTANTIATE_TEST_SUITE_P(Cases, CsvReadTest,
                         testing::Values(ReadCase{"Empty", "", {}}, ReadCase{"OnlyAByteOrderMark", "\xEF\xBB\xBF", {}},
                                         ReadCase{"ByteOrderMark", "\xEF\xBB\xBFid\n", {{"id"}}},
                                         ReadCase{"NoNewlineAtTheEnd", "a,b", {{"a", "b"}}},
                                         ReadCase{"EmptyFields", ",\n,,", {{"", ""}, {"", "", ""}}},
                                         ReadCase{"CarriageReturns", "a,b\r\nc,d\r\n", {{"a", "b"}, {"c", "d"}}},
                                         ReadCase{"LoneCarriageReturnIsData", "a\rb\n", {{"a\rb"}}},
                                         ReadCase{"BlankLines", "\na\r\n\r\n\nb\n\n", {{"a"}, {"b"}}},
                                         ReadCase{"QuotedCommaAndNewline", "\"a,b\r\nc\",d\n", {{"a,b\r\nc", "d"}}},
                                         ReadCase{"DoubledQuote", "\"say \"\"hi\"\"\"\n", {{"say \"hi\""}}},
                                         ReadCase{"QuotedEmpty", "\"\",\"\"\n", {{"", ""}}},
                                         ReadCase{"BareQuote", "Tempo 3.5\" Short,x\n", {{"Tempo 3.5\" Short", "x"}}},
                                         ReadCase{"TextAfterAClosingQuote", "\"a\"b,c\n", {{"ab", "c"}}},
                                         ReadCase{
                                             "ByteZero", std::string("a\0b,c\n", 6), {{std::string("a\0b", 3), "c"}}}),
                         [](const auto& each) { return each.param.name; });

TEST(CsvReader, KnowsTheLineOfEachRow) {
  CsvReader reader("\xEF\xBB\xBFh\r\n\r\n\"two\nlines\"\nlast", "test.csv");
  std::vector<std::int64_t> lines;
  while (const auto row = reader.next()) lines.push_back(row->line);
  EXPECT_THAT(lines, testing::ElementsAre(1, 3, 5));
}

TEST(CsvReader, NamesTheLineOfAQuoteThatNeverCloses) {
  for (const char* text : {"a\nb,\"open\nc\n", "a\n\"", "a\n\"x\"\""}) {
    CsvReader reader(text, "test.csv");
    reader.next();
    try {
      reader.next();
      FAIL() << text;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kInvalid);
      EXPECT_THAT(error.what(), testing::StartsWith("test.csv:2: "));
    }
  }
}

TEST(Column, NamesWhatIsThere) {
  const CsvRow header{.fields = {"id", "gender"}, .line = 1};
  EXPECT_EQ(column(header, "gender", "test.csv"), 1u);
  try {
    column(header, "season", "test.csv");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_STREQ(error.what(), "test.csv: no column \"season\"; the columns are id, gender");
  }
}

TEST(CsvLine, QuotesOnlyWhereNeededAndReadsBack) {
  EXPECT_EQ(csv_line({"1", "What is the fabric?", "Fabric: Cotton"}), "1,What is the fabric?,Fabric: Cotton\n");
  EXPECT_EQ(csv_line({"a,b", "c\"d", ""}), "\"a,b\",\"c\"\"d\",\n");
  const Rows rows = {{"", " a ", "b\r\nc", "\"", ",", "\r"}, {""}};
  EXPECT_EQ(read_all(csv_line({"", " a ", "b\r\nc", "\"", ",", "\r"}) + csv_line({""})), rows);
}

}  // namespace
}  // namespace hangtag::catalog
