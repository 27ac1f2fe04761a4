#include "store/blobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "base/random.h"
#include "store/testing.h"

namespace hangtag::store {
namespace {

using base::ErrorCode;
using namespace testing;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

TEST(Blobs, PutAndRead) {
  const TemporaryFolder folder;
  const Blobs blobs(folder.path() / "a" / "blobs");
  const std::string photo("\0\xff photo", 8);
  const std::string hash = blobs.put(bytes_of(photo));
  EXPECT_EQ(hash, base::hash_hex(photo));
  EXPECT_EQ(blobs.read(hash), photo);
  EXPECT_EQ(blobs.put(bytes_of(photo)), hash);
  EXPECT_THAT(files_in(folder.path()),
              ::testing::ElementsAre(folder.path() / "a" / "blobs" / hash.substr(0, 2) / hash));
}

TEST(Blobs, NoHashLeavesTheFolder) {
  const TemporaryFolder folder;
  const Blobs blobs(folder.path());
  for (const char* hash :
       {"", "../../etc/passwd", "ABCDEF00112233445566778899AABBCC", "00112233445566778899aabbccddee"}) {
    EXPECT_EQ(code_of([&] { blobs.read(hash); }), ErrorCode::kInvalid) << hash;
  }
  EXPECT_EQ(code_of([&] { blobs.read(std::string(32, '0')); }), ErrorCode::kNotFound);
}

TEST(Blobs, DamageIsFoundAndRepaired) {
  const TemporaryFolder folder;
  const Blobs blobs(folder.path());
  const std::string hash = blobs.put(bytes_of("whole"));
  base::write_file_atomically(files_in(folder.path()).front(), "who");
  EXPECT_EQ(code_of([&] { blobs.read(hash); }), ErrorCode::kInvalid);
  EXPECT_EQ(blobs.put(bytes_of("whole")), hash);
  EXPECT_EQ(blobs.read(hash), "whole");
}

TEST(Blobs, ManyWritersOfOnePhoto) {
  const TemporaryFolder folder;
  const Blobs blobs(folder.path());
  for (int round = 0; round < 5; ++round) {
    const std::string photo(200'000 + round, 'x');
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] { EXPECT_EQ(blobs.put(bytes_of(photo)), base::hash_hex(photo)); });
      }
    }
    EXPECT_EQ(blobs.read(base::hash_hex(photo)), photo);
  }
  EXPECT_EQ(files_in(folder.path()).size(), 5u);  // nothing is left beside them
}

TEST(Blobs, AKillLeavesWholeFiles) {
  const TemporaryFolder folder;
  const Blobs blobs(folder.path());
  base::Random random(1);
  for (int round = 0; round < 10; ++round) {
    const pid_t writer = fork_to([&] {
      for (int i = 0;; ++i) blobs.put(bytes_of(std::string(500'000 + i, static_cast<char>('a' + round))));
    });
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(30'000)));
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
  }
  int whole = 0;
  for (const fs::path& file : files_in(folder.path())) {
    if (file.string().find(".writing-") != std::string::npos) continue;
    EXPECT_EQ(base::hash_hex(base::read_file(file)), file.filename());
    ++whole;
  }
  EXPECT_GT(whole, 0);
}

}  // namespace
}  // namespace hangtag::store
