// The page that `hangtag demo` leaves behind: photos, what was read off them, what was written about them.
#pragma once

#include <string>
#include <vector>

#include "describe/description.h"
#include "evaluate/metrics.h"
#include "shared.h"

namespace hangtag::app {

struct DemoProduct {
  std::string photo;  // relative to the page
  predict::Record prediction;
  std::map<std::string, std::string> truth;
  describe::Description description;
};

struct DemoResult {
  evaluate::Evaluation before;  // without the adapter
  evaluate::Evaluation after;   // and with it
  std::vector<DemoProduct> products;
  std::int64_t adapter_parameters = 0;
  double seconds = 0;
};

// One page that needs nothing but the photos: no script, no request.
std::string demo_page(const DemoResult& result);

}  // namespace hangtag::app
