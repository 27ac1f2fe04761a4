#include "base/error.h"

namespace hangtag::base {

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage: return "wrong use";
    case ErrorCode::kNotFound: return "not found";
    case ErrorCode::kInvalid: return "invalid input";
    case ErrorCode::kMismatch: return "mismatch";
    case ErrorCode::kUnsupported: return "not supported";
    case ErrorCode::kLimit: return "over a limit";
    case ErrorCode::kIo: return "input/output error";
    case ErrorCode::kDiverged: return "training diverged";
    case ErrorCode::kInternal: return "internal error";
  }
  return "unknown error";
}

}  // namespace hangtag::base
