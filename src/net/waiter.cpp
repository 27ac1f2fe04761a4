#include "net/waiter.h"

#include <random>
#include <thread>

#include "base/random.h"

namespace hangtag::net {

void sleep(std::chrono::nanoseconds duration) {
  std::this_thread::sleep_for(duration);
}

double random_fraction() {
  thread_local base::Random random((std::uint64_t{std::random_device{}()} << 32) | std::random_device{}());
  return random.uniform();
}

}  // namespace hangtag::net
