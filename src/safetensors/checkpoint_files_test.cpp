#include "safetensors/checkpoint_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/error.h"
#include "safetensors/write.h"

namespace hangtag::safetensors {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;

// A folder with one.safetensors, which holds a and b, two.safetensors, which holds c, and the index given.
class CheckpointFilesTest : public testing::Test {
 protected:
  CheckpointFilesTest()
      : folder_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    write_file(folder_ / "one.safetensors", {byte_tensor("a"), byte_tensor("b")});
    write_file(folder_ / "two.safetensors", {byte_tensor("c")});
  }
  ~CheckpointFilesTest() override { fs::remove_all(folder_); }

  static TensorSource byte_tensor(const std::string& name) {
    static const std::byte kByte{7};
    return {.name = name, .dtype = Dtype::kU8, .shape = {1}, .bytes = [] { return std::span(&kByte, 1); }};
  }

  void write_index(const std::string& text) const { base::write_file_atomically(folder_ / kIndexFile, text); }

  void expect_refused(ErrorCode code, const std::string& message) const {
    try {
      CheckpointFiles files(folder_);
      FAIL() << "was believed";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }

  fs::path folder_;
};

TEST_F(CheckpointFilesTest, ReadsShards) {
  write_index(R"({"weight_map": {"a": "one.safetensors", "b": "one.safetensors", "c": "two.safetensors"}})");
  const CheckpointFiles files(folder_);
  EXPECT_THAT(files.names(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(files.files().size(), 2u);
  EXPECT_TRUE(files.contains("c"));
  EXPECT_FALSE(files.contains("d"));
  EXPECT_THROW(files.at("d"), Error);
}

TEST_F(CheckpointFilesTest, ReadsOneFile) {
  EXPECT_THAT(CheckpointFiles(folder_ / "two.safetensors").names(), ElementsAre("c"));
}

TEST_F(CheckpointFilesTest, AViewOutlivesTheCheckpoint) {
  std::optional<CheckpointFiles> files(folder_ / "two.safetensors");
  const auto view = files->at("c");
  files.reset();
  fs::remove(folder_ / "two.safetensors");
  EXPECT_EQ(view.bytes[0], std::byte{7});
}

TEST_F(CheckpointFilesTest, FolderWithoutACheckpoint) {
  expect_refused(ErrorCode::kNotFound, "neither model.saf");
}

TEST_F(CheckpointFilesTest, IndexWithoutWeightMap) {
  write_index("{}");
  expect_refused(ErrorCode::kInvalid, "\"weight_map\" is missing");
}

TEST_F(CheckpointFilesTest, MissingShard) {
  write_index(R"({"weight_map": {"a": "three.safetensors"}})");
  expect_refused(ErrorCode::kNotFound, "the shard \"three.safetensors\" is missing");
}

TEST_F(CheckpointFilesTest, ListedTensorThatNoShardHolds) {
  write_index(R"({"weight_map": {"a": "one.safetensors", "b": "one.safetensors", "d": "two.safetensors"}})");
  expect_refused(ErrorCode::kMismatch, "tensor \"d\" should be in two.safetensors");
}

TEST_F(CheckpointFilesTest, TensorInAnotherShard) {
  write_index(R"({"weight_map": {"a": "one.safetensors", "b": "two.safetensors", "c": "two.safetensors"}})");
  expect_refused(ErrorCode::kMismatch, "tensor \"b\" should be in two.safetensors");
}

TEST_F(CheckpointFilesTest, TensorThatIsNotListed) {
  write_index(R"({"weight_map": {"a": "one.safetensors"}})");
  expect_refused(ErrorCode::kMismatch, "tensor \"b\" of one.safetensors is not listed");
}

TEST_F(CheckpointFilesTest, TensorInTwoShards) {
  write_file(folder_ / "two.safetensors", {byte_tensor("a")});
  write_index(R"({"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}})");
  expect_refused(ErrorCode::kMismatch, "tensor \"a\" is both in");
}

TEST_F(CheckpointFilesTest, ShardOutsideTheFolder) {
  for (const char* shard : {"../one.safetensors", "/one.safetensors", "..", "", "sub/one.safetensors"}) {
    write_index(fmt::format(R"({{"weight_map": {{"a": "{}"}}}})", shard));
    expect_refused(ErrorCode::kInvalid, "in the same folder");
  }
}

}  // namespace
}  // namespace hangtag::safetensors
