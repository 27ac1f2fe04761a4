#include "describe/writer.h"

#include <array>

#include "base/error.h"
#include "describe/template_writer.h"

namespace hangtag::describe {

namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<Writer> (*make)();
};

template <typename T>
std::unique_ptr<Writer> make() {
  return std::make_unique<T>();
}

constexpr std::array kWriters = {
    Entry{TemplateWriter::kName, make<TemplateWriter>},
};

}  // namespace

std::unique_ptr<Writer> make_writer(std::string_view name) {
  for (const Entry& entry : kWriters) {
    if (entry.name == name) return entry.make();
  }
  base::fail(base::ErrorCode::kUsage, "there is no writer \"{}\"; there are: {}", name,
             fmt::join(writer_names(), ", "));
}

std::vector<std::string_view> writer_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kWriters) names.push_back(entry.name);
  return names;
}

base::OrderedJson description_json(const ProductFacts& product, const Description& description) {
  base::OrderedJson attributes = base::OrderedJson::object();
  for (const Fact& fact : product.facts) attributes[fact.attribute] = fact.value;
  return {{"id", product.id},
          {"title", description.title},
          {"description", description.text},
          {"writer", description.writer},
          {"attributes", std::move(attributes)}};
}

}  // namespace hangtag::describe
