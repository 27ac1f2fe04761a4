// RUN/report.html: the curves of a training run, drawn from its metrics.jsonl.
#pragma once

#include <filesystem>

namespace hangtag::app {

void write_train_page(const std::filesystem::path& run);

}  // namespace hangtag::app
