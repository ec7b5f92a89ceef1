#include "server/authorization_modes.h"

#include <algorithm>
#include <array>

#include "acme/challenges.h"
#include "base/error.h"
#include "base/text.h"
#include "store/approvals.h"

namespace signet::server {
namespace {

constexpr std::string_view k_token_mode = "token";

bool by_challenge(const ca::Profile& profile, std::string_view proof) {
    return std::ranges::find(profile.acme.challenges, proof) != profile.acme.challenges.end();
}

// What was really validated counts in trust mode too: an authorization may be older than the mode.
bool by_trust(const ca::Profile&, std::string_view) { return true; }

// Only the operator's word about this profile: what was validated or approved for another one answers another question.
bool by_operator(const ca::Profile& profile, std::string_view proof) {
    return proof == store::operator_proof(profile.name);
}

// An account gets this far with its binding alone (bindings.h), and policy knows its token's limits; so what was really
// validated counts too, but not what another mode gave without asking.
bool by_token(const ca::Profile&, std::string_view proof) {
    return proof == k_token_mode || acme::find_challenge_type(proof) != nullptr;
}

constexpr std::array<AuthorizationMode, 4> k_modes{{
    {"challenge", false, false, by_challenge, {}},
    {store::k_operator_proof, false, true, by_operator, {}},
    {k_token_mode, true, false, by_token, {}},
    {"trust", true, false, by_trust, "every account gets what the profile permits, without any challenge"},
}};

const AuthorizationMode* find_mode(std::string_view name) {
    const auto found = std::ranges::find(k_modes, name, &AuthorizationMode::name);
    return found == k_modes.end() ? nullptr : &*found;
}

}  // namespace

const AuthorizationMode& mode_of(const ca::Profile& profile, const Settings& settings) {
    const auto& name = profile.acme.auth.empty() ? settings.auth : profile.acme.auth;
    const auto* mode = find_mode(name);
    return mode == nullptr ? k_modes.front() : *mode;
}

bool requires_binding(const ca::Profile& profile, const Settings& settings) {
    return profile.acme.require_eab || mode_of(profile, settings).name == k_token_mode;
}

std::vector<std::string> mode_names() {
    std::vector<std::string> names;
    for (const auto& mode : k_modes) names.emplace_back(mode.name);
    return names;
}

void check_mode(std::string_view name, std::string_view what) {
    if (name.empty() || find_mode(name) != nullptr) return;
    throw base::Error{base::Kind::bad_input,
                      std::string(what) + ": there is no mode \"" + base::printable(name, 40) + "\"",
                      "use one of: " + base::join(mode_names(), ", ")};
}

bool shows_control(std::string_view proof) { return acme::find_challenge_type(proof) != nullptr; }

bool is_withheld(const Live& live, const AuthorizationMode& mode, const x509::Identifier& name) {
    const bool proven = !mode.grants_at_once && !mode.by_operator;
    return live.hosts.is_own(name) || (!proven && live.hosts.is_on_certificate(name));
}

std::vector<std::string> mode_warnings(const Live& live) {
    std::vector<std::string> warnings;
    for (const auto& mode : k_modes) {
        std::vector<std::string> profiles;
        for (const auto& [name, profile] : live.profiles) {
            if (&mode_of(profile, live.settings) != &mode) continue;
            profiles.push_back(profile.acme.authorize_command.empty() ? name : name + " after authorize_command");
        }
        if (mode.warning.empty() || profiles.empty()) continue;
        warnings.push_back("mode " + std::string(mode.name) + " (profiles " + base::join(profiles, ", ") +
                           "): " + std::string(mode.warning));
    }
    return warnings;
}

}  // namespace signet::server
