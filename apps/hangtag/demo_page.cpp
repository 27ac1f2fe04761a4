#include "demo_page.h"

#include <fmt/format.h>

#include "base/progress.h"
#include "base/version.h"
#include "evaluate/text.h"

namespace hangtag::app {
namespace {

using evaluate::escape_html;
using evaluate::percent;

constexpr std::size_t kBarsPerAttribute = 3;

constexpr const char* kStyle = R"(
:root{--page:#f6f3ee;--card:#fff;--ink:#23211d;--soft:#6b665d;--line:#e4dfd5;--bar:#3aa793;--other:#d9d2c5;--bad:#b4451c;--cord:#b9a37c}
@media(prefers-color-scheme:dark){:root{--page:#171614;--card:#211f1c;--ink:#ece8e0;--soft:#a39c90;--line:#38342e;
--bar:#2f9a85;--other:#4a453d;--bad:#f09a6f;--cord:#8d7a58}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1180px;margin:0 auto;padding:40px 20px 64px}
h1{font-size:2.1rem;line-height:1.12;letter-spacing:-.02em;margin:0 0 10px}
.lead{font-size:1.1rem;max-width:44em;color:var(--soft);margin:0 0 28px}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:22px;margin-bottom:36px}
.tag{background:var(--card);border:1px solid var(--line);border-radius:16px;overflow:hidden;display:flex;flex-direction:column;
position:relative}
.tag::before{content:"";position:absolute;top:12px;left:12px;width:14px;height:14px;border-radius:50%;background:var(--page);
border:3px solid var(--cord);z-index:1}
.tag img{width:100%;height:260px;object-fit:contain;background:#fff;border-bottom:1px solid var(--line)}
.body{padding:16px 18px 20px}
h2{font-size:1.1rem;margin:0 0 12px;letter-spacing:-.01em}
dl{display:grid;grid-template-columns:7.2em 1fr;gap:8px 12px;margin:0 0 14px;font-size:.875rem}
dt{color:var(--soft)}dd{margin:0}
.value{display:grid;grid-template-columns:1fr 3.2em;gap:0 8px;align-items:baseline;position:relative}
.value+.value{color:var(--soft);font-size:.8rem}.value b{font-weight:600}.value span{text-align:right}
.track{grid-column:1/-1;height:5px;border-radius:3px;background:color-mix(in srgb,var(--other) 40%,transparent);margin:2px 0 3px}
.track i{display:block;height:100%;border-radius:3px;background:var(--bar)}.value+.value .track i{background:var(--other)}
.miss{color:var(--bad);font-size:.8rem}
p.text{margin:0;border-top:1px solid var(--line);padding-top:12px}
section{background:var(--card);border:1px solid var(--line);border-radius:16px;padding:22px 24px;margin-bottom:22px}
section h2{font-size:1.3rem}table{border-collapse:collapse;width:100%;max-width:760px}
th,td{padding:8px 10px;border-bottom:1px solid var(--line);text-align:right}th{font-size:.8rem;color:var(--soft)}
th:first-child,td:first-child{text-align:left;padding-left:0}tr:last-child td{border-bottom:0;font-weight:600}
.soft{color:var(--soft);font-size:.875rem}
)";

std::string attribute_html(const predict::AttributePrediction& prediction, const DemoProduct& product) {
  std::string html = fmt::format("<dt>{}</dt><dd>", escape_html(prediction.attribute));
  for (std::size_t i = 0; i < std::min(kBarsPerAttribute, prediction.values.size()); ++i) {
    const auto& [value, probability] = prediction.values[i];
    if (i > 0 && probability < 0.01) break;
    const char* tag = i == 0 ? "b" : "i";
    html += fmt::format(
        "<div class=value><{0}>{1}</{0}><span>{2:.0f} %</span><div class=track><i style='width:{2:.1f}%'></i></div></div>", tag,
        escape_html(value), 100 * probability);
  }
  const auto truth = product.truth.find(prediction.attribute);
  if (truth != product.truth.end() && truth->second != prediction.values.front().value) {
    html += fmt::format("<span class=miss>in truth: {}</span>", escape_html(truth->second));
  }
  return html + "</dd>";
}

std::string product_html(const DemoProduct& product) {
  std::string attributes;
  for (const auto& prediction : product.prediction.attributes) attributes += attribute_html(prediction, product);
  return fmt::format(
      "<article class=tag><img src='{}' alt='{}'><div class=body><h2>{}</h2><dl>{}</dl><p class=text>{}</p></div></article>\n",
      escape_html(product.photo), escape_html(product.description.title), escape_html(product.description.title), attributes,
      escape_html(product.description.text));
}

std::string row_html(const std::string& name, std::size_t n, double majority, double before, double after) {
  return fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", escape_html(name), n,
                     percent(majority), percent(before), percent(after));
}

}  // namespace

std::string demo_page(const DemoResult& result) {
  std::string products;
  for (const auto& product : result.products) products += product_html(product);
  std::string learnt;
  for (std::size_t i = 0; i < result.after.attributes.size(); ++i) {
    const auto& after = result.after.attributes[i];
    learnt += row_html(after.attribute, after.n, after.majority_accuracy, result.before.attributes[i].accuracy, after.accuracy);
  }
  learnt += row_html("mean", result.after.judgements, result.after.majority_accuracy, result.before.accuracy, result.after.accuracy);

  return fmt::format(R"(<!doctype html><html lang=en><head><meta charset=utf-8>
<meta name=viewport content="width=device-width,initial-scale=1">
<meta http-equiv=Content-Security-Policy content="default-src 'none'; img-src 'self'; style-src 'unsafe-inline'">
<title>hangtag: the demo</title><style>{}</style></head><body><main>
<h1>From a photo to a hangtag</h1>
<p class=lead>These garments were drawn, so that the truth is known. A model that came with hangtag learnt this shop's own pictures
and words by LoRA ({} parameters). It read the values below off photos it had never seen, each with
its probability; the text says what was read, and nothing more.</p>
<div class=grid>
{}</div>
<section><h2>Learnt by LoRA</h2>
<table><tr><th>attribute</th><th>test photos</th><th>majority</th><th>before</th><th>after</th></tr>
{}</table>
<p class=soft>Majority: always answering the most frequent value of the training set. Drawings, training and all of this took {} on
this machine. {}.</p></section>
</main></body></html>
)",
                     kStyle, result.adapter_parameters, products, learnt, base::format_duration(result.seconds),
                     escape_html(base::version()));
}

}  // namespace hangtag::app
