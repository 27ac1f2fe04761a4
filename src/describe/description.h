// The texts of a product, and how long a channel lets them be.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "claims/check.h"

namespace hangtag::describe {

// Plain text, not markup: escape it for the place where it is shown.
struct Description {
  std::string title;
  std::string text;                  // whole sentences
  std::vector<std::string> bullets;  // one property each
  std::string seo_title;             // of the page
  std::string seo_description;       // its meta description
  std::string alt_text;              // says what the photo shows, for who cannot see it

  bool operator==(const Description&) const = default;
};

// In characters (code points). The defaults are the lowest of the feeds that we know: Google Merchant Center for title
// and text, what search results show of a page for the SEO pair.
struct Limits {
  std::size_t title = 150, text = 5000, bullet = 200, bullets = 10, seo_title = 60, seo_description = 155,
              alt_text = 125;
};

// One name for each part wherever it is named: in records, prompts, claims and limits.
inline constexpr const char* kTitle = "title";
inline constexpr const char* kText = "description";
inline constexpr const char* kBullets = "bullets";
inline constexpr const char* kSeoTitle = "seo_title";
inline constexpr const char* kSeoDescription = "seo_description";
inline constexpr const char* kAltText = "alt_text";

// For the fact check. Attributes count as told where the description or a bullet tells them.
std::vector<claims::Field> fields_of(const Description& description);

// What is empty or longer than allowed, one sentence each: "the seo_title has 71 characters; at most 60 are allowed".
std::vector<std::string> faults_of(const Description& description, const Limits& limits);

// The text, or as many of its whole sentences, list parts or words as the limit allows.
std::string shortened(const std::string& text, std::size_t longest);

std::size_t characters(std::string_view text);

}  // namespace hangtag::describe
