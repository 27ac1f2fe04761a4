#include "describe/compose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/random.h"
#include "describe/record.h"
#include "describe/template_writer.h"

namespace hangtag::describe {
namespace {

using facts::ProductFacts;
using testing::HasSubstr;
using testing::IsEmpty;

const ProductFacts kShirt{
    .id = "1",
    .type = "Shirts",
    .facts = {{"Fabric", "Cotton"}, {"Pattern", "Striped"}, {"Sleeve Length", "Long Sleeves"}, {"baseColour", "Blue"}}};

Description description_of(const std::string& text) {
  return {.title = "Striped Blue Shirt",
          .text = text,
          .bullets = {},
          .seo_title = "Striped Blue Shirt",
          .seo_description = "A striped blue shirt.",
          .alt_text = "A striped blue shirt"};
}

// Says one text after the other, and notes what it was told of the one before.
class Scripted : public Writer {
 public:
  explicit Scripted(std::vector<std::string> texts) : texts_(std::move(texts)) {}
  Draft write(const Brief&, const Feedback* before) const override {
    if (before) told.push_back(before->problems);
    const auto& text = texts_[std::min(next_++, texts_.size() - 1)];
    return {.description = description_of(text),
            .model = "scripted-1",
            .input_tokens = 10,
            .output_tokens = 5,
            .cost = 0.5};
  }
  std::string_view name() const override { return "scripted"; }
  std::string prompt() const override { return "test@1"; }
  mutable std::vector<std::vector<std::string>> told;

 private:
  std::vector<std::string> texts_;
  mutable std::size_t next_ = 0;
};

const std::string kTrue = "A striped blue shirt in cotton with long sleeves. Make it yours.";

TEST(Compose, ATrueTextPassesAtOnce) {
  const auto composed = compose(kShirt, Scripted({kTrue}), {});
  EXPECT_EQ(composed.description.text, kTrue);
  EXPECT_EQ(composed.writer, "scripted");
  EXPECT_EQ(composed.tries, 1);
  EXPECT_EQ(composed.cost, 0.5);
  EXPECT_THAT(composed.claims, testing::SizeIs(testing::Ge(5)));
}

TEST(Compose, WhatIsWrongIsHandedBack) {
  const Scripted writer({"A striped red shirt in cotton with long sleeves.", kTrue});
  const auto composed = compose(kShirt, writer, {});
  EXPECT_EQ(composed.description.text, kTrue);
  EXPECT_EQ(composed.tries, 2);
  EXPECT_EQ(composed.input_tokens, 20);
  ASSERT_THAT(writer.told, testing::SizeIs(1));
  EXPECT_THAT(writer.told[0], testing::Contains(HasSubstr("description: \"red\" contradicts the baseColour")));
  EXPECT_THAT(composed.rejected, IsEmpty());
}

TEST(Compose, SentencePlansStepInAndTheRecordSaysSo) {
  const Scripted writer({"A striped blue shirt in silk with long sleeves."});
  const auto composed = compose(kShirt, writer, {});
  EXPECT_EQ(composed.tries, 3);
  EXPECT_EQ(composed.writer, "template");
  EXPECT_EQ(composed.asked, "scripted");
  const auto json = to_json(composed);
  EXPECT_EQ(json["fallback"]["from"], "scripted");
  EXPECT_THAT(json["fallback"]["problems"].dump(), HasSubstr("silk"));
  EXPECT_THAT(composed.description.text, testing::Not(HasSubstr("silk")));
}

TEST(Compose, NothingThatCouldBeToldIsAnError) {
  for (const auto& facts : {std::vector<facts::Fact>{}, {{"Fabric", "NA"}}, {{"Fabric", "<script>"}}}) {
    EXPECT_THROW(compose({.id = "1", .type = "Shirts", .facts = facts}, TemplateWriter(), {}), base::Error);
  }
  ComposeOptions options;
  options.brand.banned = {"cotton"};
  EXPECT_THROW(compose(kShirt, TemplateWriter(), options), base::Error);
}

TEST(Compose, CacheKeysTellApartAllThatMatters) {
  const TemplateWriter writer;
  const auto key = cache_key(kShirt, writer, {});
  EXPECT_EQ(key, cache_key(kShirt, writer, {}));
  auto other = kShirt;
  other.facts[0].value = "Linen";
  EXPECT_NE(key, cache_key(other, writer, {}));
  ComposeOptions options;
  options.brand.tone = "brief";
  EXPECT_NE(key, cache_key(kShirt, writer, options));
  options = {};
  options.limits.title = 70;
  EXPECT_NE(key, cache_key(kShirt, writer, options));
  EXPECT_NE(key, cache_key(kShirt, Scripted({kTrue}), {}));
}

// The values of aspects.json in all their combinations pass, in every language: the writer's sentences and the check's
// lexicons agree.
TEST(Compose, EveryTextOfSentencePlansPasses) {
  const auto& aspects = claims::Aspects::get();
  base::Random random(7);
  const std::vector<std::string> attributes = {
      "baseColour", "Fabric", "Pattern", "Fit",   "Neck",    "Collar",    "Sleeve Length", "Sleeve Styling",
      "Length",     "Gender", "Season",  "Usage", "Closure", "Wash Care", "Weave Type",    "Material"};
  for (const auto& locale : claims::Lexicon::locales()) {
    for (int i = 0; i < (locale == "en" ? 3000 : 400); ++i) {
      ProductFacts product{.id = std::to_string(random.next()), .type = {}, .facts = {}};
      const auto any = [&](int aspect) {
        return aspects.value_name({aspect, static_cast<int>(random.below(aspects.values(aspect)))});
      };
      if (!random.chance(0.1)) product.type = any(aspects.type());
      for (const auto& attribute : attributes) {
        if (random.chance(0.35)) product.facts.push_back({attribute, any(*aspects.of_attribute(attribute))});
      }
      if (random.chance(0.3)) product.facts.push_back({"Rope kind", "Twisted Jute Nine"});
      if (product.facts.empty()) continue;
      ComposeOptions options;
      options.locale = locale;
      try {
        const auto composed = compose(product, TemplateWriter(), options);
        EXPECT_THAT(faults_of(composed.description, {}), IsEmpty());
      } catch (const base::Error& error) {
        ADD_FAILURE() << locale << ": " << error.what();
      }
    }
  }
}

// Every case holds what a stranger wrote and what a model would write that obeyed it: none of it may come out.
TEST(Compose, InjectionsAreNeverObeyed) {
  std::ifstream file(HANGTAG_TEST_CASES "/injections.jsonl");
  ASSERT_TRUE(file);
  int cases = 0;
  for (std::string line; std::getline(file, line);) {
    const auto json = base::Json::parse(line);
    SCOPED_TRACE(json["id"].get<std::string>());
    const auto payload = json["payload"].get<std::string>(), where = json["where"].get<std::string>();
    auto product = kShirt;
    ComposeOptions options;
    if (where == "value") {
      const auto attribute = json.value("attribute", "Collar");
      std::erase_if(product.facts, [&](const auto& fact) { return fact.attribute == attribute; });
      product.facts.push_back({attribute, payload});
    } else if (where == "attribute_name") {
      product.facts.push_back({payload, "Blue"});
    } else if (where == "product_name") {
      product.name = payload;
    } else if (where == "product_type") {
      product.type = payload;
    } else if (where == "brand_fact") {
      try {
        options.brand = parse_brand({{"facts", {payload}}}, "brand.json");
      } catch (const base::Error&) {
        ++cases;  // refused before anything is written
        continue;
      }
    } else if (where == "brand_voice") {
      options.brand.tone = payload;
    } else if (where == "example") {
      options.brand.examples = {payload};
    }
    // Whether the text is put where the model would put it, or into every field.
    const auto obeyed = json["obeyed"].get<std::string>();
    class Obedient : public Writer {
     public:
      explicit Obedient(std::string text) : text_(std::move(text)) {}
      Draft write(const Brief&, const Feedback*) const override { return {.description = description_of(text_)}; }
      std::string_view name() const override { return "obedient"; }

     private:
      std::string text_;
    };
    const auto composed = compose(product, Obedient(obeyed), options);
    std::string published;
    for (const auto& field : fields_of(composed.description)) published += field.text + "\n";
    const auto folded = [](std::string text) {
      for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      return text;
    };
    for (const auto& forbidden : json["must_not_contain"]) {
      EXPECT_THAT(folded(published), testing::Not(HasSubstr(folded(forbidden.get<std::string>())))) << payload << "\n"
                                                                                                    << composed.writer;
    }
    ++cases;
  }
  EXPECT_GE(cases, 200);
}

}  // namespace
}  // namespace hangtag::describe
