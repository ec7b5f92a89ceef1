#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "deliver/deliver.h"

namespace signet::deliver {

using base::Error;
using base::Kind;
using base::Path;

namespace {

constexpr std::uint32_t k_others_write = 022;
using NameBuffer = std::array<char, 64 << 10>;  // a group of a directory service lists its members

template <class Id>
std::optional<Id> parse_id(std::string_view text, int base) {
    Id id{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, base);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return id;
}

[[noreturn]] void refuse(const Path& path, const std::string& why, const std::string& hint) {
    throw Error{Kind::permission, path.string() + " " + why + ": what stands in it cannot be trusted", hint};
}

/// `link` tells whether the path itself may be a symlink to a directory.
void check_one(const Path& path, bool link) {
    struct stat facts {};
    const int failed = link ? ::stat(path.c_str(), &facts) : ::lstat(path.c_str(), &facts);
    if (failed != 0 && errno == ENOENT) return;
    if (failed != 0) base::throw_errno(errno, "look at", path);
    if (!S_ISDIR(facts.st_mode)) refuse(path, "is not a directory", "move it away");
    if (facts.st_uid != ::geteuid()) {
        refuse(path, "belongs to another user (uid " + std::to_string(facts.st_uid) + ")",
               "run signet as that user, or: chown " + std::to_string(::geteuid()) + " " + path.string());
    }
    if ((facts.st_mode & k_others_write) != 0) {
        refuse(path, "can be written by other users", "chmod go-w " + path.string());
    }
}

}  // namespace

Path private_directory(const Path& directory) {
    const auto path = directory / ".signet";
    base::make_directories(directory, 0755);
    base::make_directories(path, 0700);
    check_one(path, false);
    return path;
}

base::FileLock lock_directory(const Path& directory) {
    constexpr int k_attempts = 10;
    for (int attempt = 1;; ++attempt) {
        try {
            return base::FileLock::acquire(private_directory(directory) / "lock");
        } catch (const Error& error) {  // a run that failed took what it had made away, and the lock with it
            if (error.kind() != Kind::not_found || attempt == k_attempts) throw;
        }
    }
}

void check_ownership(const Path& directory) {
    check_one(directory, true);
    check_one(directory / ".versions", false);
    check_one(directory / ".signet", false);
}

uid_t parse_owner(std::string_view text) {
    if (base::is_digits(text)) {
        const auto id = parse_id<uid_t>(text, 10);
        if (id && *id != std::numeric_limits<uid_t>::max()) return *id;
    } else {
        NameBuffer buffer;
        passwd entry{};
        passwd* found = nullptr;
        ::getpwnam_r(std::string(text).c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (found != nullptr) return found->pw_uid;
    }
    throw Error{Kind::usage, "there is no user '" + base::printable(text) + "'",
                "name one of this machine, or a number, with --owner"};
}

gid_t parse_group(std::string_view text) {
    if (base::is_digits(text)) {
        const auto id = parse_id<gid_t>(text, 10);
        if (id && *id != std::numeric_limits<gid_t>::max()) return *id;
    } else {
        NameBuffer buffer;
        group entry{};
        group* found = nullptr;
        ::getgrnam_r(std::string(text).c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (found != nullptr) return found->gr_gid;
    }
    throw Error{Kind::usage, "there is no group '" + base::printable(text) + "'",
                "name one of this machine, or a number, with --group"};
}

std::uint32_t parse_mode(std::string_view text) {
    const auto mode = parse_id<std::uint32_t>(text, 8);
    if (!mode || *mode > 0777)
        throw Error{Kind::usage, "'" + base::printable(text) + "' is no mode for a file",
                    "use octal digits, as in 0640"};
    if ((*mode & k_others_write) != 0) {
        throw Error{Kind::usage, "a key file with mode " + std::string(text) + " could be replaced by other users",
                    "use 0600, 0640 or 0644"};
    }
    return *mode;
}

}  // namespace signet::deliver
