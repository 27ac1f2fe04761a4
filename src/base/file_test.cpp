#include "base/file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"

namespace hangtag::base {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  FileTest() : folder_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~FileTest() override { fs::remove_all(folder_); }

  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

ErrorCode code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST_F(FileTest, MissingFileIsNotFound) {
  EXPECT_EQ(code_of([&] { read_file(folder_ / "absent"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { MappedFile(folder_ / "absent"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { read_file(folder_); }), ErrorCode::kInvalid);
}

TEST_F(FileTest, LargerThanTheLimitIsRefusedBeforeReading) {
  write_file_atomically(folder_ / "a", "12345");
  EXPECT_EQ(read_file(folder_ / "a", 5), "12345");
  EXPECT_EQ(code_of([&] { read_file(folder_ / "a", 4); }), ErrorCode::kLimit);
}

TEST_F(FileTest, EmptyFileMapsToNothing) {
  write_file_atomically(folder_ / "empty", "");
  EXPECT_TRUE(MappedFile(folder_ / "empty").bytes().empty());
}

TEST_F(FileTest, WithoutCommitTheOldFileStaysAndNothingElse) {
  write_file_atomically(folder_ / "a", "old");
  {
    AtomicFile file(folder_ / "a");
    file.write("new");
  }
  EXPECT_EQ(read_file(folder_ / "a"), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileTest, FullDiskIsReportedAndLeavesNoFile) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  // A link to /dev/full where the temporary file would be: every write to it fails with ENOSPC.
  const fs::path target = folder_ / "a";
  write_file_atomically(target, "old");
  fs::create_symlink("/dev/full", target.string() + fmt::format(".writing-{}", ::getpid()));
  EXPECT_EQ(code_of([&] { write_file_atomically(target, "new"); }), ErrorCode::kIo);
  EXPECT_EQ(read_file(target), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileTest, FolderIsReplacedWholeOrNotAtAll) {
  fs::create_directories(folder_ / "run");
  write_file_atomically(folder_ / "run" / "old", "x");
  {
    AtomicFolder abandoned(folder_ / "run");
    write_file_atomically(abandoned.path() / "new", "y");
  }
  EXPECT_TRUE(fs::exists(folder_ / "run" / "old"));
  AtomicFolder kept(folder_ / "run");
  write_file_atomically(kept.path() / "new", "y");
  kept.commit();
  EXPECT_FALSE(fs::exists(folder_ / "run" / "old"));
  EXPECT_EQ(read_file(folder_ / "run" / "new"), "y");
  EXPECT_EQ(entries(), 1u);
}

}  // namespace
}  // namespace hangtag::base
