// Evaluations as text: for the terminal, and as Markdown for documents and model cards.
#pragma once

#include <string>

#include "evaluate/metrics.h"

namespace hangtag::evaluate {

enum class TableStyle { kTerminal, kMarkdown };

// A row per attribute and one of means. Control characters in names and values are replaced, columns line up whatever
// the script, and every line ends with a newline.
std::string format_table(const Evaluation& evaluation, TableStyle style = TableStyle::kTerminal);

// The accuracies of the same examples before and after, fine-tuning say. Throws kMismatch when the two are not about
// the same attributes and numbers of examples.
std::string format_comparison(const Evaluation& before, const Evaluation& after,
                              TableStyle style = TableStyle::kTerminal);

// "above", "below", or "within chance": what the interval of the gain allows to say.
const char* against_majority(const AttributeEvaluation& attribute);

}  // namespace hangtag::evaluate
