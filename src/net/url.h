// What is asked of URLs: that they can be used, and that messages show nothing secret of them.
#pragma once

#include <string>
#include <string_view>

namespace hangtag::net {

// Throws kUsage unless `url` is http or https, names a host and holds neither control characters nor spaces. The
// message does not repeat the URL, which may hold a password.
void check_url(const std::string& url);

// Scheme, host, port and path of a URL that check_url() accepts: what messages show. The rest may hold keys.
std::string shown_url(const std::string& url);

// One segment of a path: everything but letters, digits and "-._~" becomes %XX (RFC 3986, unreserved characters).
std::string percent_encoded(std::string_view text);

}  // namespace hangtag::net
