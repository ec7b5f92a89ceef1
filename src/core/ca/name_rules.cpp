#include "ca/name_rules.h"

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "base/text.h"
#include "ca/pattern.h"

namespace signet::ca {
namespace {

using base::Kind;
using x509::Identifier;

/// The lists of a profile that speak of one kind of name.
struct Lists {
    std::string_view permit_key, deny_key;
    const std::vector<std::string>* permit;
    const std::vector<std::string>* deny;
};
Lists lists_for(const Profile& profile, Identifier::Type type) {
    static const std::vector<std::string> k_none;
    switch (type) {
        case Identifier::Type::dns:
            return {"permit_dns", "deny_dns", &profile.permit_dns, &profile.deny_dns};
        case Identifier::Type::ip:
            return {"permit_ip", "deny_ip", &profile.permit_ip, &profile.deny_ip};
        case Identifier::Type::uri:
            return {"permit_uri", "", &profile.permit_uri, &k_none};
        case Identifier::Type::email:
            return {"permit_email", "", &profile.permit_email, &k_none};
    }
    return {"", "", &k_none, &k_none};
}

const std::vector<std::string>& limits_for(const NameLimits& limits, Identifier::Type type) {
    static const std::vector<std::string> k_none;
    switch (type) {
        case Identifier::Type::dns:
            return limits.dns;
        case Identifier::Type::ip:
            return limits.ip;
        case Identifier::Type::uri:
            return limits.uri;
        case Identifier::Type::email:
            return k_none;
    }
    return k_none;
}

bool permits(std::string_view pattern, const Identifier& name) {
    switch (name.type()) {
        case Identifier::Type::dns:
            return dns_within(pattern, name);
        case Identifier::Type::ip:
            return cidr_contains(pattern, name.octets());
        case Identifier::Type::uri:
            return uri_matches(pattern, name.text());
        case Identifier::Type::email:
            return email_matches(pattern, name.text());
    }
    return false;
}

bool denies(std::string_view pattern, const Identifier& name) {
    return name.type() == Identifier::Type::dns ? dns_meets(pattern, name) : permits(pattern, name);
}

/// "/a/../b", also percent-encoded: what a reader of the URI may resolve to another path than a pattern saw.
bool has_dot_segment(std::string_view uri) {
    const std::size_t colon = uri.find(':');
    std::string_view rest = uri.substr(colon + 1);
    if (rest.starts_with("//")) rest = rest.substr(std::min(rest.find('/', 2), rest.size()));
    rest = rest.substr(0, rest.find_first_of("?#"));
    const auto decoded = base::percent_decode(rest);
    if (!decoded) return true;
    const auto segments = base::split(*decoded, '/');
    return std::any_of(segments.begin(), segments.end(), [](std::string_view s) { return s == "." || s == ".."; });
}

/// "::ffff:192.0.2.1": some readers take it for 192.0.2.1, others do not. Whoever had it could be either.
bool is_mapped(const Identifier& name) {
    if (name.type() != Identifier::Type::ip) return false;
    const base::Bytes octets = name.octets();
    return octets.size() == 16 && octets[10] == 0xff && octets[11] == 0xff &&
           std::all_of(octets.begin(), octets.begin() + 10, [](std::uint8_t octet) { return octet == 0; });
}

void check_profile_name(const Profile& profile, const Identifier& name, Verdict& verdict) {
    const auto refuse = [&](std::string message, std::string remedy) {
        verdict.refuse(name.text(), Kind::rejected_identifier, name.text() + " " + std::move(message),
                       std::move(remedy));
    };
    const std::string by = "profile '" + profile.name + "'", table = "[profile." + profile.name + "]";
    const Lists lists = lists_for(profile, name.type());
    for (const std::string& pattern : *lists.deny)
        if (denies(pattern, name))
            return refuse("is denied by " + by + " (" + std::string(lists.deny_key) + " has \"" + pattern + "\")",
                          "take \"" + pattern + "\" out of " + std::string(lists.deny_key) + " of " + table);
    const std::string permit_key(lists.permit_key), entry = "\"" + name.text() + "\"";
    if (lists.permit->empty())
        return refuse("is not permitted by " + by + ", which has no " + permit_key,
                      "set " + permit_key + " = [" + entry + "] in " + table + ", beside its other permit_* keys");
    if (std::none_of(lists.permit->begin(), lists.permit->end(),
                     [&](const std::string& pattern) { return permits(pattern, name); }))
        return refuse("is not permitted by " + by + " (" + permit_key + ")",
                      "add " + entry + " to " + permit_key + " of " + table);
    if (name.is_wildcard() && !profile.wildcards)
        return refuse("is a wildcard, and " + by + " permits none",
                      "name each host instead, or set wildcards = true in " + table);
    if (is_mapped(name))
        return refuse("is an IPv4 address in the form of an IPv6 address", "ask for the IPv4 address itself");
    if (name.type() == Identifier::Type::uri && has_dot_segment(name.text()))
        return refuse("has a segment \".\" or \"..\" and could be read as another name", "write its path without them");
}

/// Host of a URI; empty for one without (urn:…), or with an address for a host, which no constraint can cover.
std::string_view uri_host(std::string_view uri) {
    const std::size_t slashes = uri.find("://");
    if (slashes == std::string_view::npos) return {};
    std::string_view authority = uri.substr(slashes + 3);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    authority = authority.substr(authority.rfind('@') + 1);  // npos + 1 is 0
    if (authority.starts_with('[')) return {};
    return authority.substr(0, authority.find(':'));
}

/// RFC 5280: ".y" covers hosts under y, "y" the host y alone.
bool host_within(std::string_view host, std::string_view base) {
    if (base.starts_with('.')) return host.size() > base.size() && host.ends_with(base);
    return host == base;
}

bool dns_in_subtree(const Identifier& name, std::string_view base, bool excluding) {
    while (base.starts_with('.')) base.remove_prefix(1);
    if (base.empty()) return true;
    if (name.text() == base || dns_within("**." + std::string(base), name)) return true;
    return excluding && dns_meets(base, name);
}

bool in_subtree(const Identifier& name, const std::string& base, bool excluding) {
    switch (name.type()) {
        case Identifier::Type::dns:
            return dns_in_subtree(name, base::lower(base), excluding);
        case Identifier::Type::ip: {
            // A path validator compares equal lengths only: a mapped address is never within a permitted IPv4 network.
            const bool same_length = (base.find(':') != std::string::npos) == (name.octets().size() == 16);
            return (excluding || same_length) && cidr_contains(base, name.octets());
        }
        case Identifier::Type::uri:
            // Without a host nothing can be told (RFC 5280 section 4.2.1.10): out of what is permitted, in what is
            // excluded.
            if (uri_host(name.text()).empty()) return excluding;
            return base.empty() || host_within(uri_host(name.text()), base::lower(base));
        case Identifier::Type::email: {
            const std::size_t at = name.text().rfind('@');
            if (base.empty()) return true;
            if (const std::size_t base_at = base.rfind('@'); base_at != std::string::npos)
                return name.text() == base.substr(0, base_at) + base::lower(base.substr(base_at));
            return host_within(std::string_view(name.text()).substr(at + 1), base::lower(base));
        }
    }
    return excluding;
}

void check_against(const x509::Certificate& ca, const Identifier& name, Verdict& verdict) {
    const x509::NameConstraints& constraints = *ca.name_constraints();
    bool constrained = false, permitted = false;
    for (const auto& subtree : constraints.permitted) {
        if (subtree.type != name.type()) continue;
        constrained = true;
        permitted = permitted || in_subtree(name, subtree.base, false);
    }
    const bool excluded = std::any_of(
        constraints.excluded.begin(), constraints.excluded.end(),
        [&](const auto& subtree) { return subtree.type == name.type() && in_subtree(name, subtree.base, true); });
    if (excluded || (constrained && !permitted))
        verdict.refuse(name.text(), Kind::rejected_identifier,
                       name.text() + " is outside the name constraints of the CA '" + ca.subject().text() + "'",
                       "use a profile of another CA: name constraints are part of a CA's certificate");
}

}  // namespace

std::vector<Identifier> fold_names(const std::vector<Identifier>& names) {
    std::vector<Identifier> folded;
    std::set<Identifier> seen;
    for (const Identifier& name : names)
        if (seen.insert(name).second) folded.push_back(name);
    return folded;
}

void check_profile_names(const Profile& profile, const std::vector<Identifier>& names, Verdict& verdict) {
    constexpr std::size_t k_most_explained = 100;
    const auto most = static_cast<std::size_t>(profile.max_names);
    if (names.size() > most) {
        verdict.refuse("", Kind::rejected_identifier,
                       std::to_string(names.size()) + " names are more than the " + std::to_string(profile.max_names) +
                           " of profile '" + profile.name + "'",
                       "spread them over several certificates, or raise max_names in [profile." + profile.name + "]");
    }
    // Too many are refused whatever they are: some reasons more are of use, thousands are not.
    const std::size_t looked_at = std::min(names.size(), std::max(most, k_most_explained));
    for (std::size_t i = 0; i < looked_at; ++i) check_profile_name(profile, names[i], verdict);
}

void check_limits(const NameLimits& limits, const std::vector<Identifier>& names, Verdict& verdict) {
    if (limits.dns.empty() && limits.ip.empty() && limits.uri.empty()) return;
    for (const Identifier& name : names) {
        const auto& patterns = limits_for(limits, name.type());
        if (std::none_of(patterns.begin(), patterns.end(),
                         [&](const std::string& pattern) { return permits(pattern, name); }))
            verdict.refuse(name.text(), Kind::rejected_identifier, name.text() + " is not permitted by " + limits.by,
                           "make a token that permits it: signet token create");
    }
}

void check_proofs(const Account& account, const std::vector<Identifier>& names, Verdict& verdict) {
    for (const Identifier& name : names)
        if (std::none_of(account.proofs.begin(), account.proofs.end(),
                         [&](const store::ProvenIdentifier& proof) { return proof.identifier() == name; }))
            verdict.refuse(name.text(), Kind::unauthorized, name.text() + " was not proved by this account");
}

void check_constraints(const IssuerFacts& issuer, const std::vector<Identifier>& names, Verdict& verdict) {
    for (const x509::Certificate& ca : issuer.chain) {
        if (!ca.name_constraints()) continue;
        for (const Identifier& name : names) check_against(ca, name, verdict);
    }
}

void check_spiffe_names(const std::vector<Identifier>& names, Verdict& verdict) {
    std::vector<Identifier> uris;
    for (const Identifier& name : names)
        if (name.type() == Identifier::Type::uri) uris.push_back(name);
    if (uris.size() != 1) {
        verdict.refuse("", Kind::rejected_identifier,
                       "an X509-SVID has exactly one URI, and this request has " + std::to_string(uris.size()),
                       "name one: --uri spiffe://trust-domain/path");
        return;
    }
    // The form of trust domain and path is the identifier's own rule; a leaf's path is not empty on top of it.
    const std::string& id = uris.front().text();
    const bool spiffe = id.starts_with("spiffe://");
    if (!spiffe || id.find('/', 9) == std::string::npos)
        verdict.refuse(id, Kind::rejected_identifier,
                       id + " is no SPIFFE ID of a workload (spiffe://trust-domain/path)",
                       "name the workload: spiffe://trust-domain/path");
}

}  // namespace signet::ca
