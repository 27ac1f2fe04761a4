// What `hangtag describe` writes of a product: docs/formats/description.md.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "describe/compose.h"

namespace hangtag::describe {

// Offsets of claims count code points, as JSON's readers do.
base::OrderedJson to_json(const Composed& composed);

// Fragments without a frame, to be put into a page; every text escaped for its place.
std::string to_html(const Composed& composed);
std::string to_markdown(const Composed& composed);

}  // namespace hangtag::describe
