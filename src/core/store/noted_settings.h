#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "store/store.h"

namespace signet::store {

/// Compares the text of a settings file with what was last noted of the file of this name, and if it is another one,
/// enters in the audit log which lines changed, and notes it: in one transaction. The first file of a store is only
/// noted; another one that comes later is entered when it is first seen, with its digest. The name is the absolute path
/// as it was given: what a symbolic link leads to is the text of the link's file. True when there was an entry.
bool note_settings(Store& store, const base::Path& file, std::string_view text, const std::string& actor,
                   base::Time now);

/// "- [profile.default] max_validity = \"24h\"; + …": lines that went and lines that came, without comments. Of what
/// sets a url, command or authorize_command only the key is said, for they may hold secrets, and the first 12 digits of
/// the SHA-256 of the statement: "[notify] url = (sha256 0123456789ab)".
std::string changed_lines(std::string_view before, std::string_view after);

}  // namespace signet::store
