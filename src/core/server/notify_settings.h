#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/toml.h"

namespace signet::server {

/// [notify] of signet.toml: who is told of what.
struct NotifySettings {
    std::string command;       // run for each event; empty: none
    std::string url;           // else posted to; empty: none
    base::Path hmac_key_file;  // of what is posted; empty: not signed
    std::vector<std::string> events;

    bool configured() const { return !command.empty() || !url.empty(); }
    bool wants(std::string_view kind) const;
    friend bool operator==(const NotifySettings&, const NotifySettings&) = default;
};

/// "issued", "refused", "revoked", "expiring", "ca_expiring".
const std::vector<std::string>& event_kinds();

/// Reads the table [notify]. hmac_key_file stays as it is written. Throws bad_input with line and nearest key.
NotifySettings read_notify_settings(base::TomlTable& file);

}  // namespace signet::server
