#include "catalog/product.h"

namespace hangtag::catalog {

bool is_valid_id(std::string_view id) {
  return !id.empty() && id.size() <= 100 &&
         id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
             std::string_view::npos;
}

}  // namespace hangtag::catalog
