#include "evaluate/report.h"

#include "base/file.h"
#include "base/version.h"

namespace hangtag::evaluate {

namespace {

base::OrderedJson attribute_json(const AttributeEvaluation& a) {
  base::OrderedJson values = base::OrderedJson::array(), confusion = base::OrderedJson::array();
  for (const ValueScore& score : a.values) {
    values.push_back({{"value", score.value},
                      {"truths", score.truths},
                      {"predictions", score.predictions},
                      {"right", score.right},
                      {"f1", score.f1()}});
  }
  for (const auto& [truth, predicted, count] : a.confusion) {
    confusion.push_back({{"truth", truth}, {"predicted", predicted}, {"count", count}});
  }
  base::OrderedJson coverage = base::OrderedJson::array();
  for (const auto& [precision, threshold, share, interval] : a.coverage) {
    coverage.push_back({{"precision", precision},
                        {"threshold", share > 0 ? base::OrderedJson(threshold) : base::OrderedJson(nullptr)},
                        {"share", share},
                        {"interval", {interval.low, interval.high}}});
  }
  return {{"n", a.n},
          {"accuracy", a.accuracy},
          {"accuracy_interval", {a.accuracy_interval.low, a.accuracy_interval.high}},
          {"macro_f1", a.macro_f1},
          {"majority",
           {{"value", a.majority_value},
            {"from", a.majority_from_train ? "train" : "test"},
            {"accuracy", a.majority_accuracy},
            {"macro_f1", a.majority_macro_f1}}},
          {"gain", a.gain},
          {"gain_interval", {a.gain_interval.low, a.gain_interval.high}},
          {"clearly_beats_majority", a.clearly_beats_majority()},
          {"empty_rate", static_cast<double>(a.empty) / static_cast<double>(a.n)},
          {"mean_confidence", a.mean_confidence},
          {"calibration_error", a.calibration_error},
          {"coverage", std::move(coverage)},
          {"confidence_histogram", {{"right", a.right_by_confidence}, {"wrong", a.wrong_by_confidence}}},
          {"values", std::move(values)},
          {"confusion", std::move(confusion)}};
}

}  // namespace

base::OrderedJson metrics_json(const Evaluation& evaluation, const ReportContext& context) {
  base::OrderedJson attributes = base::OrderedJson::object();
  for (const AttributeEvaluation& attribute : evaluation.attributes) {
    attributes[attribute.attribute] = attribute_json(attribute);
  }
  return {{"format", 1},
          {"hangtag", base::version()},
          {"date", context.date},
          {"model", context.model},
          {"adapter", context.adapter.empty() ? base::OrderedJson() : base::OrderedJson(context.adapter)},
          {"data", context.data},
          {"split", context.split},
          {"photos", evaluation.photos},
          {"answers", evaluation.judgements},
          {"accuracy", evaluation.accuracy},
          {"macro_f1", evaluation.macro_f1},
          {"majority_accuracy", evaluation.majority_accuracy},
          {"majority_macro_f1", evaluation.majority_macro_f1},
          {"calibration_error", evaluation.calibration_error},
          {"empty_rate", static_cast<double>(evaluation.empty) / static_cast<double>(evaluation.judgements)},
          {"attributes", std::move(attributes)}};
}

void write_reports(const std::filesystem::path& folder, const Evaluation& evaluation, const ReportContext& context) {
  const std::string page = report_html(evaluation, context);  // first, as it may refuse
  base::write_json(folder / "metrics.json", metrics_json(evaluation, context));
  base::write_file_atomically(folder / "report.html", page);
}

}  // namespace hangtag::evaluate
