#include "net/secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <ostream>

#include "base/error.h"
#include "base/file.h"

namespace hangtag::net {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::string_literals;

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
static_assert(!Printable<Secret> && !fmt::is_formattable<Secret>::value);
static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<Secret, std::string_view>);

TEST(Secret, DropsTheLineEnd) {
  for (const char* value : {"sk-1", "sk-1\n", "sk-1\r\n", "sk-1\n\n"}) EXPECT_EQ(Secret(value, "KEY").reveal(), "sk-1");
}

TEST(Secret, RefusesWhatIsNoKeyWithoutRepeatingIt) {
  for (const std::string& value : {""s, "\n"s, "hidden\nhidden"s, "\thidden"s, "hidden\0"s, "hid\x7F"s, "\nhidden"s}) {
    try {
      Secret(value, "SOME_KEY");
      ADD_FAILURE() << value;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kInvalid);
      EXPECT_THAT(error.what(), HasSubstr("SOME_KEY: "));
      EXPECT_THAT(error.what(), Not(HasSubstr("hid")));
    }
  }
}

TEST(Secret, ReadsAFile) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("hangtag-secret-{}", ::getpid());
  base::write_file_atomically(path, "sk-2\n");
  EXPECT_EQ(Secret::read(path).reveal(), "sk-2");
  base::write_file_atomically(path, std::string(100'000, 'x'));
  EXPECT_THROW(Secret::read(path), base::Error);
  std::filesystem::remove(path);
  EXPECT_THROW(Secret::read(path), base::Error);
}

TEST(Secret, IsTakenOutOfTexts) {
  const Secret secret("sk", "KEY");
  EXPECT_EQ(secret.redacted("key sk, sksk"), "key ***, ******");
  EXPECT_EQ(secret.redacted("s k"), "s k");
}

}  // namespace
}  // namespace hangtag::net
