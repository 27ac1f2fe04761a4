// What `hangtag check` prints of a text.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "claims/lexicon.h"
#include "describe/brand.h"

namespace hangtag::describe {

// `line`: one JSON object on one line with id, type, name and attributes, the texts under their names (title,
// description or text, bullets, seo_title, seo_description, alt_text), and if wanted brand_facts and banned words
// besides the brand's. → {"id", "passes", "problems": […], "claims": […]}, whose offsets count code points. Throws
// kInvalid; `where` says where in messages.
base::OrderedJson verdict_of(std::string_view line, const std::string& where, const claims::Lexicon& lexicon,
                             const Brand& brand);

}  // namespace hangtag::describe
