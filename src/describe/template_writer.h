// Descriptions from sentence plans: no model, no network, nothing invented.
#pragma once

#include "describe/writer.h"

namespace hangtag::describe {

// English in sentences. Every value that is given stands in the text, in lower case where a sentence wants it so; no
// sentence says more than the attributes do. The same product always gets the same text; the id chooses among the
// sentence plans, so that a catalogue does not read like a form. Attributes that it knows by name become part of a
// sentence: the colour, Pattern, Fabric or Material, Fit, Neck, Collar, Sleeve Length, Sleeve Styling, Gender, Season,
// and Usage or Occasion. Others follow as "Wash care: Hand Wash."
//
// Other languages as a list: "Farbe: marineblau.", in the words of the lexicon.
//
// Values are data, whatever they hold: what does not look like a word or two stands in quotation marks.
class TemplateWriter : public Writer {
 public:
  static constexpr std::string_view kName = "template";

  Draft write(const Brief& brief, const Feedback* before) const override;
  std::string_view name() const override { return kName; }
  std::string fingerprint() const override { return "template 2"; }  // raise it when the sentences change
  bool learns() const override { return false; }
};

}  // namespace hangtag::describe
