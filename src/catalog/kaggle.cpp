#include "catalog/kaggle.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "catalog/csv.h"

namespace hangtag::catalog {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxJsonBytes = 16 << 20;  // a thousand times a usual one
constexpr std::size_t kThreads = 4;                // reading small files gains little from more

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

void add_label(Product& product, const std::string& attribute, std::string_view value) {
  value = trim(value);
  if (!value.empty() && value != "NA") product.attributes[attribute] = value;
}

// A product on its way, and where it came from.
struct Candidate {
  Product product;
  std::int64_t line;
  std::optional<Dropped> dropped;  // set where the JSON turns out unusable
};

class StylesReader {
 public:
  StylesReader(const KaggleOptions& options, KaggleCatalog& catalog)
      : options_(options), catalog_(catalog), reader_(CsvReader::open(options.folder / "styles.csv")) {
    header_ = reader_.next().value_or(CsvRow{});
    id_ = column(header_, "id", reader_.name());
    type_ = column(header_, "articleType", reader_.name());
    name_ = column(header_, "productDisplayName", reader_.name());
    for (const auto& attribute : options.attributes) {
      if (!is_column(attribute)) json_attributes_.push_back(attribute);
    }
  }

  const std::vector<std::string>& json_attributes() const { return json_attributes_; }

  std::vector<Candidate> read() {
    std::vector<Candidate> candidates;
    while (auto row = reader_.next()) {
      ++catalog_.rows;
      if (auto product = read_row(*row)) candidates.push_back({std::move(*product), row->line, std::nullopt});
    }
    return candidates;
  }

 private:
  bool is_column(const std::string& attribute) const {
    return std::ranges::find(header_.fields, attribute) != header_.fields.end();
  }

  std::nullopt_t drop(const CsvRow& row, std::string reason, std::string detail = {}) {
    std::string id = id_ < row.fields.size() ? row.fields[id_] : std::string();
    catalog_.dropped.push_back({"styles.csv", row.line, std::move(id), std::move(reason), std::move(detail)});
    return std::nullopt;
  }

  std::optional<Product> read_row(const CsvRow& row) {
    if (row.fields.size() != header_.fields.size()) {
      return drop(row, "malformed row",
                  fmt::format("{} fields, the header has {}", row.fields.size(), header_.fields.size()));
    }
    const std::string& type = row.fields[type_];
    if (!options_.types.empty() && std::ranges::find(options_.types, type) == options_.types.end()) {
      ++catalog_.other_types;
      return std::nullopt;
    }
    const std::string& id = row.fields[id_];
    if (!is_valid_id(id)) return drop(row, "bad id", "ids are made of letters, digits, _ and -");
    if (!ids_.insert(id).second) return drop(row, "duplicate id");
    Product product{.id = id,
                    .type = type,
                    .name = row.fields[name_],
                    .photo = options_.folder / "images" / (id + ".jpg"),
                    .attributes = {},
                    .texts = {}};
    std::error_code ignored;
    if (!fs::is_regular_file(product.photo, ignored)) return drop(row, "no photo", product.photo.string());
    for (const auto& attribute : options_.attributes) {
      if (is_column(attribute)) add_label(product, attribute, row.fields[column(header_, attribute, reader_.name())]);
    }
    return product;
  }

  const KaggleOptions& options_;
  KaggleCatalog& catalog_;
  CsvReader reader_;
  CsvRow header_;
  std::size_t id_ = 0;
  std::size_t type_ = 0;
  std::size_t name_ = 0;
  std::vector<std::string> json_attributes_;
  std::unordered_set<std::string> ids_;
};

// data[key][name] as an object, or nothing: PHP writes an empty map as [].
const base::Json* find_object(const base::Json& data, const char* key) {
  const auto found = data.find(key);
  return found != data.end() && found->is_object() ? &*found : nullptr;
}

void read_product_json(const fs::path& path, const std::vector<std::string>& attributes,
                       const std::vector<std::string>& texts, Product& product) {
  const base::Json json = base::parse_json(base::read_file(path, kMaxJsonBytes), path.string());
  const auto data = json.is_object() ? find_object(json, "data") : nullptr;
  if (data == nullptr) base::fail(base::ErrorCode::kInvalid, "{}: no object \"data\"", path.string());

  if (const auto* labels = find_object(*data, "articleAttributes")) {
    for (const auto& attribute : attributes) {
      if (const auto value = base::find<std::string>(*labels, attribute.c_str(), path.string())) {
        add_label(product, attribute, *value);
      }
    }
  }
  if (const auto* descriptors = find_object(*data, "productDescriptors")) {
    for (const auto& text : texts) {
      const auto* descriptor = find_object(*descriptors, text.c_str());
      if (descriptor == nullptr) continue;
      const auto value = base::find<std::string>(*descriptor, "value", path.string());
      std::string plain = plain_text(value.value_or(""));
      if (!plain.empty()) product.texts[text] = std::move(plain);
    }
  }
}

void read_all_json(const KaggleOptions& options, const std::vector<std::string>& attributes,
                   std::vector<Candidate>& candidates) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < candidates.size();) {
      Candidate& candidate = candidates[i];
      const std::string file = "styles/" + candidate.product.id + ".json";
      try {
        read_product_json(options.folder / file, attributes, options.texts, candidate.product);
      } catch (const base::Error& error) {
        const bool absent = error.code() == base::ErrorCode::kNotFound;
        candidate.dropped = {file, 0, candidate.product.id, absent ? "no JSON" : "malformed JSON", error.what()};
      }
    }
  };
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back(work);
}

std::int64_t count_undefined_links(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return 0;
  CsvReader reader = CsvReader::open(path);
  std::int64_t count = 0;
  while (const auto row = reader.next()) count += row->fields.size() > 1 && row->fields[1] == "undefined";
  return count;
}

}  // namespace

KaggleCatalog read_kaggle(const KaggleOptions& options) {
  KaggleCatalog catalog;
  StylesReader styles(options, catalog);
  std::vector<Candidate> candidates = styles.read();
  if (!styles.json_attributes().empty() || !options.texts.empty()) {
    read_all_json(options, styles.json_attributes(), candidates);
  }
  for (Candidate& candidate : candidates) {
    if (!candidate.dropped && !options.attributes.empty() && candidate.product.attributes.empty()) {
      candidate.dropped = {"styles.csv", candidate.line, candidate.product.id, "no label",
                           "none of the attributes asked for"};
    }
    if (candidate.dropped) {
      catalog.dropped.push_back(*std::move(candidate.dropped));
    } else {
      catalog.products.push_back(std::move(candidate.product));
    }
  }
  catalog.undefined_links = count_undefined_links(options.folder / "images.csv");
  return catalog;
}

std::string plain_text(std::string_view html) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kEntities = {{{"&amp;", "&"},
                                                                                              {"&lt;", "<"},
                                                                                              {"&gt;", ">"},
                                                                                              {"&quot;", "\""},
                                                                                              {"&apos;", "'"},
                                                                                              {"&#39;", "'"},
                                                                                              {"&rsquo;", "'"},
                                                                                              {"&nbsp;", " "}}};
  std::string text;
  const auto add = [&](std::string_view piece) {
    for (const char c : piece) {
      const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
      if (!space) {
        text += c;
      } else if (!text.empty() && text.back() != ' ') {
        text += ' ';
      }
    }
  };
  const char* const begin = html.data();
  const std::size_t tags_end = html.rfind('>');  // a '<' behind it is text; looked for once, however many there are
  while (!html.empty()) {
    std::size_t length = 1;
    if (html.starts_with("<!--")) {
      length = std::min(html.find("-->", 4), html.size() - 3) + 3;
      add(" ");
    } else if (html[0] == '<' && tags_end != std::string_view::npos && html.data() < begin + tags_end) {
      length = html.find('>') + 1;
      add(" ");
    } else if (const auto entity = std::ranges::find_if(kEntities, [&](auto& e) { return html.starts_with(e.first); });
               entity != kEntities.end()) {
      length = entity->first.size();
      add(entity->second);
    } else {
      add(html.substr(0, 1));
    }
    html.remove_prefix(length);
  }
  return std::string(trim(text));
}

}  // namespace hangtag::catalog
