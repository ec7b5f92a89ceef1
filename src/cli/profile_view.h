#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "ca/profile.h"

namespace signet::cli {

/// A profile as it is in force: every key of [profile.NAME] with its value, whether the file states it or not.
base::Json profile_json(const ca::Profile& profile);
/// The same as text of signet.toml.
std::string profile_toml(const ca::Profile& profile);
/// A value as signet.toml has it.
std::string toml_value(const base::Json& value);
/// The kinds of names it permits, in few words: "dns ip uri email".
std::string permitted_kinds(const ca::Profile& profile);

}  // namespace signet::cli
