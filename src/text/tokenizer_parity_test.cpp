// Compares with what transformers gave for the same texts; tests/parity/test_tokenizer.py writes them and runs this.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/json.h"
#include "text/tokenizer.h"

namespace hangtag::text {
namespace {

// HANGTAG_TOKENIZER: a folder, or a tokenizer.json to be taken word for word. HANGTAG_TOKENIZER_CASES: a file of lines
// {"text", "ids", "decoded", "decoded_special"}. HANGTAG_TOKENIZER_SAVE: optionally, a folder to save the tokenizer to.
TEST(TokenizerParity, GivesWhatTransformersGives) {
  const char* path = std::getenv("HANGTAG_TOKENIZER");
  const char* cases = std::getenv("HANGTAG_TOKENIZER_CASES");
  if (!path || !cases) GTEST_SKIP() << "HANGTAG_TOKENIZER and HANGTAG_TOKENIZER_CASES are not set";

  const auto tokenizer =
      std::filesystem::is_directory(path) ? Tokenizer::load(path) : Tokenizer::from_tokenizer_json(path);
  std::ifstream lines(cases);
  ASSERT_TRUE(lines) << cases;
  int compared = 0;
  int different = 0;
  for (std::string line; std::getline(lines, line); ++compared) {
    const auto expected = base::parse_json(line, cases);
    const auto text = base::get<std::string>(expected, "text", cases);
    const auto ids = base::get<std::vector<std::int64_t>>(expected, "ids", cases);
    const auto found = tokenizer.encode(text);
    const bool same = found == ids && tokenizer.decode(ids) == base::get<std::string>(expected, "decoded", cases) &&
                      tokenizer.decode(ids, false) == base::get<std::string>(expected, "decoded_special", cases);
    if (same) continue;
    if (++different <= 20) {
      ADD_FAILURE() << line << "\n  gave " << base::Json(found).dump() << "\n  "
                    << base::Json(tokenizer.decode(ids)).dump() << "\n  "
                    << base::Json(tokenizer.decode(ids, false)).dump();
    }
  }
  std::cout << compared << " strings, " << different << " differ\n";
  EXPECT_GT(compared, 0);
  EXPECT_EQ(different, 0);
  if (const char* folder = std::getenv("HANGTAG_TOKENIZER_SAVE")) tokenizer.save(folder);
}

}  // namespace
}  // namespace hangtag::text
