#include "catalog/csv.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace hangtag::catalog {

CsvReader::CsvReader(std::string text, std::string name) : text_(std::move(text)), name_(std::move(name)) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
}

CsvReader CsvReader::open(const std::filesystem::path& path) {
  return {base::read_file(path), path.string()};
}

std::optional<CsvRow> CsvReader::next() {
  while (at_ < text_.size() && at_line_end()) skip_line_end();
  if (at_ == text_.size()) return std::nullopt;

  CsvRow row{.fields = {}, .line = line_};
  row.fields.push_back(read_field(row.line));
  while (at_ < text_.size() && text_[at_] == ',') {
    ++at_;
    row.fields.push_back(read_field(row.line));
  }
  skip_line_end();
  return row;
}

std::string CsvReader::read_field(std::int64_t row_line) {
  std::string field;
  if (at_ < text_.size() && text_[at_] == '"') field = read_quoted(row_line);
  // Characters after a closing quote are against the RFC; they are kept, as most readers do.
  const std::size_t start = at_;
  while (at_ < text_.size() && text_[at_] != ',' && !at_line_end()) ++at_;
  return field.append(text_, start, at_ - start);
}

std::string CsvReader::read_quoted(std::int64_t row_line) {
  std::string field;
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '"') {
      ++at_;
      if (at_ == text_.size() || text_[at_] != '"') return field;
    }
    if (text_[at_] == '\n') ++line_;
    field += text_[at_];
  }
  base::fail(base::ErrorCode::kInvalid, "{}:{}: a quote opens in this row and never closes", name_, row_line);
}

bool CsvReader::at_line_end() const {
  return at_ == text_.size() || text_[at_] == '\n' || text_.compare(at_, 2, "\r\n") == 0;
}

void CsvReader::skip_line_end() {
  if (at_ == text_.size()) return;
  at_ += text_[at_] == '\r' ? 2 : 1;
  ++line_;
}

std::size_t column(const CsvRow& header, std::string_view wanted, std::string_view file) {
  const auto found = std::ranges::find(header.fields, wanted);
  if (found == header.fields.end()) {
    base::fail(base::ErrorCode::kInvalid, "{}: no column \"{}\"; the columns are {}", file, wanted,
               fmt::join(header.fields, ", "));
  }
  return static_cast<std::size_t>(found - header.fields.begin());
}

std::string csv_line(std::initializer_list<std::string_view> fields) {
  std::string line;
  const char* separator = "";
  for (const std::string_view field : fields) {
    line += std::exchange(separator, ",");
    // A row of one empty field would read as a blank line.
    const bool alone = field.empty() && fields.size() == 1;
    if (!alone && field.find_first_of(",\"\r\n") == std::string_view::npos) {
      line += field;
      continue;
    }
    line += '"';
    for (const char c : field) line.append(c == '"' ? 2 : 1, c);
    line += '"';
  }
  return line + '\n';
}

}  // namespace hangtag::catalog
