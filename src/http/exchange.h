// One request's answer on its way from whoever gives it to the connection that sends it. Not for users of the server.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "http/message.h"

namespace hangtag::http {

// May be used by several threads at once.
class Exchange {
 public:
  // `wake` tells the connection to look again, from any thread; it is called under a lock and must not call back.
  Exchange(const Head& head, std::function<void()> wake);

  // The giver's side.
  void answer(Response response, bool streamed);
  void drop();                    // no answer will come
  bool write(std::string bytes);  // as Stream::write()
  void end(bool whole);

  // The connection's side.
  struct Answer {
    Response response;
    bool streamed = false;
  };
  std::optional<Answer> take_answer();

  struct Piece {
    std::string bytes{};
    bool ended = false;
    bool whole = false;
  };
  Piece take_piece();  // all that waits
  void close();        // nothing more will be taken; wake() is not called again

 private:
  Head head_;  // without its headers
  std::mutex mutex_;
  std::condition_variable room_;
  std::function<void()> wake_;  // empty once closed
  std::optional<Answer> answer_;
  Piece piece_;
};

// Threads of the server must not wait for what only they can send.
void mark_server_thread();

}  // namespace hangtag::http
