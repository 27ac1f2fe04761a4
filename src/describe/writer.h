// The seam between what is known of a product and the text that sells it.
//
// A new writer is one new file and one line in the table in writer.cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "describe/facts.h"

namespace hangtag::describe {

// Plain text, not markup: escape it for the place where it is shown.
struct Description {
  std::string title;   // at most 150 characters, what feeds and shops accept
  std::string text;    // whole sentences
  std::string writer;  // the name of the writer
};

// Writers may be used by several threads at once.
class Writer {
 public:
  virtual ~Writer() = default;

  // Throws kInvalid for a product of which nothing is known.
  virtual Description write(const ProductFacts& product) const = 0;
  virtual std::string_view name() const = 0;
};

// Throws kUsage for an unknown name, and lists those that there are.
std::unique_ptr<Writer> make_writer(std::string_view name);
std::vector<std::string_view> writer_names();

// {"id", "title", "description", "writer", "attributes": {NAME: VALUE}}: the record of a description, with the facts
// that it was made from.
base::OrderedJson description_json(const ProductFacts& product, const Description& description);

}  // namespace hangtag::describe
