#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "base/file.h"

namespace signet::base {

/// An advisory lock on a file (open file description lock, so it works between threads and processes alike),
/// released when it dies or with its process. The file stays; its contents name the holder.
class FileLock {
public:
    /// Waits up to `patience`, then throws store_busy naming the holder's process id.
    static FileLock acquire(const Path& path, std::chrono::milliseconds patience = std::chrono::seconds(10));
    static std::optional<FileLock> try_acquire(const Path& path);

private:
    explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

}  // namespace signet::base
