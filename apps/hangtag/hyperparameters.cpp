#include "hyperparameters.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace hangtag::app {
namespace {

// SageMaker's toolkits put strings into quotes of their own: "\"lora\"".
std::string text_of(const base::Json& value) {
  auto text = value.is_string() ? value.get<std::string>() : value.dump();
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

}  // namespace

std::vector<std::string> with_hyperparameters(std::vector<std::string> arguments) {
  const auto option = std::find(arguments.begin(), arguments.end(), "--hyperparameters");
  if (option == arguments.end()) return arguments;
  if (option + 1 == arguments.end()) base::fail(base::ErrorCode::kUsage, "--hyperparameters wants a file");
  const std::string path = *(option + 1);
  arguments.erase(option, option + 2);
  const auto json = base::read_json(path);
  if (!json.is_object()) base::fail(base::ErrorCode::kInvalid, "{}: expected a JSON object of options", path);
  const auto given = arguments;
  for (const auto& [key, value] : json.items()) {
    if (value.is_object() || value.is_array() || value.is_null()) {
      base::fail(base::ErrorCode::kInvalid, "{}: \"{}\" is {}; expected a string, a number or a boolean", path, key, value.dump());
    }
    auto name = "--" + key;
    std::replace(name.begin(), name.end(), '_', '-');
    const bool named = std::any_of(given.begin(), given.end(), [&](const auto& one) { return one == name || one.starts_with(name + "="); });
    const auto text = text_of(value);
    if (named || text == "false") continue;
    arguments.push_back(text == "true" ? name : name + "=" + text);
  }
  return arguments;
}

}  // namespace hangtag::app
