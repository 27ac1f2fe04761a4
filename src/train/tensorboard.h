// Curves for TensorBoard: an event file of scalars, in TensorFlow's record format (tensorflow/core/lib/io/record_writer.h) with
// Event messages (tensorflow/core/util/event.proto).
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace hangtag::train {

class EventFile {
 public:
  EventFile() = default;  // writes nothing
  // A new file in `folder`, which is made: a run that is resumed has one for each start, which TensorBoard reads as one.
  // Throws kIo.
  explicit EventFile(const std::filesystem::path& folder);

  // What came after this step, in earlier files too, does not count any more.
  void restart_at(std::int64_t step);
  void scalar(std::string_view tag, std::int64_t step, double value);  // flushed at once; throws kIo

 private:
  void write(std::string_view event);

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace hangtag::train
