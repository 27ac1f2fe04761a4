#include "text/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "text/definition.h"
#include "text/tokenizer_json.h"
#include "text/train.h"

namespace hangtag::text {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorCode;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using Ids = std::vector<std::int64_t>;

// Pieces whose best cut can be worked out by hand.
Definition small_definition() {
  Definition definition;
  definition.pieces = {{"<pad>", 0}, {"</s>", 0}, {"<unk>", 0}, {"▁", -2},    {"▁a", -3}, {"▁ab", -5},
                       {"b", -2.5},  {"c", -4},   {"bc", -6.5}, {"▁red", -4}, {".", -3}};
  definition.unknown_id = 2;
  definition.pipeline = t5_pipeline("");
  for (const char* token : {"<pad>", "</s>", "<unk>"}) add_token(definition, {.content = token});
  return definition;
}

struct Case {
  const char* name;
  const char* text;
  Ids ids;  // without </s>
};

class SmallTokenizer : public testing::TestWithParam<Case> {};

TEST_P(SmallTokenizer, Encodes) {
  EXPECT_EQ(Tokenizer(small_definition()).encode_plain(GetParam().text), GetParam().ids);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, SmallTokenizer,
    testing::Values(Case{"Empty", "", {}}, Case{"OnlySpaces", "  \t ", {}}, Case{"TakesTheBetterPath", "ab", {5}},
                    Case{"TakesTheBestOfSeveralPaths", "abc", {5, 7}},  // ▁ab + c at -9, ▁a + bc at -9.5
                    Case{"SplitsAtSpaces", " a \n red ", {4, 9}}, Case{"UnknownCharactersFuse", "xyz", {3, 2}},
                    Case{"UnknownBetweenKnown", "bxyb", {3, 6, 2, 6}},
                    Case{"OneCharacterOfSeveralBytes", "日本", {3, 2}},
                    Case{"InvalidUtf8IsUnknown", "a\xff\xc3", {4, 2}},
                    Case{"SpecialTokenInText", "a</s>b", {4, 1, 3, 6}},
                    Case{"SpecialTokenAtTheEnds", "<pad>a<pad>", {0, 4, 0}}, Case{"PartOfASpecialToken", "</s", {3, 2}},
                    Case{"SpaceMarkInText", "▁a", {4}}),
    [](const auto& test) { return test.param.name; });

TEST(Tokenizer, EncodeEndsTheSentence) {
  const Tokenizer tokenizer(small_definition());
  EXPECT_THAT(tokenizer.encode("a"), ElementsAre(4, 1));
  EXPECT_THAT(tokenizer.encode(""), ElementsAre(1));
  EXPECT_EQ(tokenizer.pad_id(), 0);
  EXPECT_EQ(tokenizer.eos_id(), 1);
  EXPECT_EQ(tokenizer.unk_id(), 2);
  EXPECT_EQ(tokenizer.size(), 11u);
  EXPECT_EQ(tokenizer.id_of("▁red"), 9);
  EXPECT_EQ(tokenizer.id_of("red"), std::nullopt);
}

TEST(Tokenizer, EqualScoresKeepTheFirstPathFound) {
  auto definition = small_definition();
  definition.pieces.push_back({"xy", -4});
  definition.pieces.push_back({"x", -2});
  definition.pieces.push_back({"y", -2});
  EXPECT_THAT(Tokenizer(definition).encode_plain("xy"), ElementsAre(3, 11));
}

TEST(Tokenizer, Decodes) {
  const Tokenizer tokenizer(small_definition());
  EXPECT_EQ(tokenizer.decode(Ids{4, 9, 10, 1, 0}), "a red.");
  EXPECT_EQ(tokenizer.decode(Ids{4, 9, 1, 0}, false), "a red</s><pad>");
  EXPECT_EQ(tokenizer.decode(Ids{}), "");
  EXPECT_EQ(tokenizer.decode(Ids{4, 11, 1000000, 9}), "a red") << "ids of a padded vocabulary";
  EXPECT_THROW(tokenizer.decode(Ids{-100}), Error);
}

TEST(Tokenizer, CleansUpSpacesWhereAsked) {
  auto definition = small_definition();
  const Ids ids = {4, 3, 10};
  EXPECT_EQ(Tokenizer(definition).decode(ids), "a .");
  definition.clean_up_spaces = true;
  EXPECT_EQ(Tokenizer(definition).decode(ids), "a.");
}

TEST(Tokenizer, FindsAnAddedToken) {
  const Tokenizer plain(small_definition());
  const auto tokenizer = plain.with_special_token("<image>");
  EXPECT_EQ(tokenizer.id_of("<image>"), 11);
  EXPECT_EQ(tokenizer.size(), 12u);
  EXPECT_THAT(tokenizer.encode("<image><image>a"), ElementsAre(11, 11, 4, 1));
  EXPECT_EQ(tokenizer.decode(Ids{11, 4}), "a");
  EXPECT_EQ(tokenizer.with_special_token("<image>").size(), 12u);
  EXPECT_EQ(plain.id_of("<image>"), std::nullopt);
}

TEST(Tokenizer, OfAddedTokensTheLongestIsTaken) {
  const auto tokenizer = Tokenizer(small_definition()).with_special_token("<b").with_special_token("<b>");
  EXPECT_THAT(tokenizer.encode_plain("<b><b"), ElementsAre(12, 11));
}

TEST(Tokenizer, ASpecialTokenHasToBeInTheVocabulary) {
  auto definition = small_definition();
  definition.pad_token = "<none>";
  EXPECT_THROW(Tokenizer{definition}, Error);
}

TEST(Tokenizer, ServesManyThreads) {
  const Tokenizer tokenizer(small_definition());
  std::vector<Ids> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) threads.emplace_back([&, copy = tokenizer] { result = copy.encode("ab c red."); });
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(results, Each(tokenizer.encode("ab c red.")));
}

class TokenizerFiles : public testing::Test {
 protected:
  TokenizerFiles()
      : folder_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~TokenizerFiles() override { fs::remove_all(folder_); }

  static void expect_error(ErrorCode code, const std::string& message, const std::function<void()>& action) {
    try {
      action();
      ADD_FAILURE() << "no error: expected " << message;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }

  fs::path folder_;
};

TEST_F(TokenizerFiles, AnEmptyFolderNamesBothFiles) {
  expect_error(ErrorCode::kNotFound, "neither tokenizer.json nor spiece.model", [&] { Tokenizer::load(folder_); });
}

TEST_F(TokenizerFiles, SavedIsLoadedTheSame) {
  const auto tokenizer = Tokenizer(small_definition()).with_special_token("<image>");
  tokenizer.save(folder_);
  EXPECT_FALSE(fs::exists(folder_ / "spiece.model"));
  const auto loaded = Tokenizer::load(folder_);
  const auto word_for_word = Tokenizer::from_tokenizer_json(folder_ / "tokenizer.json");
  for (const char* text : {"", "ab c  red. ", "a<image>xyz", "b</s>"}) {
    EXPECT_EQ(loaded.encode(text), tokenizer.encode(text)) << text;
    EXPECT_EQ(word_for_word.encode(text), tokenizer.encode(text)) << text;
  }
  EXPECT_EQ(loaded.size(), 12u) << "no sentinels are added";
}

TEST_F(TokenizerFiles, LoadAddsSentinelsAsTransformersDoes) {
  Tokenizer(small_definition()).save(folder_);
  fs::remove(folder_ / "tokenizer_config.json");
  EXPECT_EQ(Tokenizer::load(folder_).id_of("<extra_id_0>"), 11);
  base::write_file_atomically(folder_ / "tokenizer_config.json",
                              R"({"extra_ids": 0, "additional_special_tokens": [{"content": "<image>"}]})");
  EXPECT_EQ(Tokenizer::load(folder_).id_of("<image>"), 11);
}

TEST_F(TokenizerFiles, RefusesWhatItDoesNotDo) {
  const auto good = base::Json(write_tokenizer_json(small_definition()));
  const struct {
    const char* pointer;
    base::Json value;
    ErrorCode code;
    const char* message;
  } cases[] = {
      {"/model/type", "BPE", ErrorCode::kUnsupported, "the model \"BPE\""},
      {"/model/byte_fallback", true, ErrorCode::kUnsupported, "byte fallback"},
      {"/model/unk_id", 11, ErrorCode::kInvalid, "\"unk_id\" is 11"},
      {"/model/unk_id", -1, ErrorCode::kInvalid, "\"unk_id\" is -1"},
      {"/model/vocab/3", {"a"}, ErrorCode::kInvalid, "expected [piece, score]"},
      {"/model/vocab", base::Json::array(), ErrorCode::kInvalid, "there are 0 pieces"},
      {"/normalizer", {{"type", "Lowercase"}}, ErrorCode::kUnsupported, "the normalizer \"Lowercase\""},
      {"/normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "?"}}, ErrorCode::kInvalid, "base64"},
      {"/normalizer",
       {{"type", "Precompiled"}, {"precompiled_charsmap", "AAAA"}},
       ErrorCode::kInvalid,
       "character map"},
      {"/normalizer",
       {{"type", "Replace"}, {"pattern", {{"Regex", "x"}}}, {"content", ""}},
       ErrorCode::kUnsupported,
       "Replace normalizer's pattern"},
      {"/pre_tokenizer", {{"type", "ByteLevel"}}, ErrorCode::kUnsupported, "pre-tokenizer should be"},
      {"/pre_tokenizer", nullptr, ErrorCode::kUnsupported, "pre-tokenizer should be"},
      {"/pre_tokenizer/pretokenizers/1/replacement", "_", ErrorCode::kUnsupported, "another replacement"},
      {"/pre_tokenizer/pretokenizers/1/prepend_scheme", "last", ErrorCode::kInvalid, "expected always"},
      {"/post_processor/type", "Bert", ErrorCode::kUnsupported, "post-processor \"Bert\""},
      {"/post_processor/single/0", "A", ErrorCode::kInvalid, "the template holds"},
      {"/post_processor/single/1/SpecialToken/id", "<end>", ErrorCode::kInvalid, "\"<end>\" is not in its vocabulary"},
      {"/decoder/type", "WordPiece", ErrorCode::kUnsupported, "the decoder \"WordPiece\""},
      {"/added_tokens/0/id", 7, ErrorCode::kInvalid, "gets the id 0"},
      {"/added_tokens/0/content", "", ErrorCode::kInvalid, "is empty"},
      {"/added_tokens/0/single_word", true, ErrorCode::kUnsupported, "single_word"},
  };
  for (const auto& [pointer, value, code, message] : cases) {
    auto bad = good;
    bad[base::Json::json_pointer(pointer)] = value;
    base::write_json(folder_ / "tokenizer.json", bad);
    expect_error(code, message, [&] { Tokenizer::from_tokenizer_json(folder_ / "tokenizer.json"); });
  }
  base::write_json(folder_ / "tokenizer.json", good);
  base::write_file_atomically(folder_ / "tokenizer_config.json", R"({"tokenizer_class": "LlamaTokenizer"})");
  expect_error(ErrorCode::kUnsupported, "\"LlamaTokenizer\"", [&] { Tokenizer::load(folder_); });
  base::write_file_atomically(folder_ / "tokenizer_config.json", R"({"extra_ids": 2000000000})");
  expect_error(ErrorCode::kInvalid, "\"extra_ids\" is 2000000000", [&] { Tokenizer::load(folder_); });
  base::write_file_atomically(folder_ / "tokenizer_config.json",
                              R"({"added_tokens_decoder": {"99": {"content": "<image>"}}})");
  expect_error(ErrorCode::kInvalid, "to have the id 99", [&] { Tokenizer::load(folder_); });
}

const std::vector<std::string>& corpus() {
  static const std::vector<std::string> kCorpus = {
      "Question: What is the fabric of the clothing in this picture? Answer: ",
      "Question: What is the sleeve length of the clothing in this picture? Answer: ",
      "Fabric: Cotton",
      "Fabric: Linen",
      "Sleeve Length: Long Sleeves",
      "Café-style polo, 100% cotton"};
  return kCorpus;
}

TEST(Train, KnowsEveryCharacterOfTheCorpusAndOfAscii) {
  const auto tokenizer = train(corpus(), {.vocabulary_size = 200, .extra_ids = 2});
  EXPECT_EQ(tokenizer.pad_id(), 0);
  EXPECT_EQ(tokenizer.eos_id(), 1);
  EXPECT_EQ(tokenizer.unk_id(), 2);
  EXPECT_EQ(tokenizer.id_of("<extra_id_0>"), static_cast<std::int64_t>(tokenizer.size()) - 1);
  for (const auto& sentence : corpus()) {
    const auto ids = tokenizer.encode(sentence);
    EXPECT_THAT(ids, Each(testing::Ne(tokenizer.unk_id()))) << sentence;
    EXPECT_LT(ids.size(), sentence.size()) << "longer pieces than characters are learnt";
  }
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("Café-style polo")), "Café-style polo");
  for (char c = '!'; c <= '~'; ++c) {
    EXPECT_THAT(tokenizer.encode(std::string(1, c)), Each(testing::Ne(tokenizer.unk_id()))) << c;
  }
  EXPECT_THAT(tokenizer.encode("日"), testing::Contains(tokenizer.unk_id()));
}

TEST(Train, IsTheSameEachTimeAndAfterSaving) {
  const auto folder = fs::path(testing::TempDir()) / "trained_tokenizer";
  fs::remove_all(folder);
  const auto first = train(corpus(), {.vocabulary_size = 200});
  const auto second = train(corpus(), {.vocabulary_size = 200});
  first.save(folder / "first");
  second.save(folder / "second");
  for (const char* file : {"tokenizer.json", "spiece.model"}) {
    EXPECT_EQ(base::read_file(folder / "first" / file), base::read_file(folder / "second" / file)) << file;
  }
  const auto text = "What is the ﬁt  of cotton\u00a0sleeves?";
  EXPECT_EQ(Tokenizer::load(folder / "first").encode(text), first.encode(text));
  fs::remove(folder / "first" / "tokenizer.json");
  EXPECT_EQ(Tokenizer::load(folder / "first").encode(text), first.encode(text)) << "by spiece.model";
  fs::remove_all(folder);
}

TEST(Train, AWordOfManySentencesIsOnePiece) {
  std::vector<std::string> sentences;
  for (const char* attribute : {"fabric", "fit", "collar", "pattern", "sleeve length", "neck", "season", "gender"}) {
    sentences.push_back(std::string("Question: What is the ") + attribute + " of the clothing in this picture? Answer:");
  }
  const auto tokenizer = train(sentences, {.vocabulary_size = 400});
  for (const char* word : {"Question", "clothing", "picture", "Answer"}) EXPECT_EQ(tokenizer.encode(word).size(), 2u) << word;
}

TEST(Train, RefusesAnEmptyCorpus) {
  EXPECT_THROW(train({}, {.vocabulary_size = 100}), Error);
}

TEST(Train, NormalizesAsNfkc) {
  const auto tokenizer = train(corpus(), {.vocabulary_size = 200});
  EXPECT_EQ(tokenizer.encode("Cafe\u0301 １００％"), tokenizer.encode("Café 100%"));
}

// Every cut of a model's bytes is either refused or a smaller model, and never read beyond its end.
TEST_F(TokenizerFiles, TruncatedSentencepieceModels) {
  train(corpus(), {.vocabulary_size = 150}).save(folder_);
  const auto model = base::read_file(folder_ / "spiece.model");
  int refused = 0;
  for (std::size_t size = 0; size < 600; ++size) {
    try {
      Tokenizer::from_sentencepiece(std::string(model.substr(0, size)), 0);
    } catch (const Error& error) {
      ++refused;
      EXPECT_EQ(error.code(), ErrorCode::kInvalid);
    }
  }
  EXPECT_GT(refused, 500);
  expect_error(ErrorCode::kInvalid, "sentencepiece model", [] { Tokenizer::from_sentencepiece("not a model"); });
}

}  // namespace
}  // namespace hangtag::text
