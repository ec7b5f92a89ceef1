#pragma once

#include <optional>

#include "base/file.h"
#include "base/lock.h"

namespace signet::client {

/// The lock of a directory, for a run that may fail. At the end it takes back what was made for it: DIR/.signet, and
/// DIR where that is then empty, unless something came to stand there beside the lock: an account key, a certificate.
class FirstRun {
public:
    /// As deliver::lock_directory.
    explicit FirstRun(const base::Path& directory);
    ~FirstRun();
    FirstRun(const FirstRun&) = delete;
    FirstRun& operator=(const FirstRun&) = delete;

private:
    base::Path directory_;
    bool had_directory_, had_folder_;
    base::FileLock lock_;  // held while the rest is taken back
};

}  // namespace signet::client
