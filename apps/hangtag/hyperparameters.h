// Options of `hangtag train` from a JSON file, such as SageMaker's /opt/ml/input/config/hyperparameters.json.
#pragma once

#include <string>
#include <vector>

namespace hangtag::app {

// Replaces "--hyperparameters FILE" by the options that FILE's object holds, {"learning_rate": "0.001", "augment": "true"},
// as far as the command line does not name them itself. Numbers and booleans may stand in quotes. Throws kUsage, kInvalid.
std::vector<std::string> with_hyperparameters(std::vector<std::string> arguments);

}  // namespace hangtag::app
