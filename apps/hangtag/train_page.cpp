#include "train_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"

namespace hangtag::app {
namespace {

struct Point {
  double x, y;
};

struct Curve {
  std::string name, colour;
  std::vector<Point> points;
};

constexpr double kWidth = 720, kHeight = 260, kMargin = 48;

// Curves over one pair of axes, from 0 up to the highest value.
std::string plot(const std::string& title, const std::vector<Curve>& curves) {
  double right = 0, top = 0;
  for (const auto& curve : curves) {
    for (const auto& [x, y] : curve.points) right = std::max(right, x), top = std::max(top, y);
  }
  if (right <= 0 || top <= 0) return {};
  const auto across = [&](double x) { return kMargin + x / right * (kWidth - 2 * kMargin); };
  const auto down = [&](double y) { return kHeight - kMargin - y / top * (kHeight - 2 * kMargin); };
  std::string svg = fmt::format("<h2>{}</h2><svg viewBox='0 0 {} {}' role='img' aria-label='{}'>", title, kWidth, kHeight, title);
  for (int i = 0; i <= 4; ++i) {
    const double y = top * i / 4, x = right * i / 4;
    svg += fmt::format("<line class='grid' x1='{0}' x2='{1}' y1='{2:.1f}' y2='{2:.1f}'/><text x='{3}' y='{4:.1f}' text-anchor='end'>{5:.3g}</text>"
                       "<text x='{6:.1f}' y='{7}' text-anchor='middle'>{8:.3g}</text>",
                       kMargin, kWidth - kMargin, down(y), kMargin - 6, down(y) + 4, y, across(x), kHeight - kMargin + 18, x);
  }
  double legend = kMargin;
  for (const auto& curve : curves) {
    std::string path;
    for (const auto& [x, y] : curve.points) path += fmt::format("{:.1f},{:.1f} ", across(x), down(y));
    svg += fmt::format("<polyline fill='none' stroke='{}' stroke-width='2' points='{}'/><text x='{}' y='20' fill='{}'>{}</text>",
                       curve.colour, path, legend, curve.colour, curve.name);
    legend += 170;
  }
  return svg + fmt::format("<text x='{}' y='{}' text-anchor='middle'>epoch</text></svg>", kWidth / 2, kHeight - 8);
}

}  // namespace

void write_train_page(const std::filesystem::path& run) {
  Curve train{"training loss", "#8a8f98", {}}, validation{"validation loss", "#c2410c", {}}, exact{"exact answers", "#0f766e", {}},
      rate{"learning rate", "#1d4ed8", {}};
  std::vector<std::pair<double, double>> steps;  // step, loss; placed on the axis of epochs when it is known how many they are
  double last_step = 0, last_epoch = 0;
  std::ifstream metrics(run / "metrics.jsonl");
  for (std::string line; std::getline(metrics, line);) {
    const auto json = base::parse_json(line, "metrics.jsonl");
    if (json.at("event") == "epoch") {
      last_epoch = json.at("epoch");
      train.points.push_back({last_epoch, json.at("train_loss_mean")});
      validation.points.push_back({last_epoch, json.at("validation_loss")});
      exact.points.push_back({last_epoch, 100 * json.at("validation_exact").get<double>()});
    } else if (json.at("event") == "step") {
      last_step = json.at("step");
      steps.emplace_back(last_step, json.at("learning_rate"));
    }
  }
  for (const auto& [step, value] : steps) rate.points.push_back({last_epoch * step / std::max(1.0, last_step), value});
  // The first epoch of a model from random weights would flatten all others.
  if (train.points.size() > 2) train.points.erase(train.points.begin());
  const auto options = base::read_json(run / "run.json").dump(2);
  std::string escaped;
  for (const char c : options) escaped += c == '<' ? std::string("&lt;") : c == '&' ? std::string("&amp;") : std::string(1, c);
  base::write_file_atomically(
      run / "report.html",
      fmt::format("<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
                  "<title>Training run</title><style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;"
                  "max-width:760px;margin:2rem auto;padding:0 1rem}}svg{{width:100%}}text{{font:12px system-ui,sans-serif;fill:currentColor}}"
                  ".grid{{stroke:currentColor;opacity:.15}}pre{{overflow:auto;font-size:13px}}</style><h1>Training run</h1>"
                  "{}{}{}<h2>Options</h2><pre>{}</pre></html>\n",
                  plot("Loss of a token", {train, validation}), plot("Validation answers that are exact, in percent", {exact}),
                  plot("Learning rate", {rate}), escaped));
}

}  // namespace hangtag::app
