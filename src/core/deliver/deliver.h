#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/lock.h"
#include "deliver/bundle.h"
#include "deliver/formats.h"

namespace signet::deliver {

/// Ownership and mode of the tls.* files (not of the directory, .versions or .signet, which stay the caller's).
struct FileAccess {
    std::optional<uid_t> owner;
    std::optional<gid_t> group;
    std::optional<std::uint32_t> key_mode;  // default 0600
};

/// What stands in a certificate directory now.
struct Installed {
    std::vector<x509::Certificate> chain;    // of tls.crt: leaf first
    std::vector<x509::Certificate> anchors;  // of ca.crt
    bool key_fits = false;                   // tls.key is there and belongs to the leaf
    std::optional<base::Secret> key_pem;
};

/// nullopt when the directory holds no tls.crt. Throws bad_input for a damaged one. A pair caught in the middle of a
/// swap by plain-file delivery is read once more.
std::optional<Installed> installed(const base::Path& directory);

/// Puts the bundle in place as one change: a reader that resolves the directory once always gets files that fit.
/// DIR/tls.crt, tls.key, ca.crt are symlinks through .versions/live, which one rename switches; plain files, key first
/// and certificate last, where there are no symlinks. Killed at any moment, the old files or the new ones stand whole.
/// Makes DIR (0755) and .versions (0755) when missing. Returns the absolute paths of the files by name.
std::vector<base::Path> deliver(const base::Path& directory, const Bundle& bundle,
                                const std::vector<std::string>& formats, const FileAccess& access,
                                const FormatOptions& options = {});

/// DIR/.signet/, 0700: the account key and renewal.toml live there. Made when missing.
base::Path private_directory(const base::Path& directory);
/// Held while a directory is read for renewal and written.
base::FileLock lock_directory(const base::Path& directory);
/// A cron job of root must not obey what a service can edit: refuses (permission) a DIR, .versions or .signet that
/// another uid owns or that group or others may write.
void check_ownership(const base::Path& directory);

/// "root", "1000" → uid; group alike. Throws usage naming what.
uid_t parse_owner(std::string_view text);
gid_t parse_group(std::string_view text);
std::uint32_t parse_mode(std::string_view text);  // octal, at most 0777; group/other write is refused

}  // namespace signet::deliver
