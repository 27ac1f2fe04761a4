#include "safetensors/write.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "safetensors/checkpoint_files.h"

namespace hangtag::safetensors {
namespace {

namespace fs = std::filesystem;
using base::Error;
using testing::ElementsAre;

class WriteTest : public testing::Test {
 protected:
  WriteTest() : folder_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
  }
  ~WriteTest() override { fs::remove_all(folder_); }

  fs::path folder_;
};

// `text` as a tensor of one dimension, its characters the elements' bytes.
TensorSource source(const std::string& name, Dtype dtype, const std::string& text) {
  return {.name = name,
          .dtype = dtype,
          .shape = {static_cast<std::int64_t>(text.size() / size_of(dtype))},
          .bytes = [text] { return std::as_bytes(std::span(text)); }};
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_F(WriteTest, LaysOutAsTheReferenceImplementation) {
  const auto path = folder_ / "a.safetensors";
  write_file(path, {source("bytes", Dtype::kU8, "abc"), source("z", Dtype::kF32, "01234567"),
                    source("a", Dtype::kF16, "xy"), source("c", Dtype::kF32, "wxyz")});
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"c":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
      R"("z":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"a":{"dtype":"F16","shape":[1],"data_offsets":[12,14]},)"
      R"("bytes":{"dtype":"U8","shape":[3],"data_offsets":[14,17]}})";
  const auto bytes = base::read_file(path);
  EXPECT_EQ(bytes.substr(8, header.size()), header);
  EXPECT_TRUE(bytes.ends_with(" wxyz01234567xyabc"));
  EXPECT_EQ((bytes.size() - 17) % 8, 0u);
  const auto header_bytes = static_cast<unsigned char>(bytes[0]) + 256u * static_cast<unsigned char>(bytes[1]);
  EXPECT_EQ(header_bytes, bytes.size() - 17 - 8);
}

TEST_F(WriteTest, ReadsBackWhatItWrote) {
  write_file(folder_ / "a.safetensors",
             {source("scalar-like", Dtype::kI64, "01234567"), source("none", Dtype::kF64, "")}, {{"who", "wro\"te"}});
  const File file(folder_ / "a.safetensors");
  EXPECT_EQ(file.metadata(), (Metadata{{"who", "wro\"te"}}));
  EXPECT_EQ(text_of(file.bytes("scalar-like")), "01234567");
  EXPECT_THAT(file.tensors().at("none").shape, ElementsAre(0));
}

TEST_F(WriteTest, LeavesTheOldFileWhenATensorIsWrong) {
  const auto path = folder_ / "a.safetensors";
  write_file(path, {source("a", Dtype::kU8, "old")});
  auto wrong = source("b", Dtype::kU8, "new");
  wrong.shape = {4};
  EXPECT_THROW(write_file(path, {source("a", Dtype::kU8, "new"), wrong}), Error);
  wrong.shape = {-1};
  EXPECT_THROW(write_file(path, {wrong}), Error);
  EXPECT_THROW(write_file(path, {source("a", Dtype::kU8, "1"), source("a", Dtype::kU8, "2")}), Error);
  EXPECT_EQ(text_of(File(path).bytes("a")), "old");
}

TEST_F(WriteTest, OneFileWhenItFits) {
  write_sharded(folder_, {source("a", Dtype::kU8, "12"), source("b", Dtype::kU8, "34")}, 4);
  EXPECT_TRUE(fs::exists(folder_ / kSingleFile));
  EXPECT_FALSE(fs::exists(folder_ / kIndexFile));
}

TEST_F(WriteTest, ShardsWhenItDoesNotFit) {
  write_sharded(folder_,
                {source("d", Dtype::kU8, "12"), source("c", Dtype::kU8, "34"), source("large", Dtype::kU8, "1234567"),
                 source("a", Dtype::kU8, "5")},
                4);
  const auto index = base::read_json(folder_ / kIndexFile);
  EXPECT_EQ(index, base::Json::parse(R"({"metadata": {"total_size": 12}, "weight_map": {
      "a": "model-00003-of-00003.safetensors", "c": "model-00001-of-00003.safetensors",
      "d": "model-00001-of-00003.safetensors", "large": "model-00002-of-00003.safetensors"}})"));
  const CheckpointFiles files(folder_);
  EXPECT_THAT(files.names(), ElementsAre("a", "c", "d", "large"));
  EXPECT_EQ(text_of(files.at("large").bytes), "1234567");
}

TEST_F(WriteTest, ReplacesACheckpointOfTheOtherKind) {
  write_sharded(folder_, {source("a", Dtype::kU8, "old")}, 100);
  write_sharded(folder_, {source("b", Dtype::kU8, "12"), source("c", Dtype::kU8, "34")}, 2);
  EXPECT_THAT(CheckpointFiles(folder_).names(), ElementsAre("b", "c"));
  write_sharded(folder_, {source("d", Dtype::kU8, "new")}, 100);
  EXPECT_THAT(CheckpointFiles(folder_).names(), ElementsAre("d"));
}

}  // namespace
}  // namespace hangtag::safetensors
