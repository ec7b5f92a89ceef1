#include "client/server_limit.h"

#include <algorithm>

#include "base/log.h"
#include "base/toml.h"
#include "client/toml_text.h"
#include "deliver/deliver.h"

namespace signet::client {
namespace {

using base::Error;

constexpr std::size_t k_file_limit = 16 << 10;
constexpr base::Duration k_longest = std::chrono::days(1) + std::chrono::minutes(1);

base::Path file_of(const base::Path& directory) { return directory / ".signet" / "server-limit.toml"; }

// Of the certificate that is in use; one that cannot be read holds nothing up.
std::optional<base::Time> end_there(const base::Path& directory) {
    try {
        const auto there = deliver::installed(directory);
        return there ? std::optional(there->chain.front().not_after()) : std::nullopt;
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

std::optional<ServerLimit> server_limit(const base::Path& directory, base::Time now) {
    const auto file = file_of(directory);
    try {
        if (!base::file_facts(file)) return std::nullopt;
        base::TomlTable table(base::TomlFile::parse(base::read_private_file(file, k_file_limit), file.string()));
        ServerLimit limit{table.text("server", ""), base::parse_time(table.text("until", ""), "until")};
        table.finish();
        return still_ahead(limit.until, now) ? std::optional(std::move(limit)) : std::nullopt;
    } catch (const Error& error) {
        base::log(base::Level::info, "no usable note of a server's limit", {{"reason", error.message()}});
        return std::nullopt;
    }
}

void remember_limit(const base::Path& directory, ServerLimit limit, base::Time now) {
    if (const auto end = end_there(directory); end && *end > now)
        limit.until = std::min(limit.until, now + (*end - now) / 2);
    std::string text = "# The server asked to be left alone until then. It may be deleted.\n";
    append_toml(text, "server", limit.server);
    append_toml(text, "until", base::format_time(limit.until));
    try {
        deliver::private_directory(directory);
        base::write_file(file_of(directory), text, {.mode = 0600, .owner = {}, .group = {}, .exclusive = false});
    } catch (const Error& error) {
        base::log(base::Level::info, "no note of the server's limit", {{"reason", error.message()}});
    }
}

void forget_limit(const base::Path& directory) {
    try {
        base::remove_if_there(file_of(directory));
    } catch (const Error& error) {
        base::log(base::Level::info, "the note of a server's limit stays", {{"reason", error.message()}});
    }
}

void check_limit(const base::Path& directory, const std::string& server, base::Time now) {
    const auto limit = server_limit(directory, now);
    if (!limit || limit->server != server) return;
    throw Error(base::Kind::rate_limited,
                "the server limits the rate, and asked to be left alone until " + base::format_time(limit->until),
                "run it again then; to ask at once add --force");
}

std::optional<base::Time> still_ahead(const std::optional<base::Time>& until, base::Time now) {
    return until && now < *until && *until - now <= k_longest ? until : std::nullopt;
}

}  // namespace signet::client
