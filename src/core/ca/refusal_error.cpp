#include <algorithm>

#include "ca/policy.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

std::string hint_for(Kind kind, const Profile& profile) {
    const std::string table = "[profile." + profile.name + "] of signet.toml";
    if (kind == Kind::rejected_identifier) return "permit it in " + table + ", or use another profile";
    if (kind == Kind::refused) return "ask for less, or change " + table;
    if (kind == Kind::bad_public_key) return "use another key, or change key_types in " + table;
    return {};
}

/// What all of them would be mended by: several names outside a token are no matter of the profile.
std::string common_remedy(const std::vector<base::ErrorPart>& refusals) {
    if (refusals.empty()) return {};
    const std::string& first = refusals.front().remedy;
    const bool same = std::all_of(refusals.begin(), refusals.end(),
                                  [&](const base::ErrorPart& part) { return part.remedy == first; });
    return same ? first : std::string();
}

}  // namespace

base::ErrorPart compromised_key_refusal(const store::CompromisedKey& key, base::Kind kind) {
    return {"", kind,
            "the key was revoked as compromised at " + base::format_time(base::from_unix(key.at)) +
                ", with the certificate " + key.serial + ": it is never taken again",
            "make a new key"};
}

base::Kind compromised_key_kind(const Requester& requester) {
    return std::holds_alternative<Account>(requester) ? Kind::bad_csr : Kind::bad_public_key;
}

base::Error refusal_error(const Profile& profile, std::vector<base::ErrorPart> refusals) {
    if (refusals.size() == 1) {
        const base::ErrorPart only = refusals.front();
        return Error{only.kind, only.message, only.remedy.empty() ? hint_for(only.kind, profile) : only.remedy,
                     std::move(refusals)};
    }
    // Whatever else is wrong with the request: another one would fare no better.
    const auto own = std::find_if(refusals.begin(), refusals.end(),
                                  [](const base::ErrorPart& part) { return part.kind == Kind::ca_not_valid; });
    if (own != refusals.end()) return Error{own->kind, own->message, own->remedy, {*own}};
    const bool same = std::all_of(refusals.begin(), refusals.end(),
                                  [&](const base::ErrorPart& part) { return part.kind == refusals.front().kind; });
    const Kind kind = same && !refusals.empty() ? refusals.front().kind : Kind::refused;
    std::string message = "this certificate is refused for " + std::to_string(refusals.size()) + " reasons";
    std::string hint = common_remedy(refusals);
    if (hint.empty()) hint = hint_for(kind, profile);
    return Error{kind, std::move(message), std::move(hint), std::move(refusals)};
}

}  // namespace signet::ca
