#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "model/adapter.h"
#include "model/checkpoint.h"
#include "model/outliers.h"
#include "model/tensor_bytes.h"
#include "model/testing.h"
#include "safetensors/checkpoint_files.h"
#include "safetensors/write.h"

namespace hangtag::model {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using ::testing::HasSubstr;

class ModelTest : public ::testing::Test {
 protected:
  ModelTest() : folder_(fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~ModelTest() override { fs::remove_all(folder_); }

  at::Tensor photos(std::int64_t count) const { return at::rand({count, 3, 28, 28}); }

  fs::path folder_;
};

struct Caught {
  ErrorCode code;
  std::string message;
};

Caught caught(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return {error.code(), error.what()};
  }
  return {ErrorCode::kInternal, "no error"};
}

// Logits for two questions of different length about two photos.
at::Tensor example_logits(Blip2& model, const at::Tensor& pixels) {
  const at::NoGradGuard no_grad;
  const auto text = pad({{5, 6, 7, 8, 9, 1}, {10, 11, 1}}, 0);
  return model(model->image_features(pixels), text, pad_labels({{12, 13, 1}, {14, 1}}));
}

// Rewrites a saved checkpoint's tensors.
void rewrite(const fs::path& folder, const std::function<void(std::vector<safetensors::TensorSource>&)>& change) {
  std::vector<safetensors::TensorSource> tensors;
  {
    const safetensors::CheckpointFiles files(folder);
    for (const auto& name : files.names()) {
      const auto view = files.at(name);
      tensors.push_back({.name = name, .dtype = view.info.dtype, .shape = view.info.shape, .bytes = [view] { return view.bytes; }});
    }
  }
  change(tensors);
  safetensors::write_file(folder / "model.safetensors", tensors);
}

// 8 bits: near float32, the same before and after a trip to the disk, whole again where floats are wanted.
TEST_F(ModelTest, Int8IsNearAndSurvivesSaving) {
  auto dense = testing::tiny_checkpoint();
  save_checkpoint(folder_ / "dense", dense);
  const auto pixels = photos(2);
  const auto expected = example_logits(dense.model, pixels);
  const auto error = [&](const at::Tensor& logits) { return ((logits - expected).norm() / expected.norm()).item<double>(); };

  auto int8 = load_checkpoint(folder_ / "dense", {.int8 = true});
  const auto logits = example_logits(int8.model, pixels);
  EXPECT_LT(error(logits), 0.05);
  EXPECT_GT(error(logits), 1e-6);

  save_checkpoint(folder_ / "int8", int8, {.dtype = std::nullopt});
  EXPECT_FALSE(is_int8_checkpoint(folder_ / "dense"));
  EXPECT_TRUE(is_int8_checkpoint(folder_ / "int8"));
  auto again = load_checkpoint(folder_ / "int8", {.int8 = true});
  EXPECT_TRUE(example_logits(again.model, pixels).equal(logits));
  auto widened = load_checkpoint(folder_ / "int8");
  for (const auto& [name, linear] : linear_layers(widened.model)) EXPECT_FALSE(linear->is_int8()) << name;
  EXPECT_LT(error(example_logits(widened.model, pixels)), 0.05);
  EXPECT_EQ(caught([&] { load_checkpoint(folder_ / "int8", {.dtype = at::kBFloat16, .int8 = true}); }).code, ErrorCode::kUsage);
}

TEST_F(ModelTest, Int8KeepsOutlierColumns) {
  auto dense = testing::tiny_checkpoint();
  watch_inputs(dense.model);
  const auto pixels = photos(2);
  example_logits(dense.model, pixels);
  const auto columns = outlier_columns(dense.model, 1.01);
  EXPECT_FALSE(columns.empty());
  for (const auto& [name, kept] : columns) EXPECT_EQ(kept.numel(), linear_layers(dense.model).at(name)->in() / 32) << name;
  save_checkpoint(folder_ / "dense", dense);
  auto int8 = load_checkpoint(folder_ / "dense", {.int8 = true, .outlier_columns = columns});
  save_checkpoint(folder_ / "int8", int8, {.dtype = std::nullopt});
  auto again = load_checkpoint(folder_ / "int8", {.int8 = true});
  EXPECT_TRUE(example_logits(again.model, pixels).equal(example_logits(int8.model, pixels)));
}

TEST_F(ModelTest, SavedAndLoadedIsTheSameModel) {
  auto saved = testing::tiny_checkpoint();
  const auto pixels = photos(2);
  const auto expected = example_logits(saved.model, pixels);
  for (const auto shard_bytes : {std::uint64_t{1} << 30, std::uint64_t{20000}}) {
    save_checkpoint(folder_ / "m", saved, {.max_shard_bytes = shard_bytes});
    auto loaded = load_checkpoint(folder_ / "m");
    EXPECT_TRUE(example_logits(loaded.model, pixels).equal(expected));
  }
  auto writable = load_checkpoint(folder_ / "m", {.memory = Memory::kWritable});
  for (auto& parameter : writable.model->parameters()) parameter.add_(0.1);  // a mapped file would end the process here
}

TEST_F(ModelTest, HalfPrecisionIsCloseToFull) {
  auto saved = testing::tiny_checkpoint();
  const auto pixels = photos(2);
  const auto expected = example_logits(saved.model, pixels);
  save_checkpoint(folder_ / "m", saved, {.dtype = at::kBFloat16});
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kHalf}) {
    auto loaded = load_checkpoint(folder_ / "m", {.dtype = dtype});
    const auto difference = (example_logits(loaded.model, pixels).to(at::kFloat) - expected).abs().max().item<float>();
    EXPECT_LT(difference, 0.2) << c10::toString(dtype);
  }
}

TEST_F(ModelTest, WrongTensorsAreNamed) {
  save_checkpoint(folder_, testing::tiny_checkpoint());
  struct Case {
    const char* name;
    std::function<void(std::vector<safetensors::TensorSource>&)> change;
    const char* message;
  };
  const std::vector<std::byte> zeros(4096);
  const Case cases[] = {
      {"missing", [](auto& tensors) { std::erase_if(tensors, [](auto& t) { return t.name == "query_tokens"; }); },
       "\"query_tokens\" is missing"},
      {"misshapen",
       [&](auto& tensors) {
         for (auto& t : tensors) {
           if (t.name != "query_tokens") continue;
           t.shape = {1, 4, 20};
           t.bytes = [&] { return std::span(zeros).first(320); };
         }
       },
       "\"query_tokens\" is [1, 4, 20], config.json implies [1, 5, 20]"},
      {"extra",
       [&](auto& tensors) {
         tensors.push_back({"opt.weight", safetensors::Dtype::kF32, {2}, [&] { return std::span(zeros).first(8); }});
       },
       "the first \"opt.weight\""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    save_checkpoint(folder_, testing::tiny_checkpoint());
    rewrite(folder_, c.change);
    const auto error = caught([&] { load_checkpoint(folder_); });
    EXPECT_EQ(error.code, ErrorCode::kMismatch);
    EXPECT_THAT(error.message, HasSubstr(c.message));
  }
}

TEST_F(ModelTest, EmbeddingMayBeStoredAsItsCopyAlone) {
  auto saved = testing::tiny_checkpoint();
  save_checkpoint(folder_, saved);
  rewrite(folder_, [](auto& tensors) {
    for (auto& t : tensors) {
      if (t.name == "language_model.shared.weight") t.name = "language_model.encoder.embed_tokens.weight";
    }
  });
  auto loaded = load_checkpoint(folder_);
  const auto pixels = photos(2);
  EXPECT_TRUE(example_logits(loaded.model, pixels).equal(example_logits(saved.model, pixels)));
}

TEST_F(ModelTest, UnusableConfigsAreRefusedByField) {
  struct Case {
    const char* name;
    const char* pointer;
    base::Json value;
    ErrorCode code;
    const char* message;
  };
  const Case cases[] = {
      {"another kind of model", "/model_type", "llava", ErrorCode::kUnsupported, "\"llava\", expected \"blip-2\""},
      {"a decoder-only language model", "/text_config/model_type", "opt", ErrorCode::kUnsupported, "\"opt\""},
      {"a size of zero", "/vision_config/num_hidden_layers", 0, ErrorCode::kInvalid, "\"num_hidden_layers\" is 0"},
      {"a size that is no number", "/text_config/d_model", "big", ErrorCode::kInvalid, "\"d_model\""},
      {"a width that heads do not divide", "/qformer_config/hidden_size", 21, ErrorCode::kInvalid, "not a multiple"},
      {"an unknown activation", "/vision_config/hidden_act", "mish", ErrorCode::kUnsupported, "\"mish\""},
      {"a section that is missing", "/text_config", nullptr, ErrorCode::kInvalid, "\"text_config\" is missing"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    save_checkpoint(folder_, testing::tiny_checkpoint());
    auto json = base::read_json(folder_ / "config.json");
    json[base::Json::json_pointer(c.pointer)] = c.value;
    base::write_file_atomically(folder_ / "config.json", json.dump());
    const auto error = caught([&] { load_checkpoint(folder_); });
    EXPECT_EQ(error.code, c.code) << error.message;
    EXPECT_THAT(error.message, HasSubstr(c.message));
  }
}

TEST_F(ModelTest, BatchEqualsItsRows) {
  auto checkpoint = testing::tiny_checkpoint();
  const auto pixels = photos(2);
  const auto both = example_logits(checkpoint.model, pixels);
  const at::NoGradGuard no_grad;
  const auto features = checkpoint.model->image_features(pixels.slice(0, 1, 2));
  const auto alone = checkpoint.model(features, pad({{10, 11, 1}}, 0), pad_labels({{14, 1}}));
  EXPECT_LT((both[1].slice(0, 0, 2) - alone[0]).abs().max().item<float>(), 1e-5);
}

TEST_F(ModelTest, DecodingStepByStepEqualsAllAtOnce) {
  auto checkpoint = testing::tiny_checkpoint();
  auto& model = checkpoint.model;
  const at::NoGradGuard no_grad;
  const auto features = model->image_features(photos(1));
  const auto text = pad({{5, 6, 1}}, 0);
  auto state = model->start(features, text);
  const auto ids = at::tensor({0, 12, 13, 14}, at::kLong).unsqueeze(0);
  const auto all = model->decode({.ids = ids}, state);
  auto stepwise = model->start(features, text);
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto step = model->decode({.ids = ids.slice(1, i, i + 1)}, stepwise);
    EXPECT_LT((step.select(1, 0) - all.select(1, i)).abs().max().item<float>(), 1e-5) << i;
  }
}

TEST_F(ModelTest, PaddingOfLabelsDoesNotCount) {
  const auto logits = at::rand({1, 3, 7});
  const auto padded = language_model_loss(logits, pad_labels({{2, 3}}).index_select(1, at::tensor({0, 1, 1}, at::kLong)).index_fill(
                                                      1, at::tensor({2}, at::kLong), -100));
  const auto plain = language_model_loss(logits.slice(1, 0, 2), pad_labels({{2, 3}}));
  EXPECT_FLOAT_EQ(padded.item<float>(), plain.item<float>());
}

TEST_F(ModelTest, AdapterReturnsAsItWasSavedAndMerges) {
  auto checkpoint = testing::tiny_checkpoint();
  const auto pixels = photos(2);
  const auto base = example_logits(checkpoint.model, pixels);
  const LoraConfig config{.r = 3, .alpha = 6};
  add_adapter(checkpoint.model, config, 7);
  EXPECT_TRUE(example_logits(checkpoint.model, pixels).allclose(base, 1e-6, 1e-6)) << "B is zero: nothing changes yet";
  // q and v of every attention: 2 in the encoder, 3 · 2 in the decoder.
  EXPECT_EQ(adapter_tensors(checkpoint.model, config).size(), 2u * 2 * (2 + 3 * 2));
  for (auto& [name, tensor] : adapter_tensors(checkpoint.model, config)) tensor.normal_(0, 0.3);
  const auto adapted = example_logits(checkpoint.model, pixels);
  EXPECT_FALSE(adapted.allclose(base, 1e-3, 1e-3));
  save_adapter(folder_ / "a", checkpoint.model, config);

  auto fresh = testing::tiny_checkpoint();
  load_adapter(fresh.model, folder_ / "a");
  EXPECT_TRUE(example_logits(fresh.model, pixels).allclose(adapted, 1e-5, 1e-5));
  merge_adapter(fresh.model);
  EXPECT_TRUE(adapter_tensors(fresh.model, config).empty());
  EXPECT_TRUE(example_logits(fresh.model, pixels).allclose(adapted, 1e-4, 1e-4));
}

TEST_F(ModelTest, AdapterOfAnotherModelIsRefused) {
  auto checkpoint = testing::tiny_checkpoint();
  add_adapter(checkpoint.model, {.r = 3}, 7);
  save_adapter(folder_ / "a", checkpoint.model, {.r = 3});

  struct Case {
    const char* name;
    const char* key;
    base::Json value;
    ErrorCode code;
  };
  const Case cases[] = {{"another rank", "r", 4, ErrorCode::kMismatch},
                        {"more targets than tensors", "target_modules", {"q", "v", "k"}, ErrorCode::kMismatch},
                        {"fewer targets than tensors", "target_modules", {"q"}, ErrorCode::kMismatch},
                        {"another method", "peft_type", "IA3", ErrorCode::kUnsupported},
                        {"DoRA", "use_dora", true, ErrorCode::kUnsupported},
                        {"other ranks by pattern", "rank_pattern", {{"q", 2}}, ErrorCode::kMismatch},
                        {"patterns that disagree", "rank_pattern", {{"q", 2}, {"SelfAttention.q", 4}}, ErrorCode::kUnsupported},
                        {"a rank of none", "rank_pattern", {{"q", 0}}, ErrorCode::kInvalid},
                        {"a broken pattern", "alpha_pattern", {{"q(", 2}}, ErrorCode::kInvalid},
                        {"a module that was not kept", "modules_to_save", {"lm_head"}, ErrorCode::kMismatch},
                        {"a dropout of one", "lora_dropout", 1.0, ErrorCode::kInvalid}};
  const auto original = base::read_json(folder_ / "a" / "adapter_config.json");
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    auto json = original;
    json[c.key] = c.value;
    base::write_file_atomically(folder_ / "a" / "adapter_config.json", json.dump());
    const auto error = caught([&] { load_adapter(checkpoint.model, folder_ / "a"); });
    EXPECT_EQ(error.code, c.code) << error.message;
  }
  EXPECT_EQ(caught([&] { add_adapter(checkpoint.model, {.target_modules = std::vector<std::string>{"absent"}}, 7); }).code,
            ErrorCode::kUsage);
}

}  // namespace
}  // namespace hangtag::model
