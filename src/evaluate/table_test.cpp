#include "evaluate/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "evaluate/text.h"

namespace hangtag::evaluate {
namespace {

using testing::HasSubstr;
using testing::Not;

Evaluation two_attributes(const std::string& first, const std::string& answer) {
  return evaluate(std::vector<Judgement>{{"1", first, "a", answer, 0.5},
                                         {"2", first, "b", "b", 0.5},
                                         {"1", "Fit", "Slim", "Slim", 0.5},
                                         {"2", "Fit", "Slim", "", 0}});
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result(1);
  for (const char c : text) {
    if (c == '\n') {
      result.emplace_back();
    } else {
      result.back() += c;
    }
  }
  result.pop_back();
  return result;
}

TEST(Table, ForTheTerminal) {
  EXPECT_EQ(format_table(two_attributes("Fabric", "a")),
            "attribute   n  majority  accuracy     95% interval  macro-F1   gain  against majority\n"
            "─────────  ──  ────────  ────────  ───────────────  ────────  ─────  ────────────────\n"
            "Fabric      2     50.0%    100.0%  34.2% to 100.0%     1.000  +50.0  within chance\n"
            "Fit         2    100.0%     50.0%    9.5% to 90.5%     0.667  −50.0  within chance\n"
            "mean        4     75.0%     75.0%                      0.833    0.0\n");
}

TEST(Table, ColumnsLineUpInEveryScript) {
  for (const char* name :
       {"Größe", "カラー", "Cafe\xCC\x81", "لون", "a very long name that nobody would ever give a thing"}) {
    const auto rows = lines(format_table(two_attributes(name, "a")));
    const std::string first = rows[2].substr(0, rows[2].find("within")),
                      fit = rows[3].substr(0, rows[3].find("within"));
    EXPECT_EQ(display_width(first), display_width(fit)) << name;
  }
}

TEST(Table, DataCannotSteerTheTerminalOrTheMarkdown) {
  const Evaluation evaluation = two_attributes("a\x1b[31m|\n<b>", "a");
  EXPECT_THAT(format_table(evaluation), Not(HasSubstr("\x1b")));
  EXPECT_EQ(lines(format_table(evaluation)).size(), 5u);
  EXPECT_THAT(format_table(evaluation, TableStyle::kMarkdown), HasSubstr("| a \\[31m\\| \\<b\\> |"));
}

TEST(Table, Markdown) {
  EXPECT_THAT(
      format_table(two_attributes("Fabric", "a"), TableStyle::kMarkdown),
      testing::StartsWith(
          "| attribute |  n | majority | accuracy |    95% interval | macro-F1 |  gain | against majority |\n"
          "| --------- | -: | -------: | -------: | --------------: | -------: | ----: | ---------------- |\n"
          "| Fabric    |  2 |    50.0% |   100.0% | 34.2% to 100.0% |    1.000 | +50.0 | within chance    |\n"));
}

TEST(Comparison, BeforeAndAfter) {
  EXPECT_EQ(format_comparison(two_attributes("Fabric", "b"), two_attributes("Fabric", "a")),
            "attribute   n  majority  before   after  change\n"
            "─────────  ──  ────────  ──────  ──────  ──────\n"
            "Fabric      2     50.0%   50.0%  100.0%   +50.0\n"
            "Fit         2    100.0%   50.0%   50.0%     0.0\n"
            "mean        4     75.0%   50.0%   75.0%   +25.0\n");
}

TEST(Comparison, OfOtherExamplesIsRefused) {
  const Evaluation fabric = two_attributes("Fabric", "a"), pattern = two_attributes("Pattern", "a");
  EXPECT_THROW(format_comparison(fabric, pattern), base::Error);
  const Evaluation fewer = evaluate(std::vector<Judgement>{{"1", "Fabric", "a", "a", 0.5}});
  EXPECT_THROW(format_comparison(fabric, fewer), base::Error);
}

TEST(Text, ShortensBetweenCharacters) {
  EXPECT_EQ(shorten("größe", 5), "größe");
  EXPECT_EQ(shorten("größer", 4), "grö…");
  EXPECT_EQ(shorten("", 4), "");
}

TEST(Text, MalformedUtf8IsSurvived) {
  for (const std::string text : {"\xff\xfe", "a\xe3", "\x80\x80", "\xf0\x9f\x91"}) {
    EXPECT_LE(display_width(text), 4u);
    EXPECT_FALSE(printable(text).empty());
    EXPECT_FALSE(escape_html(text).empty());
  }
}

TEST(Text, DifferencesThatRoundToZeroHaveNoSign) {
  EXPECT_EQ(points(-0.0001), "0.0");
  EXPECT_EQ(points(0.0312), "+3.1");
  EXPECT_EQ(points(-0.004), "−0.4");
}

}  // namespace
}  // namespace hangtag::evaluate
