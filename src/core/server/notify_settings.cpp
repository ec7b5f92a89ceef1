#include "server/notify_settings.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "net/http.h"

namespace signet::server {

namespace {

void check_url(const base::TomlTable& table, const std::string& url) {
    try {
        net::parse_url(url);
    } catch (const base::Error& error) {
        table.refuse("url", error.message(), error.hint());
    }
}

void check_command(const base::TomlTable& table, const std::string& command) {
    try {
        if (!base::split_command(command).empty()) return;
    } catch (const base::Error& error) {
        table.refuse("command", error.message(), error.hint());
    }
    table.refuse("command", "it names no program");
}

void check_events(const base::TomlTable& table, const std::vector<std::string>& events) {
    for (const auto& event : events) {
        if (std::ranges::find(event_kinds(), event) != event_kinds().end()) continue;
        const auto meant = base::nearest(event, event_kinds());
        table.refuse("events", "there is no event '" + base::printable(event, 40) + "'",
                     meant ? "did you mean '" + *meant + "'?" : "use: " + base::join(event_kinds(), ", "));
    }
}

}  // namespace

bool NotifySettings::wants(std::string_view kind) const { return std::ranges::find(events, kind) != events.end(); }

const std::vector<std::string>& event_kinds() {
    static const std::vector<std::string> kinds{"issued", "refused", "revoked", "expiring", "ca_expiring"};
    return kinds;
}

NotifySettings read_notify_settings(base::TomlTable& file) {
    auto table = file.table("notify");
    NotifySettings settings;
    settings.command = table.text("command", "");
    settings.url = table.text("url", "");
    settings.hmac_key_file = table.text("hmac_key_file", "");
    settings.events = table.texts("events", event_kinds());
    if (!settings.command.empty()) check_command(table, settings.command);
    if (!settings.url.empty()) check_url(table, settings.url);
    if (!settings.command.empty() && !settings.url.empty())
        table.refuse("command", "there is a url, too", "leave one of them out: a program can do both");
    if (!settings.hmac_key_file.empty() && settings.url.empty())
        table.refuse("hmac_key_file", "there is no url that it would be for", "add url = \"https://…\"");
    check_events(table, settings.events);
    table.finish();
    return settings;
}

}  // namespace signet::server
