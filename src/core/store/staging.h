#pragma once

#include <optional>

#include "base/file.h"
#include "base/lock.h"

namespace signet::store {

/// A directory beside `target`, 0700, for what is to become it by one rename: ".NAME.PURPOSE". Removed when it dies;
/// one that a killed run left is emptied first. Another run with the same target waits, then fails with store_busy.
class Staging {
public:
    Staging(const base::Path& target, std::string_view purpose);
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    ~Staging();

    base::Path operator/(std::string_view name) const { return directory_ / name; }

private:
    base::Path directory_;
    std::optional<base::FileLock> lock_;
};

}  // namespace signet::store
