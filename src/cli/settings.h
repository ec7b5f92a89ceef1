#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "ca/authority_settings.h"
#include "ca/profile.h"
#include "server/settings.h"

namespace signet::cli {

/// The whole of signet.toml, each section read by the layer that owns it.
struct Settings {
    bool stated = false;                         // the file is there and not empty
    std::optional<std::string> default_profile;  // unset: `issue` uses "default", /acme/directory names the profiles
    ca::Profiles profiles;
    ca::AuthorityTable authorities;
    server::Settings server;
};

/// Throws bad_input with line and nearest known key. A missing file gives the built-in settings, or not_found when
/// `must_exist`.
Settings read_settings(const base::Path& file, bool must_exist);

}  // namespace signet::cli
