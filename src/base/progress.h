// Progress of long work on stderr: a bar that redraws itself on a terminal, a plain line every few seconds elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace hangtag::base {

// Not thread-safe. Draws nothing when `quiet`.
class Progress {
 public:
  // `unit` is what is counted: "photos", "steps". total 0 means unknown.
  Progress(std::string label, std::int64_t total, std::string unit, bool quiet = false);
  ~Progress();  // leaves the last state on its own line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of total are done; `note` stands at the end of the line ("loss 0.412").
  void update(std::int64_t done, const std::string& note = {});

 private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now, const std::string& note);

  std::string label_;
  std::string unit_;
  std::string note_;
  std::int64_t total_;
  std::int64_t done_ = 0;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point start_;
  Clock::time_point last_draw_;
};

// "4 s", "3 min 20 s", "2 h 05 min"
std::string format_duration(double seconds);

}  // namespace hangtag::base
