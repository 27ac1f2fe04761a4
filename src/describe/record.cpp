#include "describe/record.h"

namespace hangtag::describe {
namespace {

std::string escaped_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string escaped_markdown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\`*_{}[]()#+-.!|<>~&").find(c) != std::string_view::npos) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string text_of(const Description& description, std::string_view field) {
  for (const auto& candidate : fields_of(description)) {
    if (candidate.name == field) return candidate.text;
  }
  return "";
}

}  // namespace

base::OrderedJson to_json(const Composed& composed) {
  using base::OrderedJson;
  const auto& description = composed.description;
  auto attributes = OrderedJson::object();
  for (const auto& fact : composed.product.facts) attributes[fact.attribute] = fact.value;
  auto claims = OrderedJson::array();
  for (const auto& claim : composed.claims) {
    const auto text = text_of(description, claim.place.field);
    OrderedJson entry = {{"field", claim.place.field},
                         {"start", characters(std::string_view(text).substr(0, claim.place.begin))},
                         {"end", characters(std::string_view(text).substr(0, claim.place.end))},
                         {"text", claim.place.text},
                         {"by", claims::to_string(claim.tie)}};
    if (!claim.to.empty()) entry[claims::to_string(claim.tie)] = claim.to;
    claims.push_back(std::move(entry));
  }
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
  json["claims"] = std::move(claims);
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
  std::string html =
      fmt::format("<article lang=\"{}\" data-id=\"{}\">\n<h2>{}</h2>\n<p>{}</p>\n", composed.locale,
                  escaped_html(composed.product.id), escaped_html(description.title), escaped_html(description.text));
  if (!description.bullets.empty()) {
    html += "<ul>\n";
    for (const auto& bullet : description.bullets) html += fmt::format("<li>{}</li>\n", escaped_html(bullet));
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
