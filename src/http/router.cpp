#include "http/router.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "http/text.h"

namespace hangtag::http {

using base::ErrorCode;

Admit all_of(std::vector<Admit> hooks) {
  return [hooks = std::move(hooks)](const Head& head) -> std::optional<Response> {
    for (const Admit& hook : hooks) {
      if (auto refused = hook(head)) return refused;
    }
    return std::nullopt;
  };
}

std::vector<Router::Segment> Router::parse(const std::string& pattern) {
  using Kind = Segment::Kind;
  if (!pattern.starts_with('/')) {
    base::fail(ErrorCode::kUsage, "the route \"{}\" does not start with a slash; expected \"/words/{{parameter}}\"",
               pattern);
  }
  std::vector<Segment> segments;
  std::set<std::string> names;
  for (const auto part : split(std::string_view(pattern).substr(1), '/')) {
    if (!segments.empty() && segments.back().kind == Kind::kRest) {
      base::fail(ErrorCode::kUsage, "the route \"{}\" goes on after {{{}...}}, which must be its end", pattern,
                 segments.back().text);
    }
    Segment segment{.kind = Kind::kWord, .text = std::string(part)};
    if (part.starts_with('{') && part.ends_with('}')) {
      const bool rest = part.ends_with("...}");
      segment = {.kind = rest ? Kind::kRest : Kind::kParameter,
                 .text = std::string(part.substr(1, part.size() - (rest ? 5 : 2)))};
      if (segment.text.empty() || !names.insert(segment.text).second) {
        base::fail(ErrorCode::kUsage, "the route \"{}\" has a parameter without a name, or two of one name", pattern);
      }
    }
    if (segment.text.find_first_of("{}") != std::string::npos) {
      base::fail(ErrorCode::kUsage, "the route \"{}\" has a brace inside \"{}\"; a parameter is a whole segment",
                 pattern, part);
    }
    segments.push_back(std::move(segment));
  }
  return segments;
}

Router& Router::add(std::string method, std::string pattern, Handler handler, RouteOptions options) {
  if (!is_token(method) || !handler) {
    base::fail(ErrorCode::kUsage, "the route \"{}\" has no method such as GET, or no handler", pattern);
  }
  if (options.max_request && options.max_request->count() <= 0) {
    base::fail(ErrorCode::kUsage, "the route \"{}\" allows {} ms for a request; expected more than 0", pattern,
               options.max_request->count());
  }
  auto segments = parse(pattern);
  // Parameters compare as equal whatever their names: they match the same paths.
  const auto rank = [](const Segment& segment) {
    return std::pair(segment.kind, segment.kind == Segment::Kind::kWord ? segment.text : std::string());
  };
  const auto place = std::ranges::lower_bound(
      entries_, segments,
      [&](const auto& a, const auto& b) { return std::ranges::lexicographical_compare(a, b, {}, rank, rank); },
      &Entry::segments);
  for (auto other = place; other != entries_.end() && std::ranges::equal(other->segments, segments, {}, rank, rank);
       ++other) {
    if (other->route.method == method) {
      base::fail(ErrorCode::kUsage, "the routes \"{0} {1}\" and \"{0} {2}\" match the same requests; leave one out",
                 method, other->route.pattern, pattern);
    }
  }
  Route route{std::move(method), std::move(pattern), std::move(handler), std::move(options)};
  entries_.insert(place, Entry{std::move(route), std::move(segments)});
  return *this;
}

std::optional<std::vector<Field>> Router::fit(const Entry& entry, const Target& target) {
  using Kind = Segment::Kind;
  std::vector<Field> parameters;
  std::size_t at = 0;
  for (const Segment& segment : entry.segments) {
    if (segment.kind == Kind::kRest) {
      std::string rest;
      for (std::size_t i = at; i < target.segments.size(); ++i) rest += (i > at ? "/" : "") + target.segments[i];
      parameters.push_back({segment.text, std::move(rest)});
      return parameters;
    }
    if (at == target.segments.size()) return std::nullopt;
    const std::string& text = target.segments[at++];
    if (segment.kind == Kind::kParameter ? text.empty() : text != segment.text) return std::nullopt;
    if (segment.kind == Kind::kParameter) parameters.push_back({segment.text, text});
  }
  if (at != target.segments.size()) return std::nullopt;
  return parameters;
}

Router::Match Router::match(std::string_view method, const Target& target) const {
  Match found;
  std::set<std::string> allowed;
  for (const Entry& entry : entries_) {
    auto parameters = fit(entry, target);
    if (!parameters) continue;
    const auto& offered = entry.route.method;
    if (offered == method) return {.route = &entry.route, .parameters = *std::move(parameters)};
    if (offered == "GET" && method == "HEAD" && found.route == nullptr) {
      found = {.route = &entry.route, .parameters = *std::move(parameters)};
    }
    allowed.insert(offered);
    if (offered == "GET") allowed.insert("HEAD");
  }
  if (found.route == nullptr) found.allow = fmt::format("{}", fmt::join(allowed, ", "));
  return found;
}

}  // namespace hangtag::http
