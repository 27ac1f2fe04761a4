// What a command reads line by line: a file, or standard input by the name "-".
#pragma once

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "base/error.h"

namespace hangtag::app {

class Input {
 public:
  // Throws kNotFound for a file that cannot be opened.
  explicit Input(const std::filesystem::path& path) : name_(path == "-" ? "standard input" : path.string()) {
    if (path == "-") return;
    file_.open(path);
    if (!file_) base::fail(base::ErrorCode::kNotFound, "{}: cannot open", name_);
    stream_ = &file_;
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  std::istream& stream() { return *stream_; }
  const std::string& name() const { return name_; }  // for messages

 private:
  std::string name_;
  std::ifstream file_;
  std::istream* stream_ = &std::cin;
};

}  // namespace hangtag::app
