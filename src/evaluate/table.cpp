#include "evaluate/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "evaluate/text.h"

namespace hangtag::evaluate {

namespace {

struct Column {
  std::string title;
  bool number = true;  // aligned to the right
};

class Table {
 public:
  Table(std::vector<Column> columns, TableStyle style) : columns_(std::move(columns)), style_(style) {}

  void add(std::vector<std::string> row) {
    for (std::string& cell : row) {
      cell = style_ == TableStyle::kMarkdown ? escape_markdown(cell) : shorten(printable(cell), kLongest);
    }
    rows_.push_back(std::move(row));
  }

  std::string to_string() const {
    const bool markdown = style_ == TableStyle::kMarkdown;
    std::vector<std::string> titles, rules;
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      titles.push_back(columns_[i].title);
      widths.push_back(std::max(display_width(columns_[i].title), kShortestRule));
      for (const auto& row : rows_) widths[i] = std::max(widths[i], display_width(row[i]));
      std::string rule;
      for (std::size_t dash = 0; dash < widths[i]; ++dash) rule += markdown ? "-" : "─";
      if (markdown && columns_[i].number) rule.back() = ':';
      rules.push_back(rule);
    }
    std::string text = line(titles, widths) + line(rules, widths);
    for (const auto& row : rows_) text += line(row, widths);
    return text;
  }

 private:
  static constexpr std::size_t kLongest = 40;
  static constexpr std::size_t kShortestRule = 2;  // "-:" in Markdown

  std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string space(widths[i] - display_width(cells[i]), ' ');
      const std::string padded = columns_[i].number ? space + cells[i] : cells[i] + space;
      text += style_ == TableStyle::kMarkdown ? "| " + padded + " " : (i == 0 ? "" : "  ") + padded;
    }
    if (style_ == TableStyle::kMarkdown) return text + "|\n";
    return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  }

  std::vector<Column> columns_;
  TableStyle style_;
  std::vector<std::vector<std::string>> rows_;
};

std::string interval(const std::string& low, const std::string& high) {
  return fmt::format("{} to {}", low, high);
}

}  // namespace

const char* against_majority(const AttributeEvaluation& attribute) {
  return attribute.clearly_beats_majority() ? "above" : attribute.clearly_below_majority() ? "below" : "within chance";
}

std::string format_table(const Evaluation& evaluation, TableStyle style) {
  Table table({{"attribute", false},
               {"n"},
               {"majority"},
               {"accuracy"},
               {"95% interval"},
               {"macro-F1"},
               {"gain"},
               {"against majority", false}},
              style);
  for (const AttributeEvaluation& a : evaluation.attributes) {
    table.add({a.attribute, fmt::to_string(a.n), percent(a.majority_accuracy), percent(a.accuracy),
               interval(percent(a.accuracy_interval.low), percent(a.accuracy_interval.high)),
               fmt::format("{:.3f}", a.macro_f1), points(a.gain), against_majority(a)});
  }
  table.add({"mean", fmt::to_string(evaluation.judgements), percent(evaluation.majority_accuracy),
             percent(evaluation.accuracy), "", fmt::format("{:.3f}", evaluation.macro_f1),
             points(evaluation.accuracy - evaluation.majority_accuracy), ""});
  return table.to_string();
}

std::string format_comparison(const Evaluation& before, const Evaluation& after, TableStyle style) {
  const bool same =
      std::equal(before.attributes.begin(), before.attributes.end(), after.attributes.begin(), after.attributes.end(),
                 [](const auto& a, const auto& b) { return a.attribute == b.attribute && a.n == b.n; });
  if (!same) {
    base::fail(base::ErrorCode::kMismatch,
               "the two evaluations are not about the same examples; expected the same attributes in the same order, "
               "with the same number of examples each");
  }
  Table table({{"attribute", false}, {"n"}, {"majority"}, {"before"}, {"after"}, {"change"}}, style);
  for (std::size_t i = 0; i < before.attributes.size(); ++i) {
    const AttributeEvaluation& a = after.attributes[i];
    const double old = before.attributes[i].accuracy;
    table.add({a.attribute, fmt::to_string(a.n), percent(a.majority_accuracy), percent(old), percent(a.accuracy),
               points(a.accuracy - old)});
  }
  table.add({"mean", fmt::to_string(after.judgements), percent(after.majority_accuracy), percent(before.accuracy),
             percent(after.accuracy), points(after.accuracy - before.accuracy)});
  return table.to_string();
}

}  // namespace hangtag::evaluate
