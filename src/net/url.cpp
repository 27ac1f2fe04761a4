#include "net/url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

#include "base/error.h"

namespace hangtag::net {

namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using ParsedUrl = std::unique_ptr<CURLU, UrlDeleter>;

// The part as it is written, or empty where the URL has none.
std::string part(const ParsedUrl& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return "";
  const std::string copy = text;
  curl_free(text);
  return copy;
}

[[noreturn]] void refuse(std::string_view reason) {
  base::fail(base::ErrorCode::kUsage,
             "the URL cannot be used: {}; expected http://HOST[:PORT]/… or https://HOST[:PORT]/…", reason);
}

ParsedUrl parse(const std::string& url) {
  if (url.find('\0') != std::string::npos) refuse("it holds a NUL");
  ParsedUrl parsed(curl_url());
  if (!parsed) base::fail(base::ErrorCode::kInternal, "curl_url() failed");
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
  if (code != CURLUE_OK) refuse(curl_url_strerror(code));
  const std::string scheme = part(parsed, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") refuse(fmt::format("its scheme is {}", scheme));
  // libcurl takes one slash, or three, for two; http:///path would then go to a host "path".
  const auto slashes = url.substr(scheme.size(), 4);
  if (!slashes.starts_with("://") || slashes.ends_with("///")) refuse("it names no host");
  return parsed;
}

}  // namespace

void check_url(const std::string& url) {
  parse(url);
}

std::string shown_url(const std::string& url) {
  const ParsedUrl parsed = parse(url);
  const std::string port = part(parsed, CURLUPART_PORT);
  return fmt::format("{}://{}{}{}{}", part(parsed, CURLUPART_SCHEME), part(parsed, CURLUPART_HOST),
                     port.empty() ? "" : ":", port, part(parsed, CURLUPART_PATH));
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace hangtag::net
