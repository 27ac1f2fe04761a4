#include "safetensors/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <ostream>

#include "base/error.h"

namespace hangtag::safetensors {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorCode;
using testing::HasSubstr;

std::string length_prefix(std::uint64_t length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes;
}

std::string file_of(const std::string& header, std::size_t data_bytes) {
  return length_prefix(header.size()) + header + std::string(data_bytes, 'x');
}

fs::path forge(const std::string& name, const std::string& bytes) {
  const auto path = fs::path(testing::TempDir()) / (name + ".safetensors");
  base::write_file_atomically(path, bytes);
  return path;
}

TEST(SafetensorsFile, ReadsTensorsAndMetadata) {
  const File file(forge("good", file_of(R"({"__metadata__":{"format":"pt"},
      "bias":{"dtype":"I8","shape":[3],"data_offsets":[8,11]},
      "empty":{"dtype":"F32","shape":[0,4],"data_offsets":[11,11]},
      "scalar":{"dtype":"BOOL","shape":[],"data_offsets":[11,12]},
      "weight":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}  )",
                                        12)));
  EXPECT_EQ(file.metadata(), (Metadata{{"format", "pt"}}));
  ASSERT_EQ(file.tensors().size(), 4u);
  const auto& weight = file.tensors().at("weight");
  EXPECT_EQ(weight.dtype, Dtype::kBF16);
  EXPECT_EQ(weight.shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(file.bytes("weight").size(), 8u);
  EXPECT_EQ(file.bytes("empty").size(), 0u);
  EXPECT_TRUE(file.tensors().at("scalar").shape.empty());
  EXPECT_EQ(file.bytes("bias").data(), file.bytes("weight").data() + 8);
  EXPECT_THROW(file.bytes("absent"), Error);
}

TEST(SafetensorsFile, ReadsAFileWithoutTensors) {
  EXPECT_TRUE(File(forge("none", file_of("{}", 0))).tensors().empty());
}

struct Lie {
  const char* name;
  std::string bytes;
  ErrorCode code;
  const char* message;

  friend void PrintTo(const Lie& lie, std::ostream* out) { *out << lie.name; }
};

std::string one_tensor(const std::string& entry, std::size_t data_bytes) {
  return file_of(R"({"w":)" + entry + "}", data_bytes);
}

class LyingFile : public testing::TestWithParam<Lie> {};

TEST_P(LyingFile, IsRefused) {
  const auto path = forge(GetParam().name, GetParam().bytes);
  try {
    File file(path);
    FAIL() << "was believed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), GetParam().code) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Lies, LyingFile,
    testing::Values(
        Lie{"Empty", "", ErrorCode::kInvalid, "too few"},
        Lie{"ShorterThanItsLengthField", "\x08\0\0", ErrorCode::kInvalid, "too few"},
        Lie{"HeaderLongerThanFile", length_prefix(100) + "{}", ErrorCode::kInvalid, "does not fit"},
        Lie{"HeaderLengthOverflows", length_prefix(~std::uint64_t{0}) + "{}", ErrorCode::kLimit, "header of"},
        Lie{"HeaderOverCap", length_prefix(100'000'001) + "{}", ErrorCode::kLimit, "header of"},
        Lie{"HeaderIsNotJson", file_of("{\"w\":", 0), ErrorCode::kInvalid, "not valid JSON"},
        Lie{"HeaderIsEmpty", file_of("", 0), ErrorCode::kInvalid, "not valid JSON"},
        Lie{"HeaderIsInvalidUtf8", file_of("{\"\xff\":1}", 0), ErrorCode::kInvalid, "not valid JSON"},
        Lie{"BytesAfterTheJson", file_of(std::string("{}\0", 3), 0), ErrorCode::kInvalid, "not valid JSON"},
        Lie{"HeaderIsAList", file_of("[]", 0), ErrorCode::kInvalid, "JSON object"},
        Lie{"DeepNesting", file_of(std::string(100'000, '['), 0), ErrorCode::kInvalid, "nested deeper"},
        Lie{"DuplicateTensor",
            file_of(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                    R"("w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                    1),
            ErrorCode::kInvalid, "names \"w\" twice"},
        Lie{"DuplicateShape", one_tensor(R"({"dtype":"U8","shape":[9],"shape":[1],"data_offsets":[0,1]})", 1),
            ErrorCode::kInvalid, "names \"shape\" twice"},
        Lie{"TensorIsNotAnObject", one_tensor("1", 0), ErrorCode::kInvalid, "tensor \"w\""},
        Lie{"NoDtype", one_tensor(R"({"shape":[1],"data_offsets":[0,1]})", 1), ErrorCode::kInvalid, "\"dtype\""},
        Lie{"UnknownDtype", one_tensor(R"({"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]})", 1),
            ErrorCode::kUnsupported, "tensor \"w\": dtype \"F8_E4M3\""},
        Lie{"NoShape", one_tensor(R"({"dtype":"U8","data_offsets":[0,1]})", 1), ErrorCode::kInvalid, "\"shape\""},
        Lie{"NegativeSize", one_tensor(R"({"dtype":"U8","shape":[-1],"data_offsets":[0,1]})", 1), ErrorCode::kInvalid,
            "natural numbers"},
        Lie{"FractionalSize", one_tensor(R"({"dtype":"U8","shape":[1.0],"data_offsets":[0,1]})", 1),
            ErrorCode::kInvalid, "natural numbers"},
        Lie{"ShapeOverflows", one_tensor(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]})", 0),
            ErrorCode::kInvalid, "more elements"},
        Lie{"ElementSizeOverflows",
            one_tensor(R"({"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]})", 0), ErrorCode::kInvalid,
            "more elements"},
        Lie{"NoOffsets", one_tensor(R"({"dtype":"U8","shape":[1]})", 1), ErrorCode::kInvalid, "\"data_offsets\""},
        Lie{"ThreeOffsets", one_tensor(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1,1]})", 1), ErrorCode::kInvalid,
            "a begin and an end"},
        Lie{"EndBeforeBegin", one_tensor(R"({"dtype":"U8","shape":[1],"data_offsets":[1,0]})", 1), ErrorCode::kInvalid,
            "a begin and an end"},
        Lie{"EndBehindTheFile", one_tensor(R"({"dtype":"U8","shape":[2],"data_offsets":[0,2]})", 1),
            ErrorCode::kInvalid, "within the 1 bytes"},
        Lie{"FewerBytesThanTheShape", one_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})", 4),
            ErrorCode::kInvalid, "takes 8 bytes"},
        Lie{"Overlap",
            file_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                    R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                    3),
            ErrorCode::kInvalid, "overlaps"},
        Lie{"SameBytesTwice",
            file_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                    R"("b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
                    2),
            ErrorCode::kInvalid, "overlaps"},
        Lie{"HoleBefore", one_tensor(R"({"dtype":"U8","shape":[1],"data_offsets":[1,2]})", 2), ErrorCode::kInvalid,
            "tensor \"w\" begins at byte 1"},
        Lie{"BytesBehindTheLastTensor", one_tensor(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})", 2),
            ErrorCode::kInvalid, "the file holds 2"},
        Lie{"MetadataIsNotText", file_of(R"({"__metadata__":{"epoch":3}})", 0), ErrorCode::kInvalid,
            "names to strings"}),
    [](const auto& lie) { return lie.param.name; });

}  // namespace
}  // namespace hangtag::safetensors
