// What was acknowledged is still there after kill -9, and a full or read-only disk is an error, not damage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "store/connection.h"
#include "store/testing.h"

namespace hangtag::store {
namespace {

using base::ErrorCode;
using namespace testing;

template <typename Database>
class Crash : public OverDatabases<Database> {
 protected:
  static constexpr bool kIsSqlite = std::is_same_v<Database, Sqlite>;

  // HANGTAG_LONG=1 asks for more.
  static int rounds() {
    const char* is_long = std::getenv("HANGTAG_LONG");
    if (is_long != nullptr && std::string_view(is_long) == "1") return 200;
    return kIsSqlite ? 40 : 10;
  }
};
TYPED_TEST_SUITE(Crash, Databases, DatabaseName);

TYPED_TEST(Crash, NothingAcknowledgedIsLost) {
  {
    Store store(this->options_);
    store.put_product({"p", "Shirts", "One"});
  }
  base::Random random(7);
  std::int64_t acknowledged = 1;
  for (int round = 0; round < this->rounds(); ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    // Says through the pipe which version it is told that its write made.
    const pid_t writer = fork_to([&] {
      Store store(this->options_);
      std::int64_t version = store.find_product("p")->version;
      while (true) {
        version = store.decide({.product = "p", .version = version, .user = "anna",
                                .decisions = {{.item = {"Fit"}, .verdict = Verdict::kChange,
                                               .value = fmt::format("value {}", version)}}});
        if (::write(ends[1], &version, sizeof version) != sizeof version) ::_exit(1);
      }
    });
    ::close(ends[1]);
    std::int64_t told = 0;
    // After the first acknowledgement of most rounds, during the opening in some.
    if (random.chance(0.9) && ::read(ends[0], &told, sizeof told) == sizeof told) acknowledged = told;
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(20'000)));
    ::kill(writer, SIGKILL);
    int status = 0;
    ::waitpid(writer, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer failed by itself";
    while (::read(ends[0], &told, sizeof told) == sizeof told) acknowledged = told;
    ::close(ends[0]);

    const Store store(this->options_);
    const auto product = store.find_product("p");
    ASSERT_GE(product->version, acknowledged);
    const auto story = store.audit("p");
    for (std::size_t i = 0; i < story.size(); ++i) ASSERT_EQ(story[i].version, static_cast<std::int64_t>(i) + 1);
    if (story.size() > 1) {
      EXPECT_EQ(product->attributes.at(0).value, fmt::format("value {}", product->version - 1));
    }
    acknowledged = std::max(acknowledged, product->version);
  }
  EXPECT_GT(acknowledged, this->rounds());
  if (this->kIsSqlite) {
    const auto connection = connect_sqlite(this->folder_.path() / "store.db");
    EXPECT_EQ(connection->run("PRAGMA integrity_check").at(0).at(0).text(), "ok");
    EXPECT_TRUE(connection->run("PRAGMA foreign_key_check").empty());
  }
}

TEST(Disk, FullIsAnErrorAndNoDamage) {
  const TemporaryFolder folder;
  const Options options{.url = folder.path() / "store.db"};
  const pid_t process = fork_to([&] {
    Store store(options);
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 400'000;  // bytes a file
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int added = 0;
    const auto error = error_of([&] {
      while (true) {
        store.put_product({fmt::format("p{}", added), "Shirts", std::string(5'000, 'x')});
        ++added;
      }
    });
    if (error.code() != ErrorCode::kIo || std::string(error.what()).find("store.db") == std::string::npos) ::_exit(2);
    const auto blob = error_of([&] { store.add_photo("p0", "big.jpg", std::vector<std::byte>(500'000)); });
    if (blob.code() != ErrorCode::kIo) ::_exit(3);
    // Nothing acknowledged is lost, and with room again all goes on.
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    if (store.counts().products != added || added < 5) ::_exit(4);
    store.put_product({"more", "Shirts", "One"});
    store.add_photo("p0", "big.jpg", std::vector<std::byte>(500'000));
  });
  int status = 0;
  ::waitpid(process, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(Store(options).find_product("more").has_value());
}

TEST(Disk, ReadOnlyIsAnError) {
  const TemporaryFolder folder;
  const Options options{.url = folder.path() / "store.db"};
  { Store(options).put_product({"p", "Shirts", "One"}); }
  fs::permissions(folder.path() / "store.db", fs::perms(0444));
  fs::permissions(folder.path(), fs::perms(0555));
  const pid_t process = fork_to([&] {
    // Permissions do not bind root.
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    if (code_of([&] { Store(options).put_product({"q", "Shirts", "Two"}); }) != ErrorCode::kIo) ::_exit(3);
  });
  int status = 0;
  ::waitpid(process, &status, 0);
  fs::permissions(folder.path(), fs::perms(0755));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Disk, NotADatabase) {
  const TemporaryFolder folder;
  const Options options{.url = folder.path() / "store.db"};
  base::write_file_atomically(options.url, "id,name\n" + std::string(200, 'x'));  // longer than a header
  const auto error = error_of([&] { const Store store(options); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalid);
  EXPECT_THAT(error.what(), ::testing::HasSubstr("not a database"));
}

}  // namespace
}  // namespace hangtag::store
