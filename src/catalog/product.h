// A product of a catalogue, whatever the catalogue's layout.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace hangtag::catalog {

struct Product {
  std::string id;    // is_valid_id() holds
  std::string type;  // "Tshirts"
  std::string name;
  std::filesystem::path photo;
  std::map<std::string, std::string> attributes;  // what is labelled: "Sleeve Length" → "Long Sleeves"
  std::map<std::string, std::string> texts;       // free texts, HTML taken off: "description" → "…"
};

// A row or product that was left out, and why.
struct Dropped {
  std::string file;
  std::int64_t line;   // from 1; 0 where the file as a whole is meant
  std::string id;      // as found: may be anything
  std::string reason;  // one of a few phrases, for counting
  std::string detail;  // what was found, for reading; may be empty
};

// Ids come from strangers and become file names: 1 to 100 of the characters A–Z a–z 0–9 _ - and nothing else.
bool is_valid_id(std::string_view id);

}  // namespace hangtag::catalog
