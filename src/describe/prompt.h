// Prompts are files: what a model is told stands where a copywriter can read and change it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "describe/writer.h"

namespace hangtag::describe {

// A folder with prompt.json {"name", "version"}, system.txt and user.txt. The texts may hold, in double braces:
//   product_attributes  the attributes as JSON inside <product_attributes>…</product_attributes>; user.txt must hold it
//   once language            "English" limits              how long each text may be voice               the brand's
//   name, tone, banned words, facts and examples; empty for a brand without
// Any other name in double braces is an error. Data never stands in the system text but for the brand's own voice.
class Prompt {
 public:
  static Prompt garment();                                  // the program's own
  static Prompt read(const std::filesystem::path& folder);  // throws kNotFound, kInvalid

  const std::string& id() const { return id_; }  // "garment@1"
  std::string fingerprint() const;               // of name, version and texts

  std::string system(const Brief& brief) const;
  std::string user(const Brief& brief) const;

 private:
  Prompt(std::string_view json, std::string system, std::string user, std::string_view name);

  std::string id_, system_, user_;
};

// The attributes as a model is shown them: JSON with <, > and & escaped, so that no value ends the tag or opens
// another; in the locale's words where the lexicon has them.
std::string product_attributes(const Brief& brief);

}  // namespace hangtag::describe
