#include "describe/prompt.h"

#include <algorithm>
#include <array>
#include <functional>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "hangtag_describe_embedded_files.h"

namespace hangtag::describe {
namespace {

using base::ErrorCode;

constexpr std::string_view kAttributes = "product_attributes";

std::string language(const std::string& locale) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kNames = {{{"en", "English"},
                                                                                    {"de", "German"},
                                                                                    {"es", "Spanish"},
                                                                                    {"fr", "French"},
                                                                                    {"it", "Italian"},
                                                                                    {"ja", "Japanese"},
                                                                                    {"nl", "Dutch"},
                                                                                    {"pt", "Portuguese"}}};
  for (const auto& [code, name] : kNames) {
    if (code == locale) return std::string(name);
  }
  return locale;
}

std::string limits(const Limits& limits) {
  return fmt::format("Characters at most: {} {}, {} {}, each of at most {} {} {}, {} {}, {} {}, {} {}.", kTitle,
                     limits.title, kText, limits.text, limits.bullets, kBullets, limits.bullet, kSeoTitle,
                     limits.seo_title, kSeoDescription, limits.seo_description, kAltText, limits.alt_text);
}

std::string voice(const Brand& brand) {
  std::string text;
  if (!brand.name.empty()) text += fmt::format("The shop is called {}.\n", brand.name);
  if (!brand.tone.empty()) text += fmt::format("Its voice: {}\n", brand.tone);
  if (!brand.banned.empty()) text += fmt::format("Never use these words: {}.\n", fmt::join(brand.banned, ", "));
  if (!brand.facts.empty())
    text += fmt::format("Besides the attributes you may say, word for word: {}\n", fmt::join(brand.facts, " "));
  if (!brand.examples.empty()) {
    text += "Texts in this voice, about other products; take the tone from them, never a fact:\n";
    for (const auto& example : brand.examples) text += fmt::format("- {}\n", example);
  }
  return text.empty() ? "" : "\n" + text;
}

// Calls use(text, is_name) for the texts between double braces and around them.
void each_part(std::string_view text, const std::function<void(std::string_view, bool)>& use) {
  for (;;) {
    const auto open = text.find("{{");
    const auto close = open == std::string_view::npos ? open : text.find("}}", open);
    use(text.substr(0, open), false);
    if (close == std::string_view::npos) return;
    use(text.substr(open + 2, close - open - 2), true);
    text.remove_prefix(close + 2);
  }
}

std::string filled(std::string_view text, const Brief& brief) {
  std::string result;
  each_part(text, [&](std::string_view part, bool is_name) {
    if (!is_name) {
      result += part;
    } else if (part == kAttributes) {
      result += product_attributes(brief);
    } else if (part == "language") {
      result += language(brief.lexicon.locale());
    } else if (part == "limits") {
      result += limits(brief.limits);
    } else {
      result += voice(brief.brand);
    }
  });
  return result;
}

}  // namespace

std::string product_attributes(const Brief& brief) {
  const auto& aspects = claims::Aspects::get();
  const auto word = [&](const std::optional<claims::Aspects::Value>& place, const std::string& value) {
    return place && brief.lexicon.locale() != "en" ? brief.lexicon.translation(*place) : value;
  };
  base::OrderedJson json;
  if (!brief.product.type.empty()) json["Product"] = word(aspects.value(aspects.type(), brief.product.type), brief.product.type);
  if (!brief.product.name.empty()) json["Name"] = brief.product.name;
  for (const auto& fact : brief.product.facts) {
    json[fact.attribute] = word(aspects.value_of(fact.attribute, fact.value), fact.value);
  }
  std::string text;
  for (const char c : json.dump(2, ' ', false, base::OrderedJson::error_handler_t::replace)) {
    switch (c) {
      case '<':
        text += "\\u003c";
        break;
      case '>':
        text += "\\u003e";
        break;
      case '&':
        text += "\\u0026";
        break;
      default:
        text += c;
    }
  }
  return "<product_attributes>\n" + text + "\n</product_attributes>";
}

Prompt Prompt::garment() {
  return {embedded::prompt_json(), std::string(embedded::system_txt()), std::string(embedded::user_txt()),
          "the prompt garment"};
}

Prompt Prompt::read(const std::filesystem::path& folder) {
  constexpr std::uint64_t kLargest = 1 << 20;
  return {base::read_file(folder / "prompt.json", kLargest), base::read_file(folder / "system.txt", kLargest),
          base::read_file(folder / "user.txt", kLargest), folder.string()};
}

Prompt::Prompt(std::string_view json, std::string system, std::string user, std::string_view name)
    : system_(std::move(system)), user_(std::move(user)) {
  const auto about = base::parse_json(json, fmt::format("{}/prompt.json", name));
  id_ = fmt::format("{}@{}", base::get<std::string>(about, "name", name), base::get<int>(about, "version", name));
  constexpr std::array<std::string_view, 4> kNames = {kAttributes, "language", "limits", "voice"};
  std::size_t attributes_in_system = 0, attributes_in_user = 0;
  for (const auto& [text, file, count] :
       {std::tuple{&system_, "system.txt", &attributes_in_system}, {&user_, "user.txt", &attributes_in_user}}) {
    each_part(*text, [&](std::string_view part, bool is_name) {
      if (!is_name) return;
      if (std::find(kNames.begin(), kNames.end(), part) == kNames.end()) {
        base::fail(ErrorCode::kInvalid, "{}/{}: unknown name {{{{{}}}}}; there are: {}", name, file, part,
                   fmt::join(kNames, ", "));
      }
      *count += part == kAttributes;
    });
  }
  if (attributes_in_user != 1 || attributes_in_system != 0) {
    base::fail(ErrorCode::kInvalid, "{}: {{{{{}}}}} must stand in user.txt once, and not in system.txt", name,
               kAttributes);
  }
}

std::string Prompt::fingerprint() const {
  return id_ + " " + base::hash_hex(id_ + '\0' + system_ + '\0' + user_);
}
std::string Prompt::system(const Brief& brief) const {
  return filled(system_, brief);
}
std::string Prompt::user(const Brief& brief) const {
  return filled(user_, brief);
}

}  // namespace hangtag::describe
