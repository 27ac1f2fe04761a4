#include "net/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/version.h"
#include "net/url.h"

namespace hangtag::net {

namespace {

using base::ErrorCode;

struct HandleDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, HandleDeleter>;

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || kOthers.find(c) != std::string_view::npos;
  });
}

void check_header(const Header& header) {
  if (!is_token(header.name)) {
    base::fail(ErrorCode::kInvalid, "a header's name holds characters that no name may hold ({} bytes)",
               header.name.size());
  }
  if (header.value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    base::fail(ErrorCode::kInvalid, "the header {} holds a line break or a NUL; its value must be one line",
               header.name);
  }
}

template <typename T>
void set(CURL* handle, CURLoption option, T value) {
  const CURLcode code = curl_easy_setopt(handle, option, value);
  if (code != CURLE_OK) {
    base::fail(ErrorCode::kInternal, "libcurl refuses option {}: {}", static_cast<int>(option),
               curl_easy_strerror(code));
  }
}

// What libcurl hands over while a request runs.
struct Transfer {
  Response response;
  std::uint64_t bytes_left;
  bool over_limit = false;

  bool take(std::size_t bytes) {
    if (bytes > bytes_left) over_limit = true;
    if (over_limit) return false;
    bytes_left -= bytes;
    return true;
  }
};

// libcurl is C: no exception may pass through it. Less than all bytes taken ends the transfer.
std::size_t on_header(char* data, std::size_t, std::size_t size, void* transfer) noexcept {
  auto& state = *static_cast<Transfer*>(transfer);
  if (!state.take(size)) return 0;
  auto& headers = state.response.headers;
  const std::string_view line(data, size);
  const auto colon = line.find(':');
  try {
    if (line.starts_with("HTTP/")) {
      headers.clear();  // those before belong to an interim answer, such as 100 Continue
    } else if (colon != std::string_view::npos) {
      headers.push_back({std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1)))});
    }
  } catch (...) {
    return 0;
  }
  return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* transfer) noexcept {
  auto& state = *static_cast<Transfer*>(transfer);
  if (!state.take(size)) return 0;
  try {
    state.response.body.append(data, size);
  } catch (...) {
    return 0;
  }
  return size;
}

std::unique_ptr<curl_slist, ListDeleter> header_list(const Request& request) {
  std::unique_ptr<curl_slist, ListDeleter> list;
  const auto append = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) base::fail(ErrorCode::kInternal, "curl_slist_append() failed");
    list.release();
    list.reset(longer);
  };
  bool has_type = false;
  for (const Header& header : request.headers) {
    check_header(header);
    has_type = has_type || same_name(header.name, "Content-Type");
    // To libcurl, "name:" means to leave a header out and "name;" to send it empty.
    append(trimmed(header.value).empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  // libcurl would call every body a form, and would wait for "100 Continue" before a long one.
  if (!has_type) append("Content-Type:");
  append("Expect:");
  return list;
}

}  // namespace

std::optional<std::string> Response::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [&](const Header& header) { return same_name(header.name, name); });
  if (found == headers.end()) return std::nullopt;
  return found->value;
}

// A libcurl handle serves one thread at a time and keeps its connections: as many exist as requests ran at once.
class Client::Handles {
 public:
  Handle take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Handle handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
      }
    }
    Handle handle(curl_easy_init());
    if (!handle) base::fail(ErrorCode::kInternal, "curl_easy_init() failed");
    return handle;
  }

  void give_back(Handle handle) {
    curl_easy_reset(handle.get());  // forgets what belonged to the request, keeps the connections
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(handle));
  }

 private:
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

Client::Client(ClientOptions options) : options_(std::move(options)), handles_(std::make_unique<Handles>()) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) base::fail(ErrorCode::kInternal, "libcurl does not start: {}", curl_easy_strerror(started));
  if (options_.timeouts.connect.count() <= 0 || options_.timeouts.total.count() <= 0) {
    base::fail(ErrorCode::kUsage, "the timeouts are {} ms to connect and {} ms in all; expected more than 0",
               options_.timeouts.connect.count(), options_.timeouts.total.count());
  }
  if (options_.user_agent.empty()) options_.user_agent = "hangtag/" + base::version_number();
  check_header({"User-Agent", options_.user_agent});
}

Client::~Client() = default;

Response Client::send(const Request& request) const {
  check_url(request.url);
  if (!is_token(request.method)) base::fail(ErrorCode::kUsage, "the method is not one such as GET or POST");
  const auto headers = header_list(request);
  Transfer transfer{.response = {}, .bytes_left = options_.max_response_bytes};
  char reason[CURL_ERROR_SIZE] = "";

  Handle handle = handles_->take();
  CURL* curl = handle.get();
  set(curl, CURLOPT_URL, request.url.c_str());
  set(curl, CURLOPT_PATH_AS_IS, 1L);  // what is signed is what is sent
  set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  set(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  set(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  set(curl, CURLOPT_NOSIGNAL, 1L);  // threads
  set(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.timeouts.connect.count()));
  set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeouts.total.count()));
  set(curl, CURLOPT_USERAGENT, options_.user_agent.c_str());
  set(curl, CURLOPT_HTTPHEADER, headers.get());
  if (!request.body.empty() || request.method == "POST") {
    set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(curl, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method == "HEAD") set(curl, CURLOPT_NOBODY, 1L);
  set(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(curl, CURLOPT_HEADERFUNCTION, on_header);
  set(curl, CURLOPT_HEADERDATA, &transfer);
  set(curl, CURLOPT_WRITEFUNCTION, on_body);
  set(curl, CURLOPT_WRITEDATA, &transfer);
  set(curl, CURLOPT_ERRORBUFFER, reason);

  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  handles_->give_back(std::move(handle));

  if (transfer.over_limit) {
    base::fail(ErrorCode::kLimit, "{}: the answer is longer than the limit of {} bytes", shown_url(request.url),
               options_.max_response_bytes);
  }
  if (code != CURLE_OK) {
    // libcurl names a proxy that it cannot use in full, with its password.
    const std::string_view words = reason;
    const bool usable = !words.empty() && words.find('@') == std::string_view::npos;
    base::fail(ErrorCode::kIo, "{}: no answer: {}", shown_url(request.url), usable ? reason : curl_easy_strerror(code));
  }
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

}  // namespace hangtag::net
