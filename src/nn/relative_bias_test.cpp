#include "nn/relative_bias.h"

#include <gtest/gtest.h>

namespace hangtag::nn {
namespace {

struct Case {
  const char* name;
  bool bidirectional;
  std::vector<std::int64_t> distance;
  std::vector<std::int64_t> bucket;
};

// 32 buckets up to distance 128, as in every T5; expected values follow from the paper's definition.
const Case kCases[] = {
    {"near distances have their own bucket", true, {0, -1, -7, 1, 7}, {0, 1, 7, 17, 23}},
    {"far distances share the last bucket of their side", true, {-128, -5000, 128, 5000}, {15, 15, 31, 31}},
    {"the decoder does not look ahead", false, {0, 5, -1, -15}, {0, 0, 1, 15}},
    {"the decoder has all buckets behind it", false, {-16, -127, -128, -5000}, {16, 31, 31, 31}},
};

TEST(RelativeBias, Buckets) {
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const RelativeBiasOptions options{.heads = 2, .buckets = 32, .max_distance = 128, .bidirectional = c.bidirectional};
    const auto bucket = relative_position_bucket(at::tensor(c.distance, at::kLong), options);
    EXPECT_TRUE(bucket.equal(at::tensor(c.bucket, at::kLong))) << bucket;
  }
}

}  // namespace
}  // namespace hangtag::nn
