#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "base/error.h"
#include "base/version.h"
#include "evaluate/report.h"
#include "evaluate/table.h"
#include "evaluate/text.h"

namespace hangtag::evaluate {

namespace {

constexpr std::size_t kConfusionsInWords = 6;
constexpr std::size_t kExamples = 12;
constexpr std::size_t kValuesInHeatmap = 40;  // the rest stands together in a last row and column

// Colours: one hue for right, one for wrong, told apart by lightness too; text on both keeps a contrast of 4.5.
constexpr const char* kStyle = R"(
:root{--page:#faf8f4;--card:#fff;--ink:#23211d;--soft:#6b665d;--line:#e4dfd5;--right:#3aa793;--wrong:#e8865a;
--tick:#23211d;--track:#f0ece4;--good:#1c7a68;--bad:#b4451c}
@media(prefers-color-scheme:dark){:root{--page:#171614;--card:#211f1c;--ink:#ece8e0;--soft:#a39c90;--line:#38342e;
--right:#1f7f6f;--wrong:#a9512a;--tick:#fff;--track:#2c2925;--good:#5cc9b4;--bad:#f09a6f}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;
font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main{max-width:1120px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:1.9rem;line-height:1.15;margin:0 0 8px;letter-spacing:-.015em}
h2{font-size:1.35rem;margin:0;letter-spacing:-.01em}
h3{font-size:.8rem;margin:0 0 8px;color:var(--soft);font-weight:600;text-transform:uppercase;letter-spacing:.06em}
p{margin:0 0 12px}.lead{font-size:1.1rem;max-width:46em}.soft{color:var(--soft)}.small{font-size:.875rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:22px;margin:20px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:14px;margin:22px 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:14px 18px}
.tile b{display:block;font-size:1.9rem;line-height:1.25;letter-spacing:-.02em}
.tile b small{font-size:1rem;font-weight:400;color:var(--soft);letter-spacing:0}
table{border-collapse:collapse;width:100%}th{font-size:.8rem;font-weight:600;color:var(--soft);text-align:right}
th,td{padding:9px 10px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0;white-space:normal}
td:last-child,th:last-child{padding-right:0}.chart{width:34%;text-align:left}td.chart{padding-top:4px;padding-bottom:4px}
td a{color:inherit;font-weight:600;text-decoration-color:var(--line);text-underline-offset:3px}
tr.mean td{border-bottom:0;font-weight:600}
.chip{display:inline-block;border-radius:99px;padding:1px 9px;font-size:.8rem;border:1px solid var(--line);
color:var(--soft);min-width:7.4em;text-align:center;margin-left:6px}.chip.above{color:var(--good);border-color:currentColor}
.chip.below{color:var(--bad);border-color:currentColor}
.head{display:flex;flex-wrap:wrap;gap:6px 14px;align-items:baseline;margin-bottom:4px}
.columns{display:flex;flex-wrap:wrap;gap:28px;margin-top:18px}.columns>*{min-width:0}
.heat{flex:0 1 auto;max-width:100%;overflow-x:auto}.words{flex:1 1 300px;display:flex;flex-wrap:wrap;gap:6px 40px;align-content:flex-start}
.words>div{flex:1 1 280px}
ul{margin:0 0 18px;padding-left:18px}li{margin:2px 0}
svg{display:block}svg text{font-size:12px;fill:var(--ink)}svg .soft{fill:var(--soft)}
.right{fill:var(--right)}.wrong{fill:var(--wrong)}.grid{fill:var(--track)}.axis{stroke:var(--line)}
.whisker{stroke:var(--ink);stroke-width:1.5}.tick{stroke:var(--tick);stroke-width:3}
.key{display:inline-flex;align-items:center;gap:6px;margin-right:16px}.key svg{flex:none}
.examples{display:grid;grid-template-columns:repeat(auto-fill,minmax(132px,1fr));gap:14px;margin-top:6px}
figure{margin:0;font-size:.82rem;line-height:1.35}figure img{width:100%;height:150px;object-fit:contain;
background:#fff;border:1px solid var(--line);border-radius:10px;margin-bottom:6px}
del{color:var(--bad);text-decoration:none}figure b{color:var(--good)}
dl{display:grid;grid-template-columns:auto 1fr;gap:4px 18px;margin:0;font-size:.9rem}dt{color:var(--soft)}dd{margin:0}
@media(max-width:700px){main{padding:22px 14px 48px}h1{font-size:1.5rem}.card{padding:16px}
thead{display:none}table,tbody{display:block}tr{display:grid;grid-template-columns:1fr auto;gap:2px 12px;
padding:12px 0;border-bottom:1px solid var(--line)}tr.mean{border:0}
td,td:first-child,td:last-child{border:0;padding:0;white-space:normal}td.chart{grid-column:1/-1;grid-row:2;width:100%}
td.accuracy{grid-row:1;grid-column:2}td.more{color:var(--soft);font-size:.85rem;text-align:left}
td.more::before{content:attr(data-label) " "}}
@media print{.card,.tile{break-inside:avoid}}
)";

std::size_t sum(const std::array<std::size_t, AttributeEvaluation::kBins>& bins) {
  return std::accumulate(bins.begin(), bins.end(), std::size_t{0});
}

std::string plural(std::size_t count, const char* unit) {
  return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

std::string value_label(const std::string& value) {
  return value.empty() ? "(no answer)" : escape_html(shorten(value, 60));
}

// The bar is the accuracy, the whisker its interval, the tick the majority baseline; x runs from 0 to 100 %.
std::string accuracy_bar(const AttributeEvaluation& a) {
  return fmt::format(
      R"(<svg width="100%" height="24" role="img" aria-label="accuracy {4}, 95% interval {5} to {6}, majority {7}">)"
      R"(<rect class="grid" y="5" width="100%" height="14" rx="3"/>)"
      R"(<rect class="right" y="5" width="{0:.2f}%" height="14" rx="3"/>)"
      R"(<line class="whisker" x1="{1:.2f}%" x2="{2:.2f}%" y1="12" y2="12"/>)"
      R"(<line class="whisker" x1="{1:.2f}%" x2="{1:.2f}%" y1="8" y2="16"/>)"
      R"(<line class="whisker" x1="{2:.2f}%" x2="{2:.2f}%" y1="8" y2="16"/>)"
      R"(<line class="tick" x1="{3:.2f}%" x2="{3:.2f}%" y1="1" y2="23"/></svg>)",
      100 * a.accuracy, 100 * a.accuracy_interval.low, 100 * a.accuracy_interval.high, 100 * a.majority_accuracy,
      percent(a.accuracy), percent(a.accuracy_interval.low), percent(a.accuracy_interval.high),
      percent(a.majority_accuracy));
}

constexpr const char* kKey =
    R"(<p class="small soft" style="margin:14px 0 0">)"
    R"(<span class="key"><svg width="26" height="14"><rect class="right" y="1" width="26" height="12" rx="3"/></svg>)"
    R"(accuracy</span><span class="key"><svg width="26" height="14"><path class="whisker" d="M1 7H25M1 3V11M25 3V11"/>)"
    R"(</svg>its 95% interval</span><span class="key"><svg width="6" height="16"><path class="tick" d="M3 0V16"/></svg>)"
    R"(always giving the most frequent value</span></p>)";

std::string headline_table(const Evaluation& evaluation) {
  std::string rows;
  std::size_t number = 0;
  for (const AttributeEvaluation& a : evaluation.attributes) {
    rows += fmt::format(
        R"(<tr><td><a href="#a{0}">{1}</a></td><td class="more" data-label="photos">{2}</td>)"
        R"(<td class="more" data-label="majority">{3}</td><td class="accuracy"><b>{4}</b></td><td class="chart">{5}</td>)"
        R"(<td class="more" data-label="macro-F1">{6:.3f}</td>)"
        R"(<td class="more" data-label="gain">{7} <span class="chip {8}">{9}</span></td></tr>)",
        number++, escape_html(a.attribute), a.n, percent(a.majority_accuracy), percent(a.accuracy), accuracy_bar(a),
        a.macro_f1, points(a.gain),
        a.clearly_beats_majority()   ? "above"
        : a.clearly_below_majority() ? "below"
                                     : "",
        against_majority(a));
  }
  return fmt::format(
      R"(<div class="card"><table><thead><tr><th>Attribute</th><th>Photos</th><th>Majority</th><th>Accuracy</th>)"
      R"(<th class="chart">0 to 100%</th><th>Macro-F1</th><th>Against majority</th></tr></thead><tbody>{}<tr class="mean">)"
      R"(<td>Mean</td><td class="more" data-label="answers">{}</td><td class="more" data-label="majority">{}</td>)"
      R"(<td class="accuracy">{}</td><td class="chart"></td><td class="more" data-label="macro-F1">{:.3f}</td>)"
      R"(<td class="more" data-label="gain">{}</td></tr></tbody></table>{}</div>)",
      rows, evaluation.judgements, percent(evaluation.majority_accuracy), percent(evaluation.accuracy),
      evaluation.macro_f1, points(evaluation.accuracy - evaluation.majority_accuracy), kKey);
}

// A matrix of counts with a name for each row and column, no larger than a page bears.
struct Matrix {
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<std::vector<std::size_t>> counts;  // [row][column]
  std::vector<std::size_t> totals;               // of the whole row
};

Matrix confusion_matrix(const AttributeEvaluation& a) {
  const std::size_t shown = std::min(a.values.size(), kValuesInHeatmap);
  const bool others = a.values.size() > shown;
  std::map<std::string, std::size_t> place;
  Matrix matrix;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    place[a.values[i].value] = std::min(i, shown);
    if (i < shown) matrix.columns.push_back(a.values[i].value);
  }
  if (others) matrix.columns.push_back(fmt::format("({} others)", a.values.size() - shown));
  matrix.rows = matrix.columns;
  if (a.empty > 0) {
    place[""] = matrix.columns.size();
    matrix.columns.push_back("");
  }
  matrix.counts.assign(matrix.rows.size(), std::vector<std::size_t>(matrix.columns.size(), 0));
  matrix.totals.assign(matrix.rows.size(), 0);
  for (const auto& [truth, predicted, count] : a.confusion) {
    matrix.counts[place[truth]][place[predicted]] += count;
    matrix.totals[place[truth]] += count;
  }
  // Values that were answered and never true have a column and no row.
  while (!matrix.totals.empty() && matrix.totals.back() == 0) {
    matrix.totals.pop_back();
    matrix.rows.pop_back();
    matrix.counts.pop_back();
  }
  return matrix;
}

std::string heatmap(const AttributeEvaluation& a) {
  constexpr std::size_t kLabel = 22;  // characters
  constexpr double kCharacter = 6.8;  // pixels, of a 12 px sans-serif
  constexpr double kSlope = 0.82;     // sin 55°, the lean of the labels above
  const Matrix matrix = confusion_matrix(a);
  const double cell = matrix.columns.size() <= 8 ? 46 : matrix.columns.size() <= 14 ? 34 : 21;
  double longest_row = 0, longest_column = 0;
  std::vector<std::string> rows, columns;
  for (std::size_t r = 0; r < matrix.rows.size(); ++r) {
    rows.push_back(fmt::format("{} · {}", shorten(printable(matrix.rows[r]), kLabel), matrix.totals[r]));
    longest_row = std::max(longest_row, kCharacter * static_cast<double>(display_width(rows.back())));
  }
  for (const std::string& column : matrix.columns) {
    columns.push_back(column.empty() ? "(no answer)" : shorten(printable(column), kLabel));
    longest_column = std::max(longest_column, kCharacter * static_cast<double>(display_width(columns.back())));
  }
  const double left = longest_row + 10, top = longest_column * kSlope + 16;
  const double width = left + cell * static_cast<double>(columns.size()) + longest_column * 0.57 + 8;
  const double height = top + cell * static_cast<double>(rows.size()) + 4;

  std::string svg = fmt::format(
      R"(<svg width="{0:.0f}" height="{1:.0f}" role="img" aria-label="confusion matrix: a row for each true value, )"
      R"(a column for each answer">)",
      width, height);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const double x = left + cell * (static_cast<double>(c) + 0.5);
    svg += fmt::format(R"svg(<text transform="translate({:.1f} {:.1f}) rotate(-55)">{}</text>)svg", x + 3, top - 6,
                       escape_html(columns[c]));
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double y = top + cell * static_cast<double>(r);
    svg += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)", left - 8, y + cell / 2 + 4,
                       escape_html(rows[r]));
    svg += fmt::format(R"(<rect class="grid" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="3"/>)", left,
                       y + 1, cell * static_cast<double>(columns.size()) - 2, cell - 2);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::size_t count = matrix.counts[r][c];
      if (count == 0) continue;
      const double x = left + cell * static_cast<double>(c);
      const double share = static_cast<double>(count) / static_cast<double>(matrix.totals[r]);
      svg += fmt::format(
          R"(<g><title>{0}, answered {1}: {2} of {3} ({4})</title><rect class="{5}" fill-opacity="{6:.2f}" x="{7:.1f}" )"
          R"(y="{8:.1f}" width="{9:.1f}" height="{9:.1f}" rx="3"/>)",
          value_label(matrix.rows[r]), value_label(matrix.columns[c]), count, matrix.totals[r], percent(share),
          r == c ? "right" : "wrong", 0.15 + 0.85 * std::sqrt(share), x, y + 1, cell - 2);
      if (cell > 30) {
        svg += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)", x + cell / 2 - 1,
                           y + cell / 2 + 4, count);
      }
      svg += "</g>";
    }
  }
  return svg + "</svg>";
}

std::string confusions_in_words(const AttributeEvaluation& a) {
  std::map<std::string, std::size_t> truths;
  for (const ValueScore& score : a.values) truths[score.value] = score.truths;
  std::string items;
  std::size_t shown = 0;
  for (const auto& [truth, predicted, count] : a.confusion) {
    if (truth == predicted) continue;
    if (++shown > kConfusionsInWords) break;
    const std::string share = count == truths[truth] ? fmt::format("all {} of them", truths[truth])
                                                     : fmt::format("{} of {}", count, truths[truth]);
    items += predicted.empty() ? fmt::format("<li><b>{}</b> got no answer: {}</li>", value_label(truth), share)
                               : fmt::format("<li><b>{}</b> taken for <b>{}</b>: {}</li>", value_label(truth),
                                             value_label(predicted), share);
  }
  return items.empty() ? "<p>None: every answer is right.</p>" : "<ul>" + items + "</ul>";
}

std::string histogram(const AttributeEvaluation& a) {
  constexpr double kWidth = 300, kHeight = 110, kBar = kWidth / AttributeEvaluation::kBins;
  std::size_t highest = 1;
  for (std::size_t i = 0; i < a.kBins; ++i) {
    highest = std::max(highest, a.right_by_confidence[i] + a.wrong_by_confidence[i]);
  }
  std::string bars;
  for (std::size_t i = 0; i < a.kBins; ++i) {
    const std::size_t right = a.right_by_confidence[i], wrong = a.wrong_by_confidence[i];
    if (right + wrong == 0) continue;
    const double scale = kHeight / static_cast<double>(highest), x = kBar * static_cast<double>(i);
    const double right_height = scale * static_cast<double>(right), wrong_height = scale * static_cast<double>(wrong);
    bars += fmt::format(R"(<g><title>confidence {0} to {1}%: {2} right, {3} wrong</title>)"
                        R"(<rect class="right" x="{4:.1f}" y="{5:.2f}" width="{6:.1f}" height="{7:.2f}"/>)"
                        R"(<rect class="wrong" x="{4:.1f}" y="{8:.2f}" width="{6:.1f}" height="{9:.2f}"/></g>)",
                        10 * i, 10 * (i + 1), right, wrong, x + 1, kHeight - right_height, kBar - 2, right_height,
                        kHeight - right_height - wrong_height, wrong_height);
  }
  return fmt::format(R"(<svg viewBox="0 -4 {0} {1}" style="width:100%;max-width:380px" role="img" )"
                     R"(aria-label="how many answers are right and wrong, by confidence">{2})"
                     R"(<line class="axis" x1="0" x2="{0}" y1="{3}" y2="{3}"/><text class="soft" y="{4}">0%</text>)"
                     R"(<text class="soft" x="{5}" y="{4}" text-anchor="middle">50%</text>)"
                     R"(<text class="soft" x="{0}" y="{4}" text-anchor="end">100% sure</text></svg>)",
                     kWidth, kHeight + 24, bars, kHeight, kHeight + 15, kWidth / 2);
}

// The share of right answers in each tenth of confidence, beside the diagonal where it ought to be.
std::string reliability(const AttributeEvaluation& a) {
  constexpr double kSide = 200, kBar = kSide / AttributeEvaluation::kBins;
  std::string bars;
  for (std::size_t i = 0; i < a.kBins; ++i) {
    const std::size_t right = a.right_by_confidence[i], given = right + a.wrong_by_confidence[i];
    if (given == 0) continue;
    const double share = static_cast<double>(right) / static_cast<double>(given);
    bars += fmt::format(R"(<g><title>confidence {} to {}%: {} of {} right</title><rect class="right" x="{:.1f}" y="{:.2f}" width="{:.1f}" height="{:.2f}"/></g>)",
                        10 * i, 10 * (i + 1), right, given, kBar * static_cast<double>(i) + 1, kSide * (1 - share), kBar - 2, kSide * share);
  }
  return fmt::format(R"(<svg viewBox="0 0 {0} {1}" style="width:100%;max-width:240px" role="img" aria-label="share of right answers by confidence">)"
                     R"(<rect class="grid" width="{0}" height="{0}"/>{2}<line class="whisker" x1="0" y1="{0}" x2="{0}" y2="0"/>)"
                     R"(<text class="soft" y="{3}">0%</text><text class="soft" x="{0}" y="{3}" text-anchor="end">100% sure</text></svg>)",
                     kSide, kSide + 20, bars, kSide + 15);
}

std::string coverage_in_words(const AttributeEvaluation& a) {
  std::string text;
  for (const auto& [precision, threshold, share, interval] : a.coverage) {
    text += share > 0 ? fmt::format("<li>{} precision: {} of the photos ({} to {}), those with a confidence of {:.3f} or more</li>", percent(precision),
                                    percent(share), percent(interval.low), percent(interval.high), threshold)
                      : fmt::format("<li>{} precision: none of the photos</li>", percent(precision));
  }
  return text;
}

std::string confidence_in_words(const AttributeEvaluation& a) {
  const std::size_t right = sum(a.right_by_confidence), given = a.n - a.empty;
  if (given == 0) return "No answer was given.";
  const double accuracy = static_cast<double>(right) / static_cast<double>(given);
  const double over = a.mean_confidence - accuracy;
  std::string text = fmt::format("Says it is {} sure on average, and is right {} of the time",
                                 percent(a.mean_confidence), percent(accuracy));
  text += std::abs(over) < 0.02 ? ": well calibrated." : over > 0 ? ": too sure of itself." : ": too modest.";
  const std::size_t sure = a.right_by_confidence.back() + a.wrong_by_confidence.back();
  if (sure > 0) {
    text += fmt::format(" Of the {} with 90% or more, {} are right.", plural(sure, "answer"),
                        percent(static_cast<double>(a.right_by_confidence.back()) / static_cast<double>(sure)));
  }
  return text;
}

void check_picture(const std::string& id, const std::string& url) {
  const bool data = url.starts_with("data:image/");
  const auto stop = url.find_first_of(":/?#");
  const bool has_scheme = stop != std::string::npos && url[stop] == ':';
  // A browser reads "\" as "/".
  const bool relative = !url.empty() && url[0] != '/' && url[0] != '\\' && !has_scheme;
  if (data || relative) return;
  base::fail(base::ErrorCode::kInvalid,
             "the picture of {} is at \"{}\"; expected a URL relative to the report, or data:image/…", id,
             shorten(url, 80));
}

std::string examples(const AttributeEvaluation& a, const ReportContext& context) {
  std::string figures;
  for (std::size_t i = 0; i < std::min(a.mistakes.size(), kExamples); ++i) {
    const Judgement& mistake = a.mistakes[i];
    std::string image;
    if (const auto picture = context.pictures.find(mistake.id); picture != context.pictures.end()) {
      image = fmt::format(R"(<img src="{}" alt="" loading="lazy">)", escape_html(picture->second));
    }
    figures += fmt::format(
        "<figure>{}<figcaption><span class=\"soft\">{}</span><br>said <del>{}</del>, {}<br>is <b>{}</b>"
        "</figcaption></figure>",
        image, value_label(mistake.id), value_label(mistake.predicted), percent(mistake.confidence),
        value_label(mistake.truth));
  }
  if (figures.empty()) return "";
  return fmt::format(R"(<h3 style="margin-top:24px">Most confident mistakes</h3><div class="examples">{}</div>)",
                     figures);
}

std::string attribute_section(std::size_t number, const AttributeEvaluation& a, const ReportContext& context) {
  const std::string empty = a.empty == 0 ? "" : fmt::format(" {} got no answer.", plural(a.empty, "photo"));
  return fmt::format(
      R"(<section class="card" id="a{0}"><div class="head"><h2>{1}</h2><span>{2} right on {3}</span></div>)"
      R"(<p class="soft">The most frequent value of the {4} data, <b>{5}</b>, would be right {6} of the time. )"
      R"(The difference is {7} points, between {8} and {9} with 95% confidence.{10}</p>)"
      R"(<div class="columns"><div class="heat"><h3>True value (rows) and answer (columns)</h3>{11}</div>)"
      R"(<div class="words"><div><h3>Most frequent confusions</h3>{12}</div><div><h3>Confidence</h3><p class="small">{13}</p>{14})"
      R"(<p class="small soft"><span class="key"><svg width="14" height="12"><rect class="right" width="14" height="12" rx="2"/></svg>right</span>)"
      R"(<span class="key"><svg width="14" height="12"><rect class="wrong" width="14" height="12" rx="2"/></svg>wrong</span></p>)"
      R"(</div><div><h3>Right by confidence</h3>{16}<p class="small soft">Bars on the line are calibrated; the error (ECE) is {17:.3f}.</p></div>)"
      R"(<div><h3>Can be published unseen</h3><ul class="small">{18}</ul></div></div></div>{15}</section>)",
      number, escape_html(a.attribute), percent(a.accuracy), plural(a.n, "photo"),
      a.majority_from_train ? "training" : "test", value_label(a.majority_value), percent(a.majority_accuracy),
      points(a.gain), points(a.gain_interval.low), points(a.gain_interval.high), empty, heatmap(a),
      confusions_in_words(a), confidence_in_words(a), histogram(a), examples(a, context), reliability(a), a.calibration_error,
      coverage_in_words(a));
}

// "Fabric, Fit and Collar"
std::string listing(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "" : i + 1 < names.size() ? ", " : " and ") + names[i];
  }
  return text;
}

std::string verdict(const Evaluation& evaluation) {
  std::vector<std::string> within, below;
  for (const AttributeEvaluation& a : evaluation.attributes) {
    if (a.clearly_below_majority()) below.push_back(escape_html(a.attribute));
    if (!a.clearly_below_majority() && !a.clearly_beats_majority()) within.push_back(escape_html(a.attribute));
  }
  const std::size_t total = evaluation.attributes.size(), above = total - within.size() - below.size();
  std::string text = fmt::format(
      "On {}, the model gives the right value {} of the time, the mean of {}. Always giving the most frequent value "
      "would "
      "be right {} of the time. ",
      plural(evaluation.photos, "photo"), percent(evaluation.accuracy), plural(total, "attribute"),
      percent(evaluation.majority_accuracy));
  text += above == total ? "It clearly beats that on every attribute."
          : above == 0   ? "It clearly beats that on no attribute."
                         : fmt::format("It clearly beats that on {} of {}.", above, total);
  if (!within.empty()) text += fmt::format(" On {} the difference is within chance.", listing(within));
  if (!below.empty()) text += fmt::format(" On {} it is clearly worse.", listing(below));
  return text;
}

std::string tile(const std::string& title, const std::string& number, const std::string& note) {
  return fmt::format(
      R"(<div class="tile"><span class="small soft">{}</span><b>{}</b><span class="small soft">{}</span></div>)", title,
      number, note);
}

std::string tiles(const Evaluation& evaluation) {
  const auto above = std::count_if(evaluation.attributes.begin(), evaluation.attributes.end(),
                                   [](const auto& a) { return a.clearly_beats_majority(); });
  return R"(<div class="tiles">)" +
         tile("Accuracy", percent(evaluation.accuracy), "majority " + percent(evaluation.majority_accuracy)) +
         tile("Macro-F1", fmt::format("{:.3f}", evaluation.macro_f1),
              fmt::format("majority {:.3f}", evaluation.majority_macro_f1)) +
         tile("Clearly beats majority", fmt::format("{} <small>of {}</small>", above, evaluation.attributes.size()),
              "attributes, at 95% confidence") +
         tile("Calibration error", fmt::format("{:.3f}", evaluation.calibration_error), "ECE; 0 is perfect") +
         tile("Without an answer",
              percent(static_cast<double>(evaluation.empty) / static_cast<double>(evaluation.judgements)),
              fmt::format("{} of {}", evaluation.empty, evaluation.judgements)) +
         "</div>";
}

std::string origin(const Evaluation& evaluation, const ReportContext& context) {
  std::string rows;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) rows += fmt::format("<dt>{}</dt><dd>{}</dd>", name, escape_html(value));
  };
  add("Model", context.model);
  add("Adapter", context.adapter);
  add("Data", context.data);
  add("Split", context.split);
  add("Photos", fmt::to_string(evaluation.photos));
  add("Date", context.date);
  add("Made by", base::version());
  return fmt::format(
      R"(<div class="card"><h3>Where this comes from</h3><dl>{}</dl></div><p class="small soft">Macro-F1 is the mean of the )"
      R"(F1 of every value that is true or answered at least once, each counting the same. Intervals of accuracies are )"
      R"(Wilson’s, of differences Agresti and Min’s for matched pairs; both take the photos for independent.</p>)",
      rows);
}

}  // namespace

std::string report_html(const Evaluation& evaluation, const ReportContext& context) {
  for (const auto& [id, url] : context.pictures) check_picture(id, url);
  std::string sections;
  for (std::size_t i = 0; i < evaluation.attributes.size(); ++i) {
    sections += attribute_section(i, evaluation.attributes[i], context);
  }
  // The policy holds even where a value slipped through as markup: nothing runs, nothing is fetched from elsewhere.
  return fmt::format(
      R"(<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" )"
      R"(content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">)"
      R"(<meta http-equiv="Content-Security-Policy" content="default-src 'none';style-src 'unsafe-inline';img-src 'self' )"
      R"(file: data:"><title>hangtag: evaluation of {}</title><style>{}</style></head><body><main>)"
      R"(<h1>How well are the photos read?</h1><p class="lead">{}</p>{}{}{}{}</main></body></html>)"
      "\n",
      escape_html(context.model), kStyle, verdict(evaluation), tiles(evaluation), headline_table(evaluation), sections,
      origin(evaluation, context));
}

}  // namespace hangtag::evaluate
