// Claims and places as records and verdicts show them.
#pragma once

#include <span>

#include "base/json.h"
#include "claims/check.h"

namespace hangtag::describe {

// {"field", "start", "end", "text"}: offsets in code points of the field's text, as JSON's readers count.
base::OrderedJson place_json(const claims::Place& place, std::span<const claims::Field> fields);

// [{…place, "by": "attribute", "attribute": NAME}]
base::OrderedJson claims_json(std::span<const claims::Claim> claims, std::span<const claims::Field> fields);

}  // namespace hangtag::describe
