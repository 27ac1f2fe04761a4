#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace hangtag::base {
namespace {

using namespace std::chrono_literals;
constexpr auto kTerminalInterval = 100ms;
constexpr auto kPlainInterval = 5s;
constexpr int kBarWidth = 24;

}  // namespace

std::string format_duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::max(0.0, seconds) + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

Progress::Progress(std::string label, std::int64_t total, std::string unit, bool quiet)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      last_draw_(start_) {}

Progress::~Progress() {
  if (quiet_ || (done_ == 0 && !drawn_)) return;
  draw(Clock::now(), note_);
  if (terminal_) std::fputc('\n', stderr);
}

void Progress::update(std::int64_t done, const std::string& note) {
  done_ = done;
  note_ = note;
  if (quiet_) return;
  const auto now = Clock::now();
  if (now - last_draw_ < (terminal_ ? Clock::duration(kTerminalInterval) : Clock::duration(kPlainInterval))) return;
  draw(now, note);
}

void Progress::draw(Clock::time_point now, const std::string& note) {
  last_draw_ = now;
  drawn_ = true;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double rate = elapsed > 0 ? static_cast<double>(done_) / elapsed : 0;
  std::string line = label_;
  if (total_ > 0) {
    const double share = std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0.0, 1.0);
    if (terminal_) {
      const int filled = static_cast<int>(share * kBarWidth);
      line += fmt::format(" [{}{}]", std::string(filled, '#'), std::string(kBarWidth - filled, '.'));
    }
    line += fmt::format(" {}/{} {} {:3.0f} %", done_, total_, unit_, share * 100);
  } else {
    line += fmt::format(" {} {}", done_, unit_);
  }
  line += fmt::format(", {:.1f}/s", rate);
  if (done_ > 0 && done_ < total_) {
    line += fmt::format(", {} left", format_duration(static_cast<double>(total_ - done_) / rate));
  } else {
    line += fmt::format(", {}", format_duration(elapsed));
  }
  if (!note.empty()) line += ", " + note;
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{}", line);
  } else {
    fmt::print(stderr, "{}\n", line);
  }
  std::fflush(stderr);
}

}  // namespace hangtag::base
