#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace signet::base {

using Path = std::filesystem::path;

/// An owned file descriptor.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) noexcept : fd_(fd) {}
    Fd(Fd&& other) noexcept;
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd();

    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    int release() noexcept;
    void reset() noexcept;

private:
    int fd_ = -1;
};

/// What fstat says, of the facts that matter here.
struct FileFacts {
    std::uint32_t mode;  // permission bits
    uid_t owner;
    gid_t group;
    std::uint64_t size;
    bool regular;
    bool directory;
};

/// Whole file, at most `limit` bytes. Throws not_found, permission, disk, or bad_input when larger.
std::string read_file(const Path& path, std::size_t limit);
/// nullopt when there is no such file; throws otherwise as read_file does.
std::optional<std::string> read_file_if_there(const Path& path, std::size_t limit);
std::optional<FileFacts> file_facts(const Path& path);  // follows symlinks

/// Contents and facts from one descriptor, so that what was looked at is what was read.
struct PlainFile {
    std::string contents;
    FileFacts facts;
};
/// Follows no symlink at `path` itself; nullopt when there is no regular file of that name.
std::optional<PlainFile> read_plain_file(const Path& path, std::size_t limit);

/// A secret of this process's user: refused with kind permission, and the chmod that mends it, when group or
/// others may read or write it, or when another user owns it. Opened once, so what was checked is what was read.
std::string read_private_file(const Path& path, std::size_t limit);

struct WriteOptions {
    std::uint32_t mode = 0644;  // from the first byte, whatever the umask
    std::optional<uid_t> owner = {};
    std::optional<gid_t> group = {};
    bool exclusive = false;  // fail with kind exists instead of replacing
};

/// Temporary file in the same directory, written, synced, renamed, directory synced: a reader sees the old bytes
/// or the new ones, and after a return the new ones survive a power cut. Throws permission or disk, leaving no
/// temporary file behind.
void write_file(const Path& path, std::string_view contents, const WriteOptions& options = {});

/// As mkdir -p, each new directory with `mode`; an existing one is left as it is.
void make_directories(const Path& path, std::uint32_t mode);
void sync_directory(const Path& path);
/// rename(2) and a sync of the target's directory.
void rename_file(const Path& from, const Path& to);
/// Two directories change places at once: a reader sees the one or the other. False, with nothing changed, when the
/// file system cannot.
bool exchange_directories(const Path& a, const Path& b);
void remove_if_there(const Path& path);

/// An Error of the right kind (not_found, permission, disk) for errno, naming the path and the verb ("cannot write X:
/// …").
[[noreturn]] void throw_errno(int error, std::string_view verb, const Path& path);

}  // namespace signet::base
