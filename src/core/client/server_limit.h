#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/time.h"

namespace signet::client {

/// A server said rateLimited and when to come back (RFC 8555 section 6.6). Kept in DIR/.signet/server-limit.toml for
/// the next run, whichever command that is. Damaged or lost, it is as if nothing had been said.
struct ServerLimit {
    std::string server;  // the URL of its directory
    base::Time until;
};

/// What still holds at `now`. One that holds for more than a day was written by a clock that was wrong: nullopt.
std::optional<ServerLimit> server_limit(const base::Path& directory, base::Time now);
/// Best effort: the run fails for another reason already. At `now` half of what is left of the certificate there is
/// waited for at most: a server that is gone again in time is still asked in time.
void remember_limit(const base::Path& directory, ServerLimit limit, base::Time now);
void forget_limit(const base::Path& directory);

/// Throws rate_limited when the server is not to be asked yet.
void check_limit(const base::Path& directory, const std::string& server, base::Time now);

/// `until` unless it is past, or further ahead than any note of ours is made: then the clock was wrong.
std::optional<base::Time> still_ahead(const std::optional<base::Time>& until, base::Time now);

}  // namespace signet::client
