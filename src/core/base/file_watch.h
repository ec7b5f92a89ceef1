#pragma once

#include <sys/stat.h>

#include <tuple>
#include <utility>

#include "base/file.h"

namespace signet::base {

/// Two looks at a path are equal while it is the same file with the same contents, or none: not when it was replaced,
/// written to, made or removed meanwhile.
using FileLook = std::tuple<ino_t, off_t, std::int64_t, std::int64_t>;
inline FileLook look_at(const Path& path) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return {};
    return {facts.st_ino, facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec};
}

/// Tells when a file is another one than at the last look, of which the constructor's is the first. Not thread-safe.
class FileWatch {
public:
    explicit FileWatch(Path path) : path_(std::move(path)), seen_(look_at(path_)) {}
    bool changed() {
        const auto now = look_at(path_);
        return std::exchange(seen_, now) != now;
    }

private:
    Path path_;
    FileLook seen_;
};

}  // namespace signet::base
