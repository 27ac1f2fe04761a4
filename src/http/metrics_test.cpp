#include "http/metrics.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hangtag::http {
namespace {

TEST(Metrics, AreWrittenAsPrometheusReadsThem) {
  Metrics metrics;
  metrics.counter({.name = "b_total", .help = "B\nand \\.", .labels = {"x"}}).add(2, {"a\"\\\n"});
  metrics.gauge({.name = "a", .help = "A."}).set(1.5);
  auto& histogram = metrics.histogram({.name = "c_seconds", .help = "C.", .labels = {"x"}, .bounds = {0.1, 1}});
  for (const double value : {0.1, 0.5, 1.5}) histogram.observe(value, {"y"});
  metrics.counter({.name = "d_total", .help = "D."});
  EXPECT_EQ(metrics.text(),
            "# HELP a A.\n# TYPE a gauge\na 1.5\n"
            "# HELP b_total B\\nand \\\\.\n# TYPE b_total counter\nb_total{x=\"a\\\"\\\\\\n\"} 2\n"
            "# HELP c_seconds C.\n# TYPE c_seconds histogram\n"
            "c_seconds_bucket{x=\"y\",le=\"0.1\"} 1\nc_seconds_bucket{x=\"y\",le=\"1\"} 2\n"
            "c_seconds_bucket{x=\"y\",le=\"+Inf\"} 3\nc_seconds_sum{x=\"y\"} 2.1\nc_seconds_count{x=\"y\"} 3\n"
            "# HELP d_total D.\n# TYPE d_total counter\nd_total 0\n");
}

TEST(Metrics, OneNameIsOneFamily) {
  Metrics metrics;
  auto& family = metrics.counter({.name = "a_total", .help = "A."});
  EXPECT_EQ(&metrics.counter({.name = "a_total", .help = "A."}), &family);
  EXPECT_THROW(metrics.gauge({.name = "a_total", .help = "A."}), base::Error);
  EXPECT_NE(metrics.text().find("a_total 0"), std::string::npos);
}

TEST(Metrics, RefuseWrongUse) {
  Metrics metrics;
  EXPECT_THROW(metrics.counter({.name = "a b", .help = ""}), base::Error);
  EXPECT_THROW(metrics.gauge({.name = "a", .help = "", .labels = {"1"}}), base::Error);
  EXPECT_THROW(metrics.gauge({.name = "a", .help = "", .bounds = {1}}), base::Error);
  EXPECT_THROW(metrics.histogram({.name = "a", .help = ""}), base::Error);
  EXPECT_THROW(metrics.histogram({.name = "a", .help = "", .bounds = {1, 1}}), base::Error);
  EXPECT_EQ(metrics.text(), "");
  auto& counter = metrics.counter({.name = "a", .help = "", .labels = {"x"}});
  EXPECT_THROW(counter.add(1), base::Error);
  EXPECT_THROW(counter.add(-1, {"x"}), base::Error);
  EXPECT_THROW(counter.set(1, {"x"}), base::Error);
  EXPECT_THROW(counter.observe(1, {"x"}), base::Error);
}

}  // namespace
}  // namespace hangtag::http
