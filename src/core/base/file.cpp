#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"

namespace signet::base {
namespace {

/// A FIFO that somebody put where a file should be must not stop us for ever; one that the caller was given
/// (/dev/stdin, /dev/fd/N) is meant.
Fd open_to_read(const Path& path) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat found {};
    if (!fd || ::fstat(fd.get(), &found) != 0 || S_ISREG(found.st_mode)) return fd;
    const std::string& name = path.native();
    if (S_ISFIFO(found.st_mode) && !name.starts_with("/dev/") && !name.starts_with("/proc/"))
        throw Error(Kind::bad_input, name + " is a FIFO, not a file");
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
    return fd;
}

FileFacts facts_of(const struct stat& found) {
    return {.mode = found.st_mode & 07777U,
            .owner = found.st_uid,
            .group = found.st_gid,
            .size = static_cast<std::uint64_t>(found.st_size),
            .regular = S_ISREG(found.st_mode),
            .directory = S_ISDIR(found.st_mode)};
}

/// Of a regular file one octet more than it has, so that its end shows without growing; 16 KiB of what tells no size.
std::size_t room_for(const Fd& fd, std::size_t limit) {
    constexpr std::size_t k_unknown = 16384;
    struct stat found {};
    if (::fstat(fd.get(), &found) != 0 || !S_ISREG(found.st_mode) || found.st_size <= 0) return k_unknown;
    return std::min(static_cast<std::size_t>(found.st_size), limit) + 1;
}

/// Right to where it is to be: of a key no copy is left behind.
std::string read_all(const Fd& fd, const Path& path, std::size_t limit) {
    std::string contents;
    contents.reserve(room_for(fd, limit));
    for (;;) {
        const std::size_t before = contents.size();
        contents.resize(std::max(contents.capacity(), before + 1));
        const ssize_t got = ::read(fd.get(), contents.data() + before, contents.size() - before);
        const int error = errno;
        contents.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got < 0 && error == EINTR) continue;
        if (got < 0) throw_errno(error, "read", path);
        if (got == 0) return contents;
        if (contents.size() > limit) {
            throw Error(Kind::bad_input, path.string() + " is larger than " + std::to_string(limit) + " bytes");
        }
    }
}

void write_all(const Fd& fd, std::string_view contents, const Path& path) {
    while (!contents.empty()) {
        const ssize_t put = ::write(fd.get(), contents.data(), contents.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) throw_errno(errno, "write", path);
        contents.remove_prefix(static_cast<std::size_t>(put));
    }
}

Path directory_of(const Path& path) {
    const Path parent = path.parent_path();
    return parent.empty() ? Path(".") : parent;
}

/// A file beside its target that is gone again unless it was renamed.
class TemporaryFile {
public:
    explicit TemporaryFile(const Path& target) : target_(target) {
        for (int attempt = 0; attempt < 10; ++attempt) {
            std::array<std::uint8_t, 8> random{};
            if (::getrandom(random.data(), random.size(), 0) < 0)
                throw_errno(errno, "name a temporary file for", target);
            path_ = directory_of(target) / ("." + target.filename().string() + "." + hex_encode(random) + ".tmp");
            fd_ = Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
            if (fd_) return;
            if (errno != EEXIST) throw_errno(errno, "write", target);
        }
        throw_errno(EEXIST, "write", target);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        if (fd_) ::unlink(path_.c_str());
    }

    void fill(std::string_view contents, const WriteOptions& options) {
        write_all(fd_, contents, target_);
        if (options.owner || options.group) {
            const uid_t owner = options.owner.value_or(static_cast<uid_t>(-1));
            const gid_t group = options.group.value_or(static_cast<gid_t>(-1));
            if (::fchown(fd_.get(), owner, group) != 0) throw_errno(errno, "change the owner of", target_);
        }
        if (::fchmod(fd_.get(), options.mode) != 0) throw_errno(errno, "change the mode of", target_);
        if (::fsync(fd_.get()) != 0) throw_errno(errno, "sync", target_);
    }
    void replace_target() {
        if (::rename(path_.c_str(), target_.c_str()) != 0) throw_errno(errno, "write", target_);
        fd_.reset();
    }
    void become_target() {
        if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) == 0) {
            fd_.reset();
            return;
        }
        // A file system without RENAME_NOREPLACE says EINVAL; a hard link refuses to replace, too.
        if (errno != EINVAL || ::link(path_.c_str(), target_.c_str()) != 0) throw_errno(errno, "write", target_);
    }

private:
    Path target_;
    Path path_;
    Fd fd_;  // open as long as the temporary name exists
};

Kind kind_of(int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return Kind::not_found;
        case EACCES:
        case EPERM:
            return Kind::permission;
        case EEXIST:
            return Kind::exists;
        case EISDIR:
        case ELOOP:
        case ENAMETOOLONG:
            return Kind::bad_input;
        case EMFILE:
        case ENFILE:
        case ENOMEM:
            return Kind::environment;
        default:
            return Kind::disk;
    }
}

std::string hint_for(int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return "check the spelling of the path";
        case EISDIR:
            return "name a file, not a directory";
        case EACCES:
        case EPERM:
            return "check the permissions of the path, and which user runs signet";
        case ENOSPC:
        case EDQUOT:
            return "free some space on that file system, then try again";
        case EROFS:
            return "choose a path on a file system that can be written";
        default:
            return {};
    }
}

}  // namespace

Fd::Fd(Fd&& other) noexcept : fd_(other.release()) {}

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = other.release();
    }
    return *this;
}

Fd::~Fd() { reset(); }

int Fd::release() noexcept { return std::exchange(fd_, -1); }

void Fd::reset() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string read_file(const Path& path, std::size_t limit) {
    const Fd fd = open_to_read(path);
    if (!fd) throw_errno(errno, "read", path);
    return read_all(fd, path, limit);
}

std::optional<std::string> read_file_if_there(const Path& path, std::size_t limit) {
    const Fd fd = open_to_read(path);
    if (!fd && errno == ENOENT) return std::nullopt;
    if (!fd) throw_errno(errno, "read", path);
    return read_all(fd, path, limit);
}

std::optional<FileFacts> file_facts(const Path& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) == 0) return facts_of(found);
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw_errno(errno, "look at", path);
}

std::optional<PlainFile> read_plain_file(const Path& path, std::size_t limit) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    if (!fd && (errno == ENOENT || errno == ELOOP)) return std::nullopt;
    if (!fd) throw_errno(errno, "read", path);
    struct stat found {};
    if (::fstat(fd.get(), &found) != 0) throw_errno(errno, "look at", path);
    if (!S_ISREG(found.st_mode)) return std::nullopt;
    return PlainFile{read_all(fd, path, limit), facts_of(found)};
}

std::string read_private_file(const Path& path, std::size_t limit) {
    const Fd fd = open_to_read(path);
    if (!fd) throw_errno(errno, "read", path);
    struct stat found {};
    if (::fstat(fd.get(), &found) != 0) throw_errno(errno, "look at", path);
    const FileFacts facts = facts_of(found);
    if (!facts.regular) throw Error(Kind::bad_input, path.string() + " is not a regular file");
    if (facts.owner != ::geteuid()) {
        throw Error(Kind::permission,
                    path.string() + " belongs to another user (uid " + std::to_string(facts.owner) + ')',
                    "run signet as that user, or: chown " + std::to_string(::geteuid()) + ' ' + path.string());
    }
    if ((facts.mode & 066U) != 0) {
        throw Error(Kind::permission, path.string() + " can be read or written by other users",
                    "chmod 600 " + path.string());
    }
    return read_all(fd, path, limit);
}

void write_file(const Path& path, std::string_view contents, const WriteOptions& options) {
    TemporaryFile file(path);
    file.fill(contents, options);
    if (options.exclusive) {
        file.become_target();
    } else {
        file.replace_target();
    }
    sync_directory(directory_of(path));
}

void make_directories(const Path& path, std::uint32_t mode) {
    if (path.empty() || file_facts(path)) return;
    if (path.has_parent_path() && path.parent_path() != path) make_directories(path.parent_path(), mode);
    if (path.filename().empty()) return;  // "a/b/" was made as its own parent
    if (::mkdir(path.c_str(), mode & 0700U) != 0) {
        if (errno == EEXIST) return;  // another process was quicker
        throw_errno(errno, "make the directory", path);
    }
    if (::chmod(path.c_str(), mode) != 0) throw_errno(errno, "change the mode of", path);
    sync_directory(directory_of(path));
}

void sync_directory(const Path& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) throw_errno(errno, "open the directory", path);
    // Some network file systems cannot sync a directory and say so; there is nothing more to do then.
    if (::fsync(fd.get()) != 0 && errno != EINVAL) throw_errno(errno, "sync the directory", path);
}

void rename_file(const Path& from, const Path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) throw_errno(errno, "rename " + from.string() + " to", to);
    sync_directory(directory_of(to));
}

bool exchange_directories(const Path& a, const Path& b) {
    if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) != 0) {
        if (errno == EINVAL || errno == ENOSYS) return false;
        throw_errno(errno, "exchange", b);
    }
    sync_directory(directory_of(a));
    if (directory_of(a) != directory_of(b)) sync_directory(directory_of(b));
    return true;
}

void remove_if_there(const Path& path) {
    if (::remove(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) throw_errno(errno, "remove", path);
}

void throw_errno(int error, std::string_view verb, const Path& path) {
    std::array<char, 128> buffer{};
    const char* text = ::strerror_r(error, buffer.data(), buffer.size());
    std::string reason = text;
    if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z' && error != EIO) {
        reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
    }
    throw Error(kind_of(error), "cannot " + std::string(verb) + ' ' + path.string() + ": " + reason, hint_for(error));
}

}  // namespace signet::base
