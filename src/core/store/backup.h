#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "store/merkle.h"
#include "store/store.h"

namespace signet::store {

// A backup is one tar file (tar.h), 0600: MANIFEST.json first, then everything of the store's directory that matters
// (settings, CAs with their keys as they are stored, the audit key, saved certificates), then signet.db as it was at
// one moment, then the digest.

inline constexpr std::string_view k_manifest_member = "MANIFEST.json";

/// What MANIFEST.json says.
struct Manifest {
    std::int64_t made_at = 0;
    std::string signet;  // version
    std::string store;   // canonical path of the directory it was made from
    bool keys = true;    // false: made with --without-keys
    std::int64_t certificates = 0;
    std::uint64_t audit_entries = 0;
    TreeHash audit_root{};
};
std::string manifest_text(const Manifest& manifest);
/// Throws bad_input naming `what`.
Manifest parse_manifest(std::string_view text, std::string_view what);

struct BackupRequest {
    base::Path file;
    bool keys = true;
    std::string actor;
};

struct BackupResult {
    Manifest manifest;
    std::uint64_t bytes = 0;
    std::string sha256;  // the digest in the archive
};

/// Writes a backup beside `file` and renames it into place: a kill leaves the old file or the new one. Others go on
/// using the store meanwhile; what they were told before it began is in it. Needs room for the database twice. Said in
/// the audit log first. Without keys: no private key, saved certificate or token key is in it.
BackupResult make_backup(Store& store, const BackupRequest& request, base::Time now);

}  // namespace signet::store
