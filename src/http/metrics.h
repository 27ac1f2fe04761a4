// Counters, gauges and histograms, read by Prometheus.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace hangtag::http {

// All of one name; one series for each combination of label values. May be used by several threads at once. Calls throw
// kInternal unless they give a value for every label. Series are never forgotten: give labels few values.
class Family {
 public:
  enum class Kind { kCounter, kGauge, kHistogram };
  struct Description {
    std::string name;  // [a-zA-Z_:][a-zA-Z0-9_:]*; counters end in _total, times in _seconds
    std::string help;
    std::vector<std::string> labels{};
    std::vector<double> bounds{};  // of a histogram: upper ones, rising, without infinity
  };
  using Values = std::vector<std::string>;

  Family(Kind kind, Description description);  // throws kUsage

  void add(double amount, const Values& labels = {});     // counters (never less than 0) and gauges
  void set(double value, const Values& labels = {});      // gauges
  void observe(double value, const Values& labels = {});  // histograms

  Kind kind() const { return kind_; }
  const std::string& name() const { return description_.name; }
  std::string text() const;

 private:
  struct Series {
    double value = 0;  // of a histogram: the sum
    std::vector<std::uint64_t> buckets{};
  };
  Series& series(Kind allowed, Kind also_allowed, const Values& labels);  // with the lock held

  Kind kind_;
  Description description_;
  mutable std::mutex mutex_;
  std::map<Values, Series> series_;
};

// May be used by several threads at once; families live as long as this does.
class Metrics {
 public:
  // The family of this name, made where there is none. Throws kUsage where there is one of another kind.
  Family& counter(Family::Description description);
  Family& gauge(Family::Description description);
  Family& histogram(Family::Description description);

  std::string text() const;  // exposition format 0.0.4, to be sent as kContentType
  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  Family& family(Family::Kind kind, Family::Description description);

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Family>> families_;
};

}  // namespace hangtag::http
