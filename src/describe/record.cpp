#include "describe/record.h"

#include "base/html.h"
#include "describe/claims_json.h"

namespace hangtag::describe {
namespace {

std::string escaped_markdown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\`*_{}[]()#+-.!|<>~&").find(c) != std::string_view::npos) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

}  // namespace

base::OrderedJson to_json(const Composed& composed) {
  using base::OrderedJson;
  const auto& description = composed.description;
  auto attributes = OrderedJson::object();
  for (const auto& fact : composed.product.facts) attributes[fact.attribute] = fact.value;
  OrderedJson json = {{"id", composed.product.id},
                      {"locale", composed.locale},
                      {kTitle, description.title},
                      {kText, description.text},
                      {kBullets, description.bullets},
                      {kSeoTitle, description.seo_title},
                      {kSeoDescription, description.seo_description},
                      {kAltText, description.alt_text},
                      {"writer", composed.writer}};
  if (!composed.asked.empty()) json["fallback"] = {{"from", composed.asked}, {"problems", composed.rejected}};
  if (!composed.model.empty()) json["model"] = composed.model;
  if (!composed.prompt.empty()) {
    json["prompt"] = composed.prompt;
    json["tries"] = composed.tries;
    json["usage"] = {{"input_tokens", composed.input_tokens}, {"output_tokens", composed.output_tokens}};
    if (composed.cost) json["cost"] = *composed.cost;
  }
  json["attributes"] = std::move(attributes);
  json["claims"] = claims_json(composed.claims, fields_of(description));
  if (!composed.left_out.empty()) {
    auto& left_out = json["left_out"] = OrderedJson::array();
    for (const auto& left : composed.left_out)
      left_out.push_back({{"attribute", left.attribute}, {"reason", left.reason}});
  }
  if (!composed.untranslated.empty()) json["untranslated"] = composed.untranslated;
  return json;
}

std::string to_html(const Composed& composed) {
  const auto& description = composed.description;
  std::string html = fmt::format("<article lang=\"{}\" data-id=\"{}\">\n<h2>{}</h2>\n<p>{}</p>\n", composed.locale,
                                 base::escape_html(composed.product.id), base::escape_html(description.title),
                                 base::escape_html(description.text));
  if (!description.bullets.empty()) {
    html += "<ul>\n";
    for (const auto& bullet : description.bullets) html += fmt::format("<li>{}</li>\n", base::escape_html(bullet));
    html += "</ul>\n";
  }
  return html + "</article>\n";
}

std::string to_markdown(const Composed& composed) {
  const auto& description = composed.description;
  std::string markdown =
      fmt::format("## {}\n\n{}\n\n", escaped_markdown(description.title), escaped_markdown(description.text));
  for (const auto& bullet : description.bullets) markdown += fmt::format("- {}\n", escaped_markdown(bullet));
  return markdown + (description.bullets.empty() ? "" : "\n");
}

}  // namespace hangtag::describe
