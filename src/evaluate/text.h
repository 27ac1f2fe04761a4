// Strings from data made fit for a place where they are shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hangtag::evaluate {

// The columns that UTF-8 text takes in a terminal: two for wide East Asian characters, none for combining ones.
std::size_t display_width(std::string_view text);

// Control characters replaced by spaces, so that data cannot steer a terminal or break a line.
std::string printable(std::string_view text);

std::string escape_html(std::string_view text);
std::string escape_markdown(std::string_view text);

// At most `length` characters, the last an ellipsis where something was cut.
std::string shorten(std::string_view text, std::size_t length);

// "87.3%"
std::string percent(double share);
// A difference in percentage points with its sign: "+3.1", "−0.4"
std::string points(double difference);

}  // namespace hangtag::evaluate
