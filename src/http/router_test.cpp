#include "http/router.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hangtag::http {
namespace {

void nothing(const Request&, const Responder&) {}

std::string found(const Router& router, std::string_view method, std::string_view target) {
  const auto match = router.match(method, *parse_target(target));
  if (match.route == nullptr) return "allow " + match.allow;
  std::string text = match.route->method + ' ' + match.route->pattern;
  for (const Field& parameter : match.parameters) text += ' ' + parameter.name + '=' + parameter.value;
  return text;
}

Router router() {
  Router made;
  for (const char* pattern : {"/{path...}", "/products/{id}", "/products/new", "/products/{id}/photos/{photo}", "/"}) {
    made.add("GET", pattern, nothing);
  }
  made.add("POST", "/products/{product}", nothing).add("HEAD", "/products/new", nothing);
  made.add("POST", "/only", nothing);
  return made;
}

TEST(Router, FindsTheNarrowestRoute) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"GET", "/", "GET /"},
      {"GET", "/products/new", "GET /products/new"},
      {"HEAD", "/products/new", "HEAD /products/new"},
      {"HEAD", "/products/1", "GET /products/{id} id=1"},
      {"POST", "/products/new", "POST /products/{product} product=new"},
      {"GET", "/products/a%2Fb", "GET /products/{id} id=a/b"},
      {"GET", "/products/1/photos/2", "GET /products/{id}/photos/{photo} id=1 photo=2"},
      {"GET", "/products/", "GET /{path...} path=products/"},
      {"GET", "/a/b/c", "GET /{path...} path=a/b/c"},
      {"DELETE", "/products/1", "allow GET, HEAD, POST"},
      {"get", "/", "allow GET, HEAD"},
  };
  for (const auto& [method, target, expected] : cases) EXPECT_EQ(found(router(), method, target), expected);
  EXPECT_EQ(found(Router().add("POST", "/a", nothing), "GET", "/a"), "allow POST");
  EXPECT_EQ(found(Router().add("POST", "/a", nothing), "GET", "/b"), "allow ");
}

TEST(Router, RefusesRoutesThatMakeNoSense) {
  for (const char* pattern : {"", "a", "/{}", "/{a}/{a}", "/{a...}/b", "/x{a}", "/{a", "/{...}"}) {
    EXPECT_THROW(Router().add("GET", pattern, nothing), base::Error) << pattern;
  }
  EXPECT_THROW(Router().add("G T", "/", nothing), base::Error);
  EXPECT_THROW(Router().add("GET", "/", {}), base::Error);
  EXPECT_THROW(Router().add("GET", "/{a}", nothing).add("GET", "/{b}", nothing), base::Error);
}

}  // namespace
}  // namespace hangtag::http
