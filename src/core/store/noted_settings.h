#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "store/store.h"

namespace signet::store {

/// Compares the text of a settings file with what was last noted of that file, and if it is another one, enters in the
/// audit log which lines changed, and notes it: in one transaction. What is seen for the first time is only noted. True
/// when there was a change.
bool note_settings(Store& store, const base::Path& file, std::string_view text, const std::string& actor,
                   base::Time now);

/// "- [profile.default] max_validity = \"24h\"; + …": lines that went and lines that came, without comments.
std::string changed_lines(std::string_view before, std::string_view after);

}  // namespace signet::store
