#include "base/lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/text.h"

namespace signet::base {
namespace {

Fd open_lock_file(const Path& path) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) throw_errno(errno, "open the lock", path);
    return fd;
}

/// An open file description lock belongs to the descriptor, not to the process, so threads exclude each other too.
bool take(const Fd& fd, const Path& path) {
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    while (::fcntl(fd.get(), F_OFD_SETLK, &whole) != 0) {
        if (errno == EAGAIN || errno == EACCES) return false;
        if (errno != EINTR) throw_errno(errno, "lock", path);
    }
    return true;
}

/// Who held it may have removed it with its directory: then others lock another file by now.
bool stands_at(const Fd& fd, const Path& path) {
    struct stat held {
    }, named{};
    return ::fstat(fd.get(), &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

/// Only a word for whoever waits: the lock counts, not the text, so failures are left alone.
void write_holder(const Fd& fd) {
    const std::string text = std::to_string(::getpid()) + '\n';
    if (::ftruncate(fd.get(), 0) == 0 && ::pwrite(fd.get(), text.data(), text.size(), 0) < 0) return;
}

std::string holder(const Fd& fd) {
    std::array<char, 32> buffer{};
    const ssize_t got = ::pread(fd.get(), buffer.data(), buffer.size(), 0);
    const auto text = trim(std::string_view(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0));
    return is_digits(text) ? "process " + std::string(text) : "another process";
}

}  // namespace

FileLock FileLock::acquire(const Path& path, std::chrono::milliseconds patience) {
    using Steady = std::chrono::steady_clock;
    constexpr auto k_first_pause = std::chrono::milliseconds(1);
    constexpr auto k_longest_pause = std::chrono::milliseconds(50);
    Fd fd = open_lock_file(path);
    const auto deadline = Steady::now() + patience;
    for (auto pause = k_first_pause; !take(fd, path) || !stands_at(fd, path);
         pause = std::min(pause * 2, k_longest_pause)) {
        if (Steady::now() >= deadline) {
            throw Error(Kind::store_busy, path.string() + " is locked by " + holder(fd),
                        "wait until it is done, or stop it, then try again");
        }
        std::this_thread::sleep_for(pause);
        if (!stands_at(fd, path)) fd = open_lock_file(path);
    }
    write_holder(fd);
    return FileLock(std::move(fd));
}

std::optional<FileLock> FileLock::try_acquire(const Path& path) {
    Fd fd = open_lock_file(path);
    if (!take(fd, path)) return std::nullopt;
    write_holder(fd);
    return FileLock(std::move(fd));
}

}  // namespace signet::base
