#include "http/metrics.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "http/text.h"

namespace hangtag::http {

namespace {

using base::ErrorCode;

bool is_name(std::string_view text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '_' || c == ':'; });
}

std::string escaped(std::string_view text, bool quotes) {
  std::string result;
  for (const char c : text) {
    if (c == '\\' || (quotes && c == '"')) result += '\\';
    result += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return result;
}

std::string labelled(const std::vector<std::string>& names, const Family::Values& values, std::string extra = {}) {
  std::vector<std::string> pairs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    pairs.push_back(fmt::format("{}=\"{}\"", names[i], escaped(values[i], true)));
  }
  if (!extra.empty()) pairs.push_back(std::move(extra));
  return pairs.empty() ? "" : fmt::format("{{{}}}", fmt::join(pairs, ","));
}

}  // namespace

Family::Family(Kind kind, Description description) : kind_(kind), description_(std::move(description)) {
  const auto& [name, help, labels, bounds] = description_;
  if (!is_name(name) || !std::ranges::all_of(labels, is_name)) {
    base::fail(ErrorCode::kUsage, "the metric \"{}\" or one of its labels has a name that Prometheus does not take",
               name);
  }
  const bool rising = std::ranges::adjacent_find(bounds, std::greater_equal<>()) == bounds.end();
  const bool finite = std::ranges::all_of(bounds, [](double bound) { return std::isfinite(bound); });
  if ((kind == Kind::kHistogram) == bounds.empty() || !rising || !finite) {
    base::fail(ErrorCode::kUsage, "the metric {} has {} bounds; expected rising ones for a histogram, else none", name,
               bounds.size());
  }
  // What has no labels is there from the start, so that a rate can be told from its first change.
  if (labels.empty()) series_[{}].buckets.resize(kind == Kind::kHistogram ? bounds.size() + 1 : 0);
}

Family::Series& Family::series(Kind allowed, Kind also_allowed, const Values& labels) {
  if ((kind_ != allowed && kind_ != also_allowed) || labels.size() != description_.labels.size()) {
    base::fail(ErrorCode::kInternal, "the metric {} is of another kind, or has {} labels and was given {}",
               description_.name, description_.labels.size(), labels.size());
  }
  auto& found = series_[labels];
  if (kind_ == Kind::kHistogram) found.buckets.resize(description_.bounds.size() + 1);
  return found;
}

void Family::add(double amount, const Values& labels) {
  const std::lock_guard lock(mutex_);
  auto& found = series(Kind::kCounter, Kind::kGauge, labels);
  if (kind_ == Kind::kCounter && !(amount >= 0)) {
    base::fail(ErrorCode::kInternal, "the counter {} is given {}; counters only rise", description_.name, amount);
  }
  found.value += amount;
}

void Family::set(double value, const Values& labels) {
  const std::lock_guard lock(mutex_);
  series(Kind::kGauge, Kind::kGauge, labels).value = value;
}

void Family::observe(double value, const Values& labels) {
  const std::lock_guard lock(mutex_);
  auto& found = series(Kind::kHistogram, Kind::kHistogram, labels);
  const auto& bounds = description_.bounds;
  ++found.buckets[static_cast<std::size_t>(std::ranges::lower_bound(bounds, value) - bounds.begin())];
  found.value += value;
}

std::string Family::text() const {
  constexpr const char* kKinds[] = {"counter", "gauge", "histogram"};
  const auto& [name, help, labels, bounds] = description_;
  auto text = fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, escaped(help, false),
                          kKinds[static_cast<std::size_t>(kind_)]);
  const std::lock_guard lock(mutex_);
  for (const auto& [values, series] : series_) {
    if (kind_ != Kind::kHistogram) {
      text += fmt::format("{}{} {}\n", name, labelled(labels, values), series.value);
      continue;
    }
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < series.buckets.size(); ++i) {
      count += series.buckets[i];
      const auto bound = i < bounds.size() ? fmt::format("le=\"{}\"", bounds[i]) : "le=\"+Inf\"";
      text += fmt::format("{}_bucket{} {}\n", name, labelled(labels, values, bound), count);
    }
    text += fmt::format("{0}_sum{1} {2}\n{0}_count{1} {3}\n", name, labelled(labels, values), series.value, count);
  }
  return text;
}

Family& Metrics::counter(Family::Description description) {
  return family(Family::Kind::kCounter, std::move(description));
}

Family& Metrics::gauge(Family::Description description) {
  return family(Family::Kind::kGauge, std::move(description));
}

Family& Metrics::histogram(Family::Description description) {
  return family(Family::Kind::kHistogram, std::move(description));
}

Family& Metrics::family(Family::Kind kind, Family::Description description) {
  auto made = std::make_unique<Family>(kind, std::move(description));
  const std::lock_guard lock(mutex_);
  auto& found = families_[made->name()];
  if (!found) found = std::move(made);
  if (found->kind() != kind) {
    base::fail(ErrorCode::kUsage, "the metric {} exists already, as another kind; give this one another name",
               found->name());
  }
  return *found;
}

std::string Metrics::text() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [name, family] : families_) text += family->text();
  return text;
}

}  // namespace hangtag::http
