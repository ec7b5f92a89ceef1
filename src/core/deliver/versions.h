#pragma once

#include <vector>

#include "base/file.h"
#include "deliver/deliver.h"
#include "deliver/formats.h"

namespace signet::deliver {

/// Writes one file of a bundle with its mode and owner.
void write_bundle_file(const base::Path& path, const File& file, const FileAccess& access);

/// What tls.key holds, if it is there and belongs to the certificate.
std::optional<base::Secret> fitting_key(const base::Path& directory, const x509::Certificate& leaf);

/// Puts `files` into a new directory below DIR/.versions and switches DIR/.versions/live to it with one rename; the
/// names in DIR are symlinks through live. Plain files that are there are first taken over as a version of their own,
/// so that nobody ever sees a new key beside an old certificate. The version before stays, for readers that resolved
/// it; older ones go. False, with nothing changed, when the file system has no symlinks.
bool switch_version(const base::Path& directory, const std::vector<File>& files, const FileAccess& access);

/// For file systems without symlinks: each file replaced by a rename, keys first, tls.crt last.
void write_plain_files(const base::Path& directory, const std::vector<File>& files, const FileAccess& access);

}  // namespace signet::deliver
