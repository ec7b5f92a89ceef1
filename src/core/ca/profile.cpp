#include "ca/profile.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "ca/pattern.h"
#include "store/layout.h"
#include "x509/distinguished_name.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;
using base::TomlTable;
using crypto::KeyType;

constexpr std::int64_t k_most_names = 1000;  // a SAN of 250 KiB is more than any TLS stack reads

constexpr std::string_view k_permit_keys[] = {"permit_dns", "permit_ip", "permit_uri", "permit_email"};

std::string or_nearest(std::string_view word, const std::vector<std::string>& words) {
    const auto near = base::nearest(word, words);
    return near ? "did you mean '" + *near + "'?" : "one of: " + base::join(words, ", ");
}

Profile ready_made(std::string name) {
    Profile profile;
    profile.name = std::move(name);
    profile.permit_dns = {"**"};
    profile.permit_ip = {"0.0.0.0/0", "::/0"};
    profile.permit_uri = {"**"};
    profile.permit_email = {"**"};
    profile.default_validity = std::chrono::hours(24);
    profile.max_validity = std::chrono::hours(24 * 398);
    profile.backdate = std::chrono::minutes(1);
    profile.key_types = {KeyType::ec_p256,  KeyType::ec_p384,  KeyType::ed25519,
                         KeyType::rsa_2048, KeyType::rsa_3072, KeyType::rsa_4096};
    profile.acme.challenges = {"http-01", "dns-01", "tls-alpn-01"};
    return profile;
}

/// The texts of `key`, each made canonical; an error points at the key's line.
std::vector<std::string> patterns(TomlTable& table, std::string_view key, const std::vector<std::string>& fallback,
                                  std::string (*canonical)(std::string_view)) {
    std::vector<std::string> result;
    for (const std::string& text : table.texts(key, fallback)) {
        try {
            result.push_back(canonical(text));
        } catch (const Error& error) {
            table.refuse(key, error.message(), error.hint());
        }
    }
    return result;
}

void read_names(TomlTable& table, Profile& profile) {
    const bool states_kinds = std::any_of(std::begin(k_permit_keys), std::end(k_permit_keys),
                                          [&](std::string_view key) { return table.has(key); });
    if (states_kinds) {
        profile.permit_dns.clear();
        profile.permit_ip.clear();
        profile.permit_uri.clear();
        profile.permit_email.clear();
    }
    profile.permit_dns = patterns(table, "permit_dns", profile.permit_dns, canonical_dns_pattern);
    profile.deny_dns = patterns(table, "deny_dns", profile.deny_dns, canonical_dns_pattern);
    profile.permit_ip = patterns(table, "permit_ip", profile.permit_ip, canonical_cidr);
    profile.deny_ip = patterns(table, "deny_ip", profile.deny_ip, canonical_cidr);
    profile.permit_uri = patterns(table, "permit_uri", profile.permit_uri, canonical_uri_pattern);
    profile.permit_email = patterns(table, "permit_email", profile.permit_email, canonical_email_pattern);
    profile.wildcards = table.boolean("wildcards", profile.wildcards);
    profile.max_names = static_cast<int>(table.integer("max_names", profile.max_names, 1, k_most_names));
}

void read_times(TomlTable& table, Profile& profile) {
    const bool states_default = table.has("default_validity");
    profile.default_validity = table.duration("default_validity", base::format_duration(profile.default_validity));
    profile.max_validity = table.duration("max_validity", base::format_duration(profile.max_validity));
    profile.backdate = table.duration("backdate", base::format_duration(profile.backdate));
    if (profile.max_validity < std::chrono::seconds(1))
        table.refuse("max_validity", "a certificate lives a second at least");
    if (!states_default) profile.default_validity = std::min(profile.default_validity, profile.max_validity);
    if (profile.default_validity < std::chrono::seconds(1))
        table.refuse("default_validity", "a certificate lives a second at least");
    if (profile.default_validity > profile.max_validity)
        table.refuse("default_validity", base::format_duration(profile.default_validity) + " is beyond max_validity, " +
                                             base::format_duration(profile.max_validity));
}

void read_key_types(TomlTable& table, Profile& profile) {
    if (!table.has("key_types")) return;
    std::vector<std::string> known;
    for (const KeyType type : crypto::makeable_key_types()) known.emplace_back(crypto::key_type_name(type));
    profile.key_types.clear();
    for (const std::string& text : table.texts("key_types", {})) {
        const auto type = crypto::parse_key_type(text);
        if (!type || std::find(known.begin(), known.end(), text) == known.end())
            table.refuse("key_types", "'" + base::printable(text) + "' is no key type that this OpenSSL can make",
                         or_nearest(text, known));
        profile.key_types.push_back(*type);
    }
    if (profile.key_types.empty())
        table.refuse("key_types", "no key type is permitted", "leave the key out for the default");
}

void read_usage(TomlTable& table, Profile& profile) {
    if (!table.has("usage")) return;
    profile.server = profile.client = false;
    for (const std::string& text : table.texts("usage", {})) {
        if (text == "server") {
            profile.server = true;
        } else if (text == "client") {
            profile.client = true;
        } else {
            table.refuse("usage", "'" + base::printable(text) + "' is no usage",
                         "write \"server\", \"client\" or both");
        }
    }
    if (!profile.server && !profile.client)
        table.refuse("usage", "it is empty", "write \"server\", \"client\" or both");
}

void read_subject(TomlTable& table, Profile& profile) {
    if (!table.has("subject")) return;
    profile.subject.clear();
    TomlTable subject = table.table("subject");
    for (const char* part : {"c", "st", "l", "o", "ou"}) {
        const auto value = subject.text_if_there(part);
        if (!value || value->empty()) continue;
        try {
            std::string type = part;
            for (char& c : type) c = static_cast<char>(c - 'a' + 'A');
            x509::DistinguishedName{}.add(type, *value);
        } catch (const Error& error) {
            subject.refuse(part, error.message(), error.hint());
        }
        profile.subject[part] = *value;
    }
    if (const auto cn = subject.text_if_there("cn")) {
        if (*cn != "first-dns" && *cn != "none")
            subject.refuse("cn", "'" + base::printable(*cn) + "' is no rule for the common name",
                           "write \"first-dns\" or \"none\"");
        profile.subject["cn"] = *cn;
    }
    subject.finish();
}

void read_uris(TomlTable& table, Profile& profile) {
    profile.add_uri = table.texts("add_uri", profile.add_uri);
    for (const std::string& text : profile.add_uri) {
        try {
            x509::Identifier::uri(expand_uri_template(text, "name.internal"));
        } catch (const Error& error) {
            table.refuse("add_uri", error.message(), error.hint());
        }
    }
}

bool is_object_identifier(std::string_view text) {
    const auto arcs = base::split(text, '.');
    const bool plain = std::all_of(arcs.begin(), arcs.end(), [](std::string_view arc) {
        return !arc.empty() && arc.size() <= 9 && base::is_digits(arc) && (arc == "0" || arc[0] != '0');
    });
    if (!plain || arcs.size() < 2 || arcs[0].size() != 1 || arcs[0] > "2") return false;
    return arcs[0] == "2" || arcs[1].size() == 1 || (arcs[1].size() == 2 && arcs[1] < "40");
}

void read_extensions(TomlTable& table, Profile& profile) {
    const std::string revocation = table.text("revocation", profile.revocation ? "full" : "none");
    if (revocation != "full" && revocation != "none")
        table.refuse("revocation", "'" + base::printable(revocation) + "' is no way of revocation",
                     "write \"full\" or \"none\"");
    profile.revocation = revocation == "full";
    profile.must_staple = table.boolean("must_staple", profile.must_staple);
    if (profile.must_staple && !profile.revocation)
        table.refuse("must_staple", "a certificate without revocation has no OCSP answer to staple");
    profile.policies = table.texts("policies", profile.policies);
    std::set<std::string_view> seen;  // RFC 5280 section 4.2.1.4: a policy stands once
    for (const std::string& oid : profile.policies) {
        if (!is_object_identifier(oid))
            table.refuse("policies", "'" + base::printable(oid) + "' is no object identifier");
        if (!seen.insert(oid).second) table.refuse("policies", oid + " stands twice");
    }
}

void read_acme(TomlTable& table, Profile& profile) {
    if (!table.has("acme")) return;
    TomlTable acme = table.table("acme");
    profile.acme.auth = acme.text("auth", profile.acme.auth);
    const std::vector<std::string> modes{"challenge", "manual", "token", "trust"};
    if (!profile.acme.auth.empty() && std::find(modes.begin(), modes.end(), profile.acme.auth) == modes.end())
        acme.refuse("auth", "'" + base::printable(profile.acme.auth) + "' is no mode",
                    or_nearest(profile.acme.auth, modes));
    profile.acme.require_eab = acme.boolean("require_eab", profile.acme.require_eab);
    profile.acme.caa = acme.boolean("caa", profile.acme.caa);
    profile.acme.challenges = acme.texts("challenges", profile.acme.challenges);
    const std::vector<std::string> types = challenge_names();
    for (const std::string& type : profile.acme.challenges)
        if (std::find(types.begin(), types.end(), type) == types.end())
            acme.refuse("challenges", "'" + base::printable(type) + "' is no challenge type", or_nearest(type, types));
    profile.acme.authorize_command = acme.text("authorize_command", profile.acme.authorize_command);
    try {
        const bool blank = base::trim(profile.acme.authorize_command).empty();
        if (!profile.acme.authorize_command.empty() &&
            (blank || base::split_command(profile.acme.authorize_command).empty()))
            acme.refuse("authorize_command", "it names no program", "leave the key out for no gate");
    } catch (const Error& error) {
        acme.refuse("authorize_command", error.message(), error.hint());
    }
    if (acme.has("rate_limits")) {
        TomlTable limits = acme.table("rate_limits");
        profile.acme.rate_limits = read_rate_limits(limits);
    }
    acme.finish();
}

void read_profile(TomlTable& table, Profile& profile) {
    profile.ca = table.text("ca", profile.ca);
    try {
        store::check_plain_name(profile.ca, "a CA");
    } catch (const Error& error) {
        table.refuse("ca", error.message(), error.hint());
    }
    read_names(table, profile);
    read_times(table, profile);
    read_key_types(table, profile);
    read_usage(table, profile);
    read_subject(table, profile);
    read_uris(table, profile);
    read_extensions(table, profile);
    read_acme(table, profile);
    table.finish();
}

/// What a [profile.NAME] of an own name starts from: the default profile, but no kind of name is permitted.
Profile blank(const std::string& name) {
    Profile profile = ready_made(name);
    profile.permit_dns.clear();
    profile.permit_ip.clear();
    profile.permit_uri.clear();
    profile.permit_email.clear();
    return profile;
}

}  // namespace

std::vector<std::string> challenge_names() {
    return {"http-01", "dns-01", "tls-alpn-01", "dns-account-01", "dns-persist-01"};
}

std::string expand_uri_template(std::string_view text, std::string_view dns) {
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
        if (text.substr(i).starts_with("{dns}")) {
            result += dns;
            i += 5;
        } else if (text[i] == '{' || text[i] == '}') {
            throw Error{Kind::bad_input, "'" + base::printable(text) + "' has an unknown placeholder",
                        "the only one is {dns}"};
        } else {
            result += text[i++];
        }
    }
    return result;
}

crypto::KeyType Profile::usual_key_type() const {
    const auto usual = crypto::KeyType::ec_p256;
    return key_types.empty() || std::ranges::find(key_types, usual) != key_types.end() ? usual : key_types.front();
}

Profiles ready_made_profiles() {
    Profiles profiles;
    for (const char* name : {"default", "server", "client", "svid"}) profiles.emplace(name, ready_made(name));
    profiles.at("server").client = false;
    profiles.at("client").server = false;
    Profile& svid = profiles.at("svid");
    svid.spiffe = true;
    svid.permit_uri = {"spiffe://**"};
    svid.permit_email.clear();
    return profiles;
}

Profiles read_profiles(TomlTable& settings) {
    Profiles profiles = ready_made_profiles();
    for (auto& [name, table] : settings.tables("profile")) {
        try {
            store::check_plain_name(name, "a profile");
        } catch (const Error& error) {
            settings.refuse("profile", error.message(), error.hint());
        }
        if (name == "root" || name == "issuing" || name == "ocsp-responder")
            settings.refuse("profile", "'" + name + "' is the profile of the CA's own certificates",
                            "choose another name");
        auto [row, made] = profiles.try_emplace(name, blank(name));
        TomlTable reader = table;
        read_profile(reader, row->second);
    }
    return profiles;
}

const Profile& find_profile(const Profiles& profiles, std::string_view name) {
    if (const auto row = profiles.find(name); row != profiles.end()) return row->second;
    std::vector<std::string> names;
    for (const auto& [known, profile] : profiles) names.push_back(known);
    throw Error{Kind::refused, "there is no profile '" + base::printable(name) + "'", or_nearest(name, names)};
}

}  // namespace signet::ca
