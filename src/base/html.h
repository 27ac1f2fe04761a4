// Text made fit for HTML.
#pragma once

#include <string>
#include <string_view>

namespace hangtag::base {

// With & < > " and ' as entities: fit for an element, and for an attribute in either kind of quotation marks.
std::string escape_html(std::string_view text);

}  // namespace hangtag::base
