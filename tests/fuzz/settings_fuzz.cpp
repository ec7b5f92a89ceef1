// signet.toml: the reader of TOML, and what each section makes of it.
#include "ca/profile.h"
#include "fuzz/fuzz.h"
#include "server/settings.h"

namespace signet::fuzz {
namespace {

ca::Profiles read(std::string_view text) {
    base::TomlTable table(base::TomlFile::parse(text, "signet.toml"));
    auto profiles = ca::read_profiles(table);
    server::read_settings(table);
    table.finish();
    return profiles;
}

void check_limits(const ca::RateLimits& limits) {
    for (const auto& limit : {limits.orders_per_account, limits.accounts_per_address, limits.certificates_per_name}) {
        if (!limit) continue;
        require(limit->count > 0 && limit->per > base::Duration::zero(), "a limit lets something through");
        const auto again = ca::RateLimit::parse(limit->text());
        require(again.count == limit->count && again.per == limit->per, "a limit comes back");
    }
}

}  // namespace

void one_input(base::ByteView input) {
    const auto parsed = accepted([&] { return read(base::text_of(input)); });
    if (!parsed) return;
    const auto& profiles = *parsed;
    for (const auto& [name, profile] : profiles) {
        require(name == profile.name, "a profile knows its name");
        require(profile.max_names > 0, "a profile permits a name");
        check_limits(profile.acme.rate_limits);
        require(ca::find_profile(profiles, name).name == name, "a profile is found");
    }
}

}  // namespace signet::fuzz
