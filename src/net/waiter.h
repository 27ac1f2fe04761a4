// Time and chance, which tests replace so that they take no real time and always see the same.
#pragma once

#include <chrono>
#include <functional>

namespace hangtag::net {

void sleep(std::chrono::nanoseconds duration);  // of the calling thread
double random_fraction();                       // in [0, 1), another in every thread and every run

// The real ones unless replaced. All may be called by several threads at once.
struct Waiter {
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  std::function<std::chrono::system_clock::time_point()> date = std::chrono::system_clock::now;
  std::function<void(std::chrono::nanoseconds)> sleep = net::sleep;
  std::function<double()> random = random_fraction;
};

}  // namespace hangtag::net
