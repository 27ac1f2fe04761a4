// The seam between a chat and the servers that answer it, which differ in their requests, answers and errors.
//
// A new provider is one new file. None sends anything: llm::Client does.
#pragma once

#include <string>
#include <string_view>

#include "llm/chat.h"
#include "net/http.h"
#include "net/retry.h"

namespace hangtag::llm {

// Providers may be used by several threads at once.
class Provider {
 public:
  virtual ~Provider() = default;

  virtual net::Request request(const Chat& chat) const = 0;  // throws kUsage, by check()

  // Throws kIo for an answer that is an error, with its status and the server's message, and kInvalid for one that is
  // malformed, with the field. No message holds the key, even where the server repeats it.
  virtual Reply parse(const net::Response& response) const = 0;

  // Whether another attempt is worth it after `attempt` of them (from 1 on), the last of which was answered by
  // `status`.
  virtual bool retryable(int status, int /*attempt*/) const { return net::is_passing(status); }

  virtual std::string_view name() const = 0;     // "openai"
  virtual const std::string& model() const = 0;  // as it is asked for
};

}  // namespace hangtag::llm
