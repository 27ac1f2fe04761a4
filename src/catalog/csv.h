// Comma-separated values as RFC 4180 defines them, read leniently where spreadsheets and exports stray from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hangtag::catalog {

struct CsvRow {
  std::vector<std::string> fields;
  std::int64_t line;  // where the row starts in the file, from 1: a quoted field may span lines
};

// Reads rows one by one. Lines end in LF or CRLF; a byte order mark and blank lines are skipped; a quote inside an
// unquoted field is an ordinary character (3.5" short). How many fields a row should have is the caller's to check.
class CsvReader {
 public:
  // `name` stands in messages.
  CsvReader(std::string text, std::string name);
  static CsvReader open(const std::filesystem::path& path);  // throws kNotFound, kIo

  // The next row, or nothing at the end. Throws kInvalid, with the line, where a quote opens and never closes.
  std::optional<CsvRow> next();

  const std::string& name() const { return name_; }

 private:
  std::string read_field(std::int64_t row_line);  // stops before the comma or the end of the line
  std::string read_quoted(std::int64_t row_line);
  bool at_line_end() const;
  void skip_line_end();

  std::string text_;
  std::string name_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

// The place of a column in a header. Throws kInvalid, naming the columns that are there, where it is absent.
std::size_t column(const CsvRow& header, std::string_view wanted, std::string_view file);

// One row, ending in LF, with quotes only where a field needs them; CsvReader gives the same fields back.
std::string csv_line(std::initializer_list<std::string_view> fields);

}  // namespace hangtag::catalog
