#include <ATen/ops/argmax.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "image/encode.h"
#include "model/testing.h"
#include "train/batches.h"
#include "train/near_attention.h"
#include "train/presets.h"
#include "train/schedule.h"
#include "train/trainer.h"

namespace hangtag::train {
namespace {

namespace fs = std::filesystem;

TEST(Schedule, WarmsUpAndFallsAlongACosine) {
  EXPECT_DOUBLE_EQ(learning_rate(1, 0, 10, 110), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(1, 9, 10, 110), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(1, 10, 10, 110), 1.0);
  EXPECT_NEAR(learning_rate(1, 60, 10, 110), 0.5, 1e-12);
  EXPECT_NEAR(learning_rate(1, 110, 10, 110), 0.0, 1e-12);
  EXPECT_DOUBLE_EQ(learning_rate(1, 0, 0, 10), 1.0) << "no warm-up";
}

TEST(Batches, HoldEveryExampleOnceAndKeepPhotosTogether) {
  std::vector<TokenExample> examples;
  for (std::size_t i = 0; i < 60; ++i) examples.push_back({.photo = i % 12, .prompt = {}, .answer = {}});
  base::Random random(3);
  for (const bool together : {false, true}) {
    const auto batches = make_batches(examples, 16, together, random);
    ASSERT_EQ(batches.size(), 4u);
    std::set<std::size_t> seen;
    std::size_t photos = 0;
    for (const auto& batch : batches) {
      std::set<std::size_t> in_batch;
      for (const auto i : batch) {
        seen.insert(i);
        in_batch.insert(examples[i].photo);
      }
      photos += in_batch.size();
    }
    EXPECT_EQ(seen.size(), 60u);
    if (together) {
      EXPECT_LE(photos, 12u + 3u) << "a photo is split over two batches at most where a batch ends";
    }
  }
}

// At first every head's likeliest patch is the one at its offset, wherever that lies inside the photo.
TEST(NearAttention, HeadsLookAtTheirNeighbours) {
  constexpr std::int64_t kSide = 6, kHeads = 9, kWidth = 20 * kHeads;
  model::Blip2Config config;
  config.num_query_tokens = 2;
  config.vision = {.hidden_size = kWidth, .intermediate_size = 32, .num_hidden_layers = 1, .num_attention_heads = kHeads,
                   .image_size = 4 * kSide, .patch_size = 4, .initializer_range = 0.05};
  config.qformer = {.hidden_size = 16, .intermediate_size = 16, .num_hidden_layers = 1, .num_attention_heads = 2, .encoder_hidden_size = kWidth};
  config.text = {.vocab_size = 32, .d_model = 16, .d_kv = 8, .d_ff = 16, .num_layers = 1, .num_decoder_layers = 1, .num_heads = 2};
  nn::RandomWeights weights(7);
  model::Blip2 model{nn::Weights(weights), config};
  attend_to_neighbours(model);

  const at::NoGradGuard no_grad;
  const auto parameters = model->named_parameters();
  const auto place = parameters["vision_model.embeddings.position_embedding"][0].slice(0, 1);  // (patches, D)
  const auto qkv = parameters["vision_model.encoder.layers.0.self_attn.qkv.weight"];
  std::set<std::int64_t> steps;
  for (std::int64_t head = 0; head < kHeads; ++head) {
    const auto rows = [&](std::int64_t part) { return qkv.slice(0, part * kWidth + 20 * head, part * kWidth + 20 * (head + 1)); };
    const auto seen = at::argmax(place.matmul(rows(0).t()).matmul(place.matmul(rows(1).t()).t()), 1);  // (patches)
    const std::int64_t centre = 2 * kSide + 2;
    const auto step = seen[centre].item<std::int64_t>() - centre;
    steps.insert(step);
    for (const std::int64_t row : {1, 3}) {
      for (const std::int64_t column : {1, 4}) EXPECT_EQ(seen[row * kSide + column].item<std::int64_t>(), row * kSide + column + step);
    }
  }
  EXPECT_EQ(steps, (std::set<std::int64_t>{-kSide - 1, -kSide, -kSide + 1, -1, 0, 1, kSide - 1, kSide, kSide + 1}));
}

// Twelve photos, red or blue: a question that a small model learns in seconds.
class TrainTest : public testing::Test {
 protected:
  TrainTest() : folder_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    for (int i = 0; i < 12; ++i) {
      const bool red = i % 2 == 0;
      image::Image photo{.width = 28, .height = 28, .pixels = {}};
      for (int p = 0; p < 28 * 28; ++p) {
        const auto shade = static_cast<std::uint8_t>((p * (i + 1)) % 40);
        photo.pixels.insert(photo.pixels.end(), {static_cast<std::uint8_t>(red ? 200 : 20), shade,
                                                 static_cast<std::uint8_t>(red ? 20 : 200)});
      }
      const auto id = std::to_string(i);
      const auto bytes = image::encode_png(photo);
      std::ofstream(folder_ / (id + ".png"), std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()),
                                                                     static_cast<std::streamsize>(bytes.size()));
      data_.products[id] = {.type = "Shirts", .photo = folder_ / (id + ".png")};
      data_.examples[i < 8 ? dataset::Split::kTrain : dataset::Split::kValidation].push_back(
          dataset::make_example(id, "baseColour", red ? "Red" : "Blue"));
    }
  }
  ~TrainTest() override { fs::remove_all(folder_); }

  TrainOptions options(Method method) const {
    return {.out = folder_ / "run", .overwrite = true, .method = method, .learning_rate = 3e-3, .epochs = 12, .batch_size = 4, .seed = 5, .quiet = true};
  }

  fs::path folder_;
  dataset::Dataset data_;
};

TEST_F(TrainTest, FullTrainingLearnsAndKeepsTheBest) {
  auto checkpoint = new_model("tiny", data_, 1);
  const auto result = train(checkpoint, data_, options(Method::kFull));
  EXPECT_EQ(result.best.validation_exact, 1.0);
  auto best = model::load_checkpoint(folder_ / "run" / "best");
  EXPECT_TRUE(fs::exists(folder_ / "run" / "last" / "model.safetensors"));
  std::ifstream metrics(folder_ / "run" / "metrics.jsonl");
  std::int64_t epochs = 0;
  for (std::string line; std::getline(metrics, line);) epochs += base::parse_json(line, "metrics").at("event") == "epoch";
  EXPECT_EQ(epochs, 12);
}

TEST_F(TrainTest, LoraLearnsWithTheBaseUntouched) {
  auto checkpoint = new_model("tiny", data_, 1);
  auto pretraining = options(Method::kFull);
  pretraining.epochs = 2;
  train(checkpoint, data_, pretraining);
  std::vector<at::Tensor> before;
  for (auto& parameter : checkpoint.model->parameters()) {
    parameter.set_requires_grad(false);
    before.push_back(parameter.clone());
  }
  auto tuning = options(Method::kLora);
  tuning.lora = {.r = 4, .alpha = 16, .dropout = 0};
  tuning.learning_rate = 2e-2;
  const auto result = train(checkpoint, data_, tuning);
  EXPECT_LT(result.last.train_loss, 0.5 * std::log(2.0)) << "better than knowing the two colours alone";
  std::size_t i = 0;
  for (const auto& parameter : checkpoint.model->parameters()) EXPECT_TRUE(parameter.equal(before[i++]));
  EXPECT_TRUE(fs::exists(folder_ / "run" / "best" / "adapter_model.safetensors"));
}

TEST_F(TrainTest, TheSameSeedGivesTheSameLosses) {
  double losses[2];
  for (double& loss : losses) {
    auto checkpoint = new_model("tiny", data_, 1);
    auto some = options(Method::kFull);
    some.epochs = 2;
    some.augment = true;
    loss = train(checkpoint, data_, some).last.train_loss;
  }
  EXPECT_DOUBLE_EQ(losses[0], losses[1]);
}

TEST(OptimizerTest, KeepsARunningMeanBesideTheParameters) {
  auto parameter = at::full({2}, 1.0).set_requires_grad(true);
  Optimizer optimizer(Algorithm::kAdam, {parameter}, /*weight_decay=*/0, /*averaging=*/0.75);
  auto mean = parameter.detach().clone();
  for (int step = 0; step < 3; ++step) {
    optimizer.zero_gradients();
    parameter.square().sum().backward();
    optimizer.step(0.1);
    mean = 0.75 * mean + 0.25 * parameter.detach();
  }
  const auto last = parameter.detach().clone();
  EXPECT_FALSE(last.equal(mean));
  optimizer.exchange_averages();
  EXPECT_TRUE(at::allclose(parameter, mean));
  optimizer.exchange_averages();
  EXPECT_TRUE(parameter.equal(last));
}

// A resumed run has every loss of one that was not interrupted, whether it was told to stop or died.
TEST_F(TrainTest, ResumingContinuesToTheLastBit) {
  const auto losses = [&](const fs::path& run) {
    std::vector<std::string> lines;
    std::ifstream metrics(run / "metrics.jsonl");
    for (std::string line; std::getline(metrics, line);) {
      auto json = base::parse_json(line, "metrics");
      for (const char* timing : {"seconds", "examples_per_second"}) json.erase(timing);
      lines.push_back(json.dump());
    }
    return lines;
  };
  for (const auto method : {Method::kFull, Method::kLora}) {
    auto some = options(method);
    some.epochs = 12;
    some.batch_size = 2;
    some.augment = method == Method::kFull;
    some.averaging = method == Method::kFull ? 0.9 : 0;
    some.lora = {.r = 4, .alpha = 16, .dropout = 0.3};
    const auto run = [&](const std::string& name, bool resume, std::function<bool()> stop) {
      auto checkpoint = new_model("tiny", data_, 1);
      auto these = some;
      these.out = folder_ / name;
      these.overwrite = !resume;
      these.resume = resume;
      these.stop = std::move(stop);
      return train(checkpoint, data_, these);
    };
    run("whole", false, {});
    int asked = 0;
    EXPECT_TRUE(run("parts", false, [&] { return ++asked == 7; }).stopped);
    struct Killed {};
    EXPECT_THROW(run("parts", true, [&]() -> bool { return ++asked < 26 ? false : throw Killed(); }), Killed);
    EXPECT_FALSE(run("parts", true, {}).stopped);
    const auto whole = losses(folder_ / "whole");
    EXPECT_GT(whole.size(), 12u);
    EXPECT_EQ(losses(folder_ / "parts"), whole);
    EXPECT_EQ(base::read_file(folder_ / "parts" / "last" / (method == Method::kFull ? "model.safetensors" : "adapter_model.safetensors")),
              base::read_file(folder_ / "whole" / "last" / (method == Method::kFull ? "model.safetensors" : "adapter_model.safetensors")));
  }
}

TEST_F(TrainTest, ResumingWantsTheSameOptions) {
  auto some = options(Method::kFull);
  some.epochs = 1;
  auto checkpoint = new_model("tiny", data_, 1);
  train(checkpoint, data_, some);
  some.overwrite = false;
  some.resume = true;
  some.learning_rate = 1e-4;
  try {
    train(checkpoint, data_, some);
    FAIL() << "another learning rate is another run";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("learning_rate"), std::string::npos);
  }
}

TEST_F(TrainTest, AccumulatedBatchesAreOneBatch) {
  double losses[2];
  for (const int parts : {1, 4}) {
    auto some = options(Method::kFull);
    some.epochs = 3;
    some.batch_size = 8 / parts;
    some.accumulate = parts;
    auto checkpoint = new_model("tiny", data_, 1);
    losses[parts == 4] = train(checkpoint, data_, some).last.validation_loss;
  }
  EXPECT_NEAR(losses[0], losses[1], 1e-5);
}

TEST_F(TrainTest, StopsWhenValidationNoLongerGains) {
  auto some = options(Method::kFull);
  some.epochs = 200;
  some.patience = 2;
  some.learning_rate = 3e-2;
  some.keep_epochs = 2;
  auto checkpoint = new_model("tiny", data_, 1);
  const auto result = train(checkpoint, data_, some);
  EXPECT_LT(result.last.epoch, 200);
  EXPECT_EQ(result.last.epoch, result.best.epoch + 2);
  const auto kept = [&](std::int64_t epoch) { return fs::exists(folder_ / "run" / "epochs" / std::to_string(epoch) / "model.safetensors"); };
  EXPECT_TRUE(kept(result.last.epoch) && kept(result.last.epoch - 1));
  EXPECT_FALSE(kept(result.last.epoch - 2));
}

TEST_F(TrainTest, ABalancedSmoothedRunLearnsToo) {
  auto some = options(Method::kFull);
  some.balance = true;
  some.label_smoothing = 0.05;
  auto checkpoint = new_model("tiny", data_, 1);
  EXPECT_EQ(train(checkpoint, data_, some).best.validation_exact, 1.0);
}

TEST_F(TrainTest, ADryRunWritesNothing) {
  auto some = options(Method::kLora);
  some.dry_run = true;
  auto checkpoint = new_model("tiny", data_, 1);
  const auto result = train(checkpoint, data_, some);
  EXPECT_EQ(result.steps, 24);
  EXPECT_GT(result.trainable_parameters, 0);
  EXPECT_GT(result.seconds_per_step, 0);
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(TrainTest, AnEarlierRunIsNotWrittenOverUnasked) {
  auto checkpoint = new_model("tiny", data_, 1);
  auto once = options(Method::kFull);
  once.epochs = 1;
  train(checkpoint, data_, once);
  once.overwrite = false;
  EXPECT_THROW(train(checkpoint, data_, once), base::Error);
  EXPECT_TRUE(fs::exists(folder_ / "run" / "last" / "model.safetensors"));
}

// Weights that cannot be saved by going back: the run says so in the end, after having tried.
TEST_F(TrainTest, DivergenceIsAnErrorAndSavesNothing) {
  auto checkpoint = new_model("tiny", data_, 1);
  checkpoint.model->parameters().front().detach().fill_(std::numeric_limits<float>::quiet_NaN());
  try {
    train(checkpoint, data_, options(Method::kFull));
    FAIL() << "a loss that is not finite must stop the run";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kDiverged);
  }
  const auto metrics = base::read_file(folder_ / "run" / "metrics.jsonl");
  EXPECT_NE(metrics.find("\"event\":\"skip\""), std::string::npos);
  EXPECT_NE(metrics.find("\"event\":\"setback\""), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "run" / "last")) << "weights that are not finite are never saved";
}

TEST_F(TrainTest, UnreadablePhotosAndUselessOptionsAreRefused) {
  auto checkpoint = new_model("tiny", data_, 1);
  auto none = options(Method::kFull);
  none.epochs = 0;
  EXPECT_THROW(train(checkpoint, data_, none), base::Error);
  base::write_file_atomically(folder_ / "3.png", "not a photo");
  EXPECT_THROW(train(checkpoint, data_, options(Method::kFull)), base::Error);
  EXPECT_THROW(new_model("enormous", data_, 1), base::Error);
}

}  // namespace
}  // namespace hangtag::train
