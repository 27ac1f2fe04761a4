#include "predict/predictor.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "dataset/questions.h"

namespace hangtag::predict {
namespace {

// Bounds the memory of one pass, whatever the size of a request: rows x tree nodes x vocabulary.
constexpr std::size_t kRowsPerPass = 64;
// From so many products on, rows go through the decoder by question: rows of one question share a tree, which is laid out
// once and without padding. Fewer products fill a pass better with their questions mixed.
constexpr std::size_t kProductsToGroup = 4;

}  // namespace

Predictor::Predictor(model::Checkpoint checkpoint, catalog::Taxonomy taxonomy)
    : checkpoint_(std::move(checkpoint)), taxonomy_(std::move(taxonomy)) {}

at::Tensor Predictor::image_features(const std::vector<image::Image>& photos) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> pixels;
  pixels.reserve(photos.size());
  for (const auto& photo : photos) pixels.push_back(checkpoint_.processor(photo));
  return checkpoint_.model->image_features(at::stack(pixels));
}

const Predictor::Question& Predictor::question(const std::string& attribute, const std::string& type) {
  const bool one_type = attribute != catalog::kTypeAttribute && taxonomy_.has_type(type);
  const auto [place, is_new] = questions_.try_emplace({attribute, one_type ? type : std::string()});
  auto& question = place->second;
  if (!is_new) return question;
  question.prompt = checkpoint_.tokenizer.encode(dataset::prompt(dataset::question(attribute)));
  std::vector<std::vector<std::int64_t>> answers;
  for (const auto& value : taxonomy_.values(attribute, place->first.second)) {
    question.values.push_back(value.name);
    answers.push_back(checkpoint_.tokenizer.encode(dataset::answer(attribute, value.name)));
  }
  if (!answers.empty()) {
    const auto& text = checkpoint_.model->config().text;
    question.tree = std::make_unique<decode::AnswerTree>(answers, text.decoder_start_token_id);
  }
  return question;
}

std::vector<std::vector<AttributePrediction>> Predictor::predict(const at::Tensor& features,
                                                                 const std::vector<Request>& requests) {
  auto typed = requests;
  std::vector<std::vector<AttributePrediction>> types;  // of those whose type is to be found out
  std::vector<std::size_t> untyped;
  if (question(catalog::kTypeAttribute, {}).tree) {
    std::vector<Request> ask_type;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (!requests[i].type.empty()) continue;
      untyped.push_back(i);
      ask_type.push_back({.photo = requests[i].photo, .type = {}, .attributes = {catalog::kTypeAttribute}});
    }
    types = answer(features, ask_type);
    for (std::size_t i = 0; i < untyped.size(); ++i) typed[untyped[i]].type = types[i].front().values.front().value;
  }
  for (auto& request : typed) {
    if (request.attributes.empty()) request.attributes = taxonomy_.attributes(request.type);
  }
  std::vector<bool> wanted;  // the type, of the untyped: it is answered already
  for (const auto i : untyped) wanted.push_back(std::erase(typed[i].attributes, catalog::kTypeAttribute) > 0);
  auto predictions = answer(features, typed);
  for (std::size_t i = 0; i < untyped.size(); ++i) {
    auto& all = predictions[untyped[i]];
    if (wanted[i]) all.insert(all.begin(), std::move(types[i].front()));
  }
  return predictions;
}

std::vector<std::vector<AttributePrediction>> Predictor::answer(const at::Tensor& features,
                                                                const std::vector<Request>& requests) {
  const at::NoGradGuard no_grad;
  struct Row {
    std::size_t request;
    std::size_t place;  // among the request's predictions
    std::int64_t photo;
    std::string attribute;
    const Question* question;
  };
  std::vector<Row> rows;
  std::vector<std::vector<AttributePrediction>> predictions(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto& [photo, type, wanted] = requests[i];
    for (const auto& attribute : wanted) {
      const auto& asked = question(attribute, type);
      if (!asked.tree) continue;
      rows.push_back({.request = i, .place = predictions[i].size(), .photo = photo, .attribute = attribute, .question = &asked});
      predictions[i].push_back({.attribute = attribute, .values = {}});
    }
  }
  const bool grouped = requests.size() >= kProductsToGroup;
  if (grouped) {
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return std::less<>()(a.question, b.question); });
  }

  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    end = std::min(rows.size(), begin + kRowsPerPass);
    while (grouped && rows[end - 1].question != rows[begin].question) --end;
    std::vector<std::vector<std::int64_t>> prompts;
    std::vector<std::int64_t> photos;
    std::vector<const decode::AnswerTree*> trees;
    for (auto i = begin; i < end; ++i) {
      prompts.push_back(rows[i].question->prompt);
      photos.push_back(rows[i].photo);
      trees.push_back(rows[i].question->tree.get());
    }
    const auto text = model::pad(prompts, checkpoint_.model->config().text.pad_token_id);
    auto state = checkpoint_.model->start(features.index_select(0, at::tensor(photos, at::kLong)), text);
    auto scores = decode::score_answers(checkpoint_.model, std::move(state), trees);

    for (auto i = begin; i < end; ++i) {
      if (const auto fitted = calibration_.attributes.find(rows[i].attribute); fitted != calibration_.attributes.end()) {
        for (double& score : scores[i - begin]) score /= fitted->second.temperature;
      }
      const auto probabilities = decode::normalize(scores[i - begin]);
      auto& prediction = predictions[rows[i].request][rows[i].place];
      for (std::size_t v = 0; v < probabilities.size(); ++v) {
        prediction.values.push_back({.value = rows[i].question->values[v], .probability = probabilities[v]});
      }
      std::stable_sort(prediction.values.begin(), prediction.values.end(),
                       [](const auto& a, const auto& b) { return a.probability > b.probability; });
    }
  }
  return predictions;
}

std::string Predictor::ask(const image::Image& photo, const std::string& prompt, const decode::GenerateOptions& options) {
  const at::NoGradGuard no_grad;
  const auto text = model::pad({checkpoint_.tokenizer.encode(prompt)}, checkpoint_.model->config().text.pad_token_id);
  auto state = checkpoint_.model->start(image_features({photo}), text);
  const auto answers = decode::generate(checkpoint_.model, std::move(state), options);
  return checkpoint_.tokenizer.decode(answers.front());
}

}  // namespace hangtag::predict
