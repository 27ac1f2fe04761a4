// From photos to attributes: each photo encoded once, all questions about it in one batch, every answer inside the
// taxonomy and with its probability.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catalog/taxonomy.h"
#include "decode/answer_tree.h"
#include "decode/generate.h"
#include "image/image.h"
#include "model/checkpoint.h"
#include "predict/calibration.h"
#include "predict/record.h"

namespace hangtag::predict {

// Not thread-safe.
class Predictor {
 public:
  Predictor(model::Checkpoint checkpoint, catalog::Taxonomy taxonomy);

  at::Tensor image_features(const std::vector<image::Image>& photos);  // (P, Q, D)

  // What is asked about one photo.
  struct Request {
    std::int64_t photo;                   // row of the features
    std::string type;                     // of the product; empty: see predict()
    std::vector<std::string> attributes;  // none: all that the taxonomy has for the type
  };

  // One list per request, an entry per attribute. Attributes that the taxonomy does not hold for the type have no values
  // to choose from and are left out. Where the type is empty and the taxonomy has catalog::kTypeAttribute, that is asked
  // first and the likeliest type decides about the rest; otherwise an unknown type has the union over all types. The type
  // itself is always chosen among all of them.
  std::vector<std::vector<AttributePrediction>> predict(const at::Tensor& features, const std::vector<Request>& requests);

  // From now on probabilities are those of the calibration's temperatures.
  void set_calibration(Calibration calibration) { calibration_ = std::move(calibration); }

  // A free question, in the prompt's own words ("Question: … Answer: "): the answer is not held to the taxonomy.
  std::string ask(const image::Image& photo, const std::string& prompt, const decode::GenerateOptions& options = {});

  model::Checkpoint& checkpoint() { return checkpoint_; }
  const catalog::Taxonomy& taxonomy() const { return taxonomy_; }

 private:
  // What an attribute of a product type needs again and again.
  struct Question {
    std::vector<std::int64_t> prompt;  // token ids
    std::vector<std::string> values;
    std::unique_ptr<decode::AnswerTree> tree;
  };
  const Question& question(const std::string& attribute, const std::string& type);
  // As predict(), of requests that name all that they want.
  std::vector<std::vector<AttributePrediction>> answer(const at::Tensor& features, const std::vector<Request>& requests);

  model::Checkpoint checkpoint_;
  catalog::Taxonomy taxonomy_;
  Calibration calibration_;
  std::map<std::pair<std::string, std::string>, Question> questions_;  // attribute, type
};

}  // namespace hangtag::predict
