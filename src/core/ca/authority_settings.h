#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/time.h"
#include "base/toml.h"

namespace signet::ca {

/// [authority.NAME] of signet.toml.
struct AuthoritySettings {
    base::Duration crl_validity = std::chrono::hours(24 * 7);
    base::Duration ocsp_validity = std::chrono::hours(24);
};
using AuthorityTable = std::map<std::string, AuthoritySettings, std::less<>>;

/// Reads every [authority.NAME] of the file. Throws bad_input with line and nearest key.
AuthorityTable read_authority_settings(base::TomlTable& file);
/// Of this authority, or the defaults.
AuthoritySettings settings_of(const AuthorityTable& table, std::string_view authority);

}  // namespace signet::ca
