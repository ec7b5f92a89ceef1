#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/toml.h"
#include "ca/rate_limit.h"
#include "crypto/key.h"

namespace signet::ca {

/// What may be signed, by one name: [profile.NAME] of signet.toml. The texts of signet.toml are kept in canonical form.
struct Profile {
    std::string name = "default";
    std::string ca = "default";
    std::vector<std::string> permit_dns,
        deny_dns;  // `x.y` itself; `*.y` one label under y; `**.y` any depth under y; `**` all
    std::vector<std::string> permit_ip, deny_ip;  // CIDR
    std::vector<std::string> permit_uri;          // `*` within a path segment, `**` across
    std::vector<std::string> permit_email;        // `*` within the local part, `**` across
    bool wildcards = true;
    int max_names = 100;
    base::Duration default_validity{}, max_validity{}, backdate{};
    std::vector<crypto::KeyType> key_types;
    bool server = true, client = true;           // usage
    std::map<std::string, std::string> subject;  // o, ou, c, st, l; cn = "first-dns" or "none"
    std::vector<std::string> add_uri;            // templates: "spiffe://mesh.internal/{dns}"
    bool revocation = true;                      // false: noRevAvail (RFC 9608)
    bool must_staple = false;
    std::vector<std::string> policies;  // dotted OIDs
    bool spiffe = false;                // the rules of an X509-SVID

    /// [profile.NAME.acme], read by the server alone.
    struct Acme {
        std::string auth;  // "challenge", "token", "trust" or "manual"; empty: what serve-acme says
        bool require_eab = false;
        bool caa = false;  // names' CAA records are asked before a certificate is signed
        std::vector<std::string> challenges;
        std::string authorize_command;  // asked about every order; empty: none
        RateLimits rate_limits;
    } acme;

    /// Of a new key when nobody says: P-256 where it is permitted, else the first that is.
    crypto::KeyType usual_key_type() const;
};
using Profiles = std::map<std::string, Profile, std::less<>>;

/// default, server and client (one usage each), svid (the rules of an X509-SVID).
Profiles ready_made_profiles();
/// Reads every [profile.NAME] of the file, beside the ready-made ones, which a table of the same name changes key by
/// key. A kind of name that is not listed is not permitted: a table with any permit_* key states them all, and a new
/// profile has no others. Throws bad_input with line and nearest key.
Profiles read_profiles(base::TomlTable& settings);
/// Names of challenge types that a profile may list.
std::vector<std::string> challenge_names();
/// A template of add_uri with {dns} replaced. Throws bad_input for any other placeholder.
std::string expand_uri_template(std::string_view text, std::string_view dns);
/// Throws refused naming the nearest profile when there is none of that name.
const Profile& find_profile(const Profiles& profiles, std::string_view name);

}  // namespace signet::ca
