#include "evaluate/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"

namespace hangtag::evaluate {
namespace {

using testing::HasSubstr;
using testing::Not;

Evaluation small_evaluation() {
  return evaluate(std::vector<Judgement>{{"1", "Fabric", "Cotton", "Cotton", 0.9},
                                         {"2", "Fabric", "Cotton", "Linen", 0.7},
                                         {"3", "Fabric", "Linen", "", 0.0},
                                         {"1", "Fit", "Slim Fit", "Slim Fit", 0.8}},
                  {{"Fabric", {{"Cotton", 5}}}});
}

TEST(Report, MetricsJsonKeepsItsKeys) {
  const base::OrderedJson json = metrics_json(small_evaluation(), {.model = "small", .data = "DATA", .split = "test"});
  std::vector<std::string> keys, attribute_keys;
  for (const auto& item : json.items()) keys.push_back(item.key());
  EXPECT_THAT(keys, testing::ElementsAre("format", "hangtag", "date", "model", "adapter", "data", "split", "photos",
                                         "answers", "accuracy", "macro_f1", "majority_accuracy", "majority_macro_f1",
                                         "calibration_error", "empty_rate", "attributes"));
  for (const auto& item : json["attributes"]["Fabric"].items()) attribute_keys.push_back(item.key());
  EXPECT_THAT(attribute_keys, testing::ElementsAre("n", "accuracy", "accuracy_interval", "macro_f1", "majority", "gain",
                                                   "gain_interval", "clearly_beats_majority", "empty_rate",
                                                   "mean_confidence", "calibration_error", "coverage", "confidence_histogram",
                                                   "values", "confusion"));
  EXPECT_EQ(json["photos"], 3);
  EXPECT_EQ(json["answers"], 4);
  EXPECT_EQ(json["empty_rate"], 0.25);
  EXPECT_TRUE(json["adapter"].is_null());
  EXPECT_EQ(json["attributes"]["Fabric"]["majority"]["from"], "train");
  EXPECT_EQ(json["attributes"]["Fit"]["majority"]["from"], "test");
  EXPECT_EQ(json["attributes"]["Fabric"]["confusion"].dump(),
            R"([{"truth":"Cotton","predicted":"Cotton","count":1},{"truth":"Cotton","predicted":"Linen","count":1},)"
            R"({"truth":"Linen","predicted":"","count":1}])");
  EXPECT_EQ(json["attributes"]["Fabric"]["accuracy_interval"].size(), 2u);
}

TEST(Report, PageRequestsNothing) {
  const std::string page = report_html(small_evaluation(), {.model = "small"});
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, HasSubstr("<b>Cotton</b> taken for <b>Linen</b>: 1 of 2"));
  EXPECT_THAT(page, HasSubstr("<b>Linen</b> got no answer: all 1 of them"));
}

// What opens must be closed: a string from data that escaped its place would unbalance the page.
std::vector<std::string> unbalanced_tags(const std::string& page) {
  static const std::regex kTag("<(/?)([a-z0-9]+)((?:\"[^\"]*\"|[^>\"])*)>");
  std::vector<std::string> open;
  for (std::sregex_iterator i(page.begin(), page.end(), kTag), end; i != end; ++i) {
    const std::string name = (*i)[2], attributes = (*i)[3];
    if (name == "meta" || name == "img" || name == "br" || attributes.ends_with("/")) continue;
    if ((*i)[1].length() == 0) {
      open.push_back(name);
    } else if (!open.empty() && open.back() == name) {
      open.pop_back();
    } else {
      return {"closed but not open: " + name};
    }
  }
  return open;
}

TEST(Report, StringsFromDataAreShownAsData) {
  const std::string hostile = "<script>alert('x')</script>\"><img src=x onerror=y>&\x01\n";
  const Evaluation evaluation = evaluate(
      std::vector<Judgement>{{hostile, hostile, hostile, hostile + "2", 0.5}, {"2", hostile, "plain", hostile, 0.5}});
  const std::string page = report_html(evaluation, {.model = hostile,
                                                    .adapter = hostile,
                                                    .data = hostile,
                                                    .split = hostile,
                                                    .date = hostile,
                                                    .pictures = {{"2", "photos/\"onload=x.jpg"}}});
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<img src=x")));
  EXPECT_THAT(page, Not(HasSubstr("\x01")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page, HasSubstr("src=\"photos/&quot;onload=x.jpg\""));
  EXPECT_THAT(unbalanced_tags(page), testing::IsEmpty());
}

TEST(Report, PicturesFromElsewhereAreRefused) {
  for (const char* url : {"https://example.org/1.jpg", "//example.org/1.jpg", "javascript:alert(1)", "data:text/html,x",
                          "/etc/passwd", "\\\\server\\1.jpg", ""}) {
    EXPECT_THROW(report_html(small_evaluation(), {.pictures = {{"1", url}}}), base::Error) << url;
  }
  for (const char* url : {"photos/1.jpg", "../images/a:b.jpg", "data:image/jpeg;base64,AAAA"}) {
    const std::string page = report_html(small_evaluation(), {.pictures = {{"2", url}}});
    EXPECT_THAT(page, HasSubstr(std::string("<img src=\"") + url)) << url;
  }
}

TEST(Report, ManyValuesAreShownTogether) {
  std::vector<Judgement> judgements;
  base::Random random(1);
  for (int i = 0; i < 500; ++i) {
    judgements.push_back({std::to_string(i), "Colour", "shade " + std::to_string(i % 100),
                          "shade " + std::to_string(random.below(100)), random.uniform()});
  }
  const std::string page = report_html(evaluate(judgements), {.model = "small"});
  EXPECT_THAT(page, HasSubstr("(60 others)"));
  EXPECT_THAT(unbalanced_tags(page), testing::IsEmpty());
}

TEST(Report, WritesBothFiles) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "hangtag_report" / "nested";
  std::filesystem::remove_all(folder);
  write_reports(folder, small_evaluation(), {.model = "small"});
  EXPECT_EQ(base::read_json(folder / "metrics.json")["model"], "small");
  EXPECT_THAT(base::read_file(folder / "report.html"), testing::StartsWith("<!doctype html>"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hangtag::evaluate
