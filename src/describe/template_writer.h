// Descriptions from sentence plans: no model, no network, nothing invented.
#pragma once

#include "describe/writer.h"

namespace hangtag::describe {

// English. Every value that is given stands in the text, in lower case where a sentence wants it so; no sentence says
// more than the attributes do. Values that mean "not known" (NA, none, -) are passed over. The same product always gets
// the same text; the id chooses among the sentence plans, so that a catalogue does not read like a form.
//
// Values are data, whatever they hold: control characters become spaces, long values are shortened, and what does not
// look like a word or two stands in quotation marks.
//
// Attributes that it knows by name become part of a sentence: the colour, Pattern, Fabric or Material, Fit, Neck,
// Collar, Sleeve Length, Sleeve Styling, Gender, Season, and Usage or Occasion. Others follow as "Wash care: Hand
// Wash."
class TemplateWriter : public Writer {
 public:
  static constexpr std::string_view kName = "template";

  Description write(const ProductFacts& product) const override;
  std::string_view name() const override { return kName; }
};

}  // namespace hangtag::describe
