// Facts of strangers made fit to be told.
#pragma once

#include <string>
#include <vector>

#include "catalog/taxonomy.h"
#include "claims/lexicon.h"
#include "facts/facts.h"

namespace hangtag::describe {

struct LeftOut {
  std::string attribute;  // as found, cleaned and shortened; "name" and "type" too
  std::string reason;     // "holds a link", "has more than 4 words"
};

struct Fit {
  facts::ProductFacts product;
  std::vector<LeftOut> left_out;
};

// Values, attributes' names, the product's name and type come from feeds and from models that read photos. What holds
// links, markup or hidden characters, or is too long to be a value, is left out, unless the taxonomy holds it. What
// means nothing
// ("NA") is left out silently. `taxonomy` may be null.
Fit made_fit(const facts::ProductFacts& product, const catalog::Taxonomy* taxonomy, const claims::Lexicon& lexicon);

}  // namespace hangtag::describe
