// Files of a user interface, served from memory: there is no path to a disk.
#pragma once

#include <map>
#include <string>

#include "http/router.h"

namespace hangtag::http {

struct Asset {
  std::string bytes;
  std::string type;        // "text/html; charset=utf-8"
  bool immutable = false;  // its path changes when it does: may be cached for a year
};

// Answers with Content-Security-Policy and the like, and with 304 where If-None-Match names what the client has.
// `assets` by path ("/", "/app.js"); 404 for any other.
Handler serve_assets(std::map<std::string, Asset> assets);

}  // namespace hangtag::http
