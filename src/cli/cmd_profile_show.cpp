#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/profile_view.h"

namespace signet::cli {
namespace {

std::string usage_text(const ca::Profile& profile) {
    if (profile.server && profile.client) return "server client";
    return profile.server ? "server" : "client";
}

int list(Context& context) {
    const Settings settings = context.settings();
    base::Json all = base::Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, profile] : settings.profiles) {
        all.push_back(profile_json(profile));
        rows.push_back({name, profile.ca, permitted_kinds(profile), usage_text(profile),
                        base::format_duration(profile.default_validity), base::format_duration(profile.max_validity),
                        profile.acme.auth.empty() ? "-" : profile.acme.auth});
    }
    if (context.out.json())
        context.out.document(all);
    else
        context.out.table({"PROFILE", "CA", "NAMES", "USAGE", "LIFETIME", "AT MOST", "ACME"}, rows);
    return k_exit_done;
}

int show(Context& context, const std::optional<std::string>& name) {
    const Settings settings = context.settings();
    const auto& profile =
        ca::find_profile(settings.profiles, name.value_or(settings.default_profile.value_or("default")));
    if (context.out.json())
        context.out.document(profile_json(profile));
    else
        context.out.text(profile_toml(profile));
    return k_exit_done;
}

}  // namespace

Command profile_list_command() {
    return {.name = "profile list",
            .summary = "list the profiles: what may be signed",
            .description =
                "A profile says what may be signed under its name: which names, keys, lifetimes and usages, and how "
                "ACME accounts prove what they ask for. Other tools call this a role. `default`, `server`, `client` "
                "and `svid` are ready-made; a table [profile.NAME] in signet.toml makes another one, or changes a "
                "ready-made one key by key.\n\n"
                "For a mesh of services that know each other by SPIFFE IDs, and nothing else:\n\n"
                "    [profile.mesh]\n"
                "    permit_dns = [\"*.mesh.internal\"]\n"
                "    permit_uri = [\"spiffe://mesh.internal/**\"]\n"
                "    add_uri = [\"spiffe://mesh.internal/{dns}\"]\n"
                "    default_validity = \"1h\"\n"
                "    max_validity = \"24h\"\n"
                "    key_types = [\"ec-p256\"]\n\n"
                "With --json an array of what `profile show --json` prints.",
            .examples = {{"signet profile list", ""}},
            .see_also = {"profile show", "profile check", "issue"},
            .run = list};
}

Command profile_show_command() {
    auto name = std::make_shared<std::optional<std::string>>();
    return {.name = "profile show",
            .summary = "show a profile with every value in force",
            .description =
                "Prints the profile as text of signet.toml, with the values that the file leaves out, too. With --json "
                "an object with the same keys, beside name and spiffe (whether the rules of an X509-SVID hold); acme "
                "holds the keys of [profile.NAME.acme].",
            .arguments = {{.label = "PROFILE",
                           .text = "the profile; default: default_profile of signet.toml, or default",
                           .target = name.get(),
                           .complete = Complete::profile}},
            .examples = {{"signet profile show svid", "the ready-made one, to start from"}},
            .see_also = {"profile list", "profile check"},
            .run = [name](Context& context) { return show(context, *name); }};
}

}  // namespace signet::cli
