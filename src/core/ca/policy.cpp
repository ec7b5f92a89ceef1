#include "ca/policy.h"

#include <algorithm>

#include "ca/authority_files.h"
#include "ca/ca_certificates.h"
#include "ca/lifetime.h"
#include "ca/name_rules.h"

namespace signet::ca {

/// The one maker of approved templates: whoever else declares it has the CA sign what nobody decided.
class Approval {
public:
    static ApprovedTemplate of(x509::Template content, x509::DraftKind kind = {}) {
        return ApprovedTemplate(std::move(content), kind);
    }
};

namespace {

using base::Error;
using base::Kind;
using x509::Identifier;

template <class T>
bool asked_by(const IssuanceRequest& request) {
    return std::holds_alternative<T>(request.requester);
}

std::string key_type_list(const std::vector<crypto::KeyType>& types) {
    std::string text;
    for (const crypto::KeyType type : types)
        text += (text.empty() ? "" : " or ") + std::string(crypto::key_type_name(type));
    return text;
}

void check_key(const IssuanceRequest& request, const IssuerFacts& issuer, Verdict& verdict) {
    if (!request.public_key) return verdict.refuse("", Kind::bad_public_key, "the request has no public key");
    const crypto::PublicKey& key = *request.public_key;
    if (const auto reason = crypto::weakness(key, issuer.weak_keys))
        return verdict.refuse("", Kind::bad_public_key, *reason, "make a new key, of type ec-p256");
    if (issuer.compromised)
        verdict.refusals.push_back(
            compromised_key_refusal(*issuer.compromised, compromised_key_kind(request.requester)));
    const auto type = key.type();
    const auto& allowed = request.profile.key_types;
    if (!type || std::find(allowed.begin(), allowed.end(), *type) == allowed.end())
        verdict.refuse("", Kind::bad_public_key,
                       "profile '" + request.profile.name + "' permits no " + key.describe() + " key",
                       "use a key of type " + key_type_list(allowed) + ", or add \"" + key.describe() +
                           "\" to key_types of [profile." + request.profile.name + "]");
    const auto is_its_key = [&](const x509::Certificate& ca) { return base::equal(ca.spki_der(), key.spki_der()); };
    if (is_its_key(issuer.issuing) || std::any_of(issuer.chain.begin(), issuer.chain.end(), is_its_key))
        verdict.refuse("", Kind::bad_public_key, "the key is the CA's own", "make a key of its own for it");
}

/// What the profile grants, narrowed to what was asked for.
struct Usage {
    bool server, client;
};
Usage decide_usage(const IssuanceRequest& request, Verdict& verdict) {
    const Profile& profile = request.profile;
    const bool names_one = request.server.value_or(false) || request.client.value_or(false);
    const Usage asked{request.server.value_or(!names_one), request.client.value_or(!names_one)};
    const auto refuse = [&](std::string_view usage) {
        verdict.refuse("", Kind::refused,
                       "profile '" + profile.name + "' permits no " + std::string(usage) + " certificates",
                       "leave out --" + std::string(usage) + ", or add \"" + std::string(usage) +
                           "\" to usage of [profile." + profile.name + "]");
    };
    if (request.server.value_or(false) && !profile.server) refuse("server");
    if (request.client.value_or(false) && !profile.client) refuse("client");
    const Usage usage{asked.server && profile.server, asked.client && profile.client};
    if (!usage.server && !usage.client && !names_one)
        verdict.refuse("", Kind::refused, "the certificate would be for neither servers nor clients",
                       "ask for a usage that the profile has");
    if (profile.spiffe && usage.server != usage.client)
        verdict.refuse("", Kind::refused, "an X509-SVID is for servers and clients both",
                       "leave out --server and --client");
    return usage;
}

/// A URI of the profile that none of the names can be put in.
void refuse_addition(const Profile& profile, const std::string& uri, const std::vector<Identifier>& names,
                     Verdict& verdict) {
    const std::string added = "the URI " + uri + ", which profile '" + profile.name + "' adds";
    const auto wildcard = std::find_if(names.begin(), names.end(), [](const auto& name) { return name.is_wildcard(); });
    if (wildcard == names.end())
        return verdict.refuse("", Kind::rejected_identifier, "there is no DNS name to put into " + added,
                              "ask for a DNS name too");
    verdict.refuse(wildcard->text(), Kind::rejected_identifier,
                   wildcard->text() + " is a wildcard and cannot stand in " + added,
                   "ask for a DNS name without a wildcard too");
}

/// Requested names, then what the profile adds of its own (permitted by being written there).
std::vector<Identifier> with_added_uris(const Profile& profile, std::vector<Identifier> names, Verdict& verdict) {
    const auto dns = std::find_if(names.begin(), names.end(), [](const Identifier& name) {
        return name.type() == Identifier::Type::dns && !name.is_wildcard();
    });
    const std::string first = dns == names.end() ? std::string() : dns->text();
    for (const std::string& text : profile.add_uri) {
        if (first.empty() && text.find("{dns}") != std::string::npos) {
            refuse_addition(profile, text, names, verdict);
            continue;
        }
        try {
            names.push_back(Identifier::uri(expand_uri_template(text, first)));
        } catch (const Error& error) {
            verdict.refuse("", Kind::refused, error.message());
        }
    }
    return fold_names(names);
}

std::string first_dns(const std::vector<Identifier>& names) {
    for (const Identifier& name : names)
        if (name.type() == Identifier::Type::dns) return name.text();
    return {};
}

/// A common name that reads as a host is one that some old client may believe: then it must be among the names.
void check_common_name(const std::string& common_name, const std::vector<Identifier>& names, Verdict& verdict) {
    if (common_name.find_first_of(".:") == std::string::npos) return;
    try {
        const Identifier meant = Identifier::parse(common_name);
        if (std::find(names.begin(), names.end(), meant) == names.end())
            verdict.refuse(common_name, Kind::rejected_identifier,
                           "the common name " + common_name + " is none of the names asked for",
                           "ask for it as a name too, or leave out --cn");
    } catch (const Error&) {
        // no name of a host: plain words
    }
}

x509::DistinguishedName decide_subject(const IssuanceRequest& request, const std::vector<Identifier>& names,
                                       Verdict& verdict) {
    constexpr std::size_t k_common_name_limit = 64;  // ub-common-name, RFC 5280 appendix A.1
    const auto& parts = request.profile.subject;
    const auto part = [&](const char* key) {
        const auto row = parts.find(key);
        return row == parts.end() ? std::string() : row->second;
    };
    std::string organization = part("o"), unit = part("ou"), common_name;
    if (const std::string name = first_dns(names); part("cn") != "none" && name.size() <= k_common_name_limit)
        common_name = name;
    if (asked_by<Operator>(request)) {
        organization = request.organization.value_or(organization);
        unit = request.unit.value_or(unit);
        common_name = request.common_name.value_or(common_name);
        if (request.common_name) check_common_name(common_name, names, verdict);
    }
    x509::DistinguishedName subject;
    const std::pair<const char*, std::string> values[] = {{"C", part("c")},    {"ST", part("st")}, {"L", part("l")},
                                                          {"O", organization}, {"OU", unit},       {"CN", common_name}};
    for (const auto& [type, value] : values) {
        if (value.empty()) continue;
        try {
            subject.add(type, value);
        } catch (const Error& error) {
            verdict.refuse("", Kind::bad_input, error.message());
        }
    }
    return subject;
}

/// RFC 5280 section 4.2.1.3: a key signs in the handshake; a server's RSA key may also be encrypted to (TLS 1.2), which
/// section 4.2.1.12 has as no usage of a client's.
x509::KeyUsages key_usage_for(const crypto::PublicKey& key, bool server) {
    const auto sign = x509::usage_bit(x509::KeyUsage::digital_signature);
    if (!key.is_rsa() || !server) return sign;
    return static_cast<x509::KeyUsages>(sign | x509::usage_bit(x509::KeyUsage::key_encipherment));
}

/// Everything about names: what decide and preview share.
std::vector<Identifier> decide_names(const IssuanceRequest& request, const IssuerFacts& issuer, bool proofs,
                                     Verdict& verdict) {
    std::vector<Identifier> names = fold_names(request.names);
    if (names.empty())
        verdict.refuse("", Kind::refused, "a certificate needs at least one name", "name what it is for");
    // The server's own names are the operator's settings, not somebody's wish.
    if (!asked_by<Self>(request)) check_profile_names(request.profile, names, verdict);
    if (asked_by<Account>(request)) check_limits(std::get<Account>(request.requester).limits, names, verdict);
    if (proofs && asked_by<Account>(request)) check_proofs(std::get<Account>(request.requester), names, verdict);
    names = with_added_uris(request.profile, std::move(names), verdict);
    if (request.profile.spiffe) check_spiffe_names(names, verdict);
    check_constraints(issuer, names, verdict);
    return names;
}

/// Where the issuer's certificate is, and where its revocations are, unless none are published (RFC 9608).
void add_urls(const IssuerFacts& issuer, const Profile& profile, x509::Template& content,
              std::vector<std::string>& notes) {
    if (issuer.public_http_url.empty()) {
        if (profile.must_staple)
            notes.emplace_back("it must be stapled, but public_http_url is not set: it names no OCSP responder to ask");
        return;
    }
    std::string base = issuer.public_http_url;
    while (base.ends_with('/')) base.pop_back();
    const std::string id = authority_id(issuer.issuing);
    content.issuer_urls = {base + "/ca/" + issuer.authority + "/" + id + ".der"};
    if (!profile.revocation) return;
    content.crl_urls = {base + "/crl/" + issuer.authority + "/" + id + ".crl"};
    content.ocsp_urls = {base + "/ocsp/" + issuer.authority};
}

/// What CA certificates say of their revocation.
Profile built_in(bool revocation) {
    Profile profile;
    profile.revocation = revocation;
    return profile;
}

void check_subordinate(const SubordinateRequest& request, const IssuerFacts& issuer, Verdict& verdict) {
    const x509::Certificate& root = issuer.issuing;
    const crypto::PublicKey& key = request.public_key;
    if (issuer.compromised)
        verdict.refusals.push_back(compromised_key_refusal(*issuer.compromised, Kind::bad_public_key));
    if (const auto reason = crypto::weakness(key, issuer.weak_keys))
        verdict.refuse("", Kind::bad_public_key, *reason, "make the request again with a new key");
    if (base::equal(root.spki_der(), key.spki_der()))
        verdict.refuse("", Kind::bad_public_key, "the key is the root's own", "make the request with a key of its own");
    if (request.subject.empty())
        verdict.refuse("", Kind::refused, "the request has no subject, and a CA has one",
                       "make the request again with one: -subj '/CN=...'");
    else if (x509::same_name(request.subject, root.subject()))
        verdict.refuse("", Kind::refused, "the request has the root's own name", "make the request under another name");
    const auto limits = root.basic_constraints();
    if (request.path_length < 0)
        verdict.refuse("", Kind::refused, "a path length is not negative", "ask for --pathlen 0");
    else if (limits && limits->path_length && request.path_length >= *limits->path_length)
        verdict.refuse("", Kind::refused,
                       "the root allows " + std::to_string(*limits->path_length) + " CAs below it, this one included",
                       *limits->path_length == 0 ? "sign it with another root"
                                                 : "ask for --pathlen " + std::to_string(*limits->path_length - 1));
}

/// No longer than the root: a wish beyond it is refused, the default cut.
void decide_subordinate_lifetime(const SubordinateRequest& request, const x509::Certificate& root, base::Time now,
                                 x509::Template& content, Verdict& verdict) {
    constexpr base::Duration k_usual_life = std::chrono::hours(24 * 365 * 5), k_least_life = std::chrono::minutes(1);
    constexpr base::Duration k_most_life = 200 * k_usual_life;  // the year 9999 is far
    if (root.not_after() <= now)
        return verdict.refuse("", Kind::refused, "the root expired at " + base::format_time(root.not_after()),
                              "make a new one");
    const base::Duration asked = request.validity.value_or(k_usual_life);
    if (asked < k_least_life || asked > k_most_life)
        return verdict.refuse("", Kind::refused,
                              "--validity " + base::format_duration(asked) + " is no lifetime of a CA",
                              "choose one from 1m to 1000y");
    content.not_before = std::max(base::from_unix(base::to_unix(now)) - k_ca_backdate, root.not_before());
    content.not_after = base::from_unix(base::to_unix(now + asked));
    if (content.not_after <= root.not_after()) return;
    if (request.validity)
        verdict.refuse("", Kind::refused,
                       "the certificate would end at " + base::format_time(content.not_after) + ", after the root at " +
                           base::format_time(root.not_after()),
                       "ask for " + base::describe_duration(root.not_after() - now) + " at most");
    else
        verdict.notes.push_back("the lifetime was cut to " + base::describe_duration(root.not_after() - now) +
                                ": the root ends then");
    content.not_after = root.not_after();
}

}  // namespace

Decision decide(const IssuanceRequest& request, const IssuerFacts& issuer, base::Time now) {
    Verdict verdict;
    x509::Template content;
    content.names = decide_names(request, issuer, true, verdict);
    check_key(request, issuer, verdict);
    const Usage usage = decide_usage(request, verdict);
    const Lifetime lifetime = decide_lifetime(request, issuer, now, verdict);
    content.subject = decide_subject(request, content.names, verdict);

    Decision decision{std::nullopt, std::move(verdict.refusals), std::move(verdict.notes)};
    if (!decision.ok()) return decision;
    content.public_key = request.public_key;
    content.not_before = lifetime.not_before;
    content.not_after = lifetime.not_after;
    content.key_usage = key_usage_for(*request.public_key, usage.server);
    if (usage.server) content.extended_key_usage.emplace_back(x509::k_server_auth);
    if (usage.client) content.extended_key_usage.emplace_back(x509::k_client_auth);
    content.policies = request.profile.policies;
    content.no_revocation_available = !request.profile.revocation;
    content.must_staple = request.profile.must_staple;
    add_urls(issuer, request.profile, content, decision.notes);
    decision.approved = Approval::of(std::move(content), {.svid = request.profile.spiffe});
    return decision;
}

Decision decide_subordinate(const SubordinateRequest& request, const IssuerFacts& issuer, base::Time now) {
    Verdict verdict;
    check_subordinate(request, issuer, verdict);
    x509::Template content;
    decide_subordinate_lifetime(request, issuer.issuing, now, content, verdict);
    Decision decision{std::nullopt, std::move(verdict.refusals), std::move(verdict.notes)};
    if (!decision.ok()) return decision;
    content.subject = request.subject;
    content.public_key = request.public_key;
    content.ca = true;
    content.path_length = request.path_length;
    content.key_usage = static_cast<x509::KeyUsages>(x509::usage_bit(x509::KeyUsage::key_cert_sign) |
                                                     x509::usage_bit(x509::KeyUsage::crl_sign));
    content.name_constraints = request.constraints;
    add_urls(issuer, built_in(request.revocation), content, decision.notes);
    decision.approved = Approval::of(std::move(content));
    return decision;
}

ApprovedTemplate approve_cross(const x509::Certificate& subject, const x509::Certificate& older,
                               const IssuerFacts& issuer, bool revocation) {
    x509::Template content;
    content.subject = subject.subject();
    content.public_key = subject.public_key();
    content.not_before = std::max(subject.not_before(), issuer.issuing.not_before());
    content.not_after = std::min(older.not_after(), std::min(subject.not_after(), issuer.issuing.not_after()));
    content.ca = true;
    const auto limits = older.basic_constraints();
    if (limits && limits->path_length)
        content.path_length = subject == older ? *limits->path_length : std::max(*limits->path_length - 1, 0);
    content.key_usage = static_cast<x509::KeyUsages>(x509::usage_bit(x509::KeyUsage::key_cert_sign) |
                                                     x509::usage_bit(x509::KeyUsage::crl_sign));
    content.name_constraints = older.name_constraints().value_or(x509::NameConstraints{});
    std::vector<std::string> ignored;
    add_urls(issuer, built_in(revocation), content, ignored);
    return Approval::of(std::move(content), {.established_subject = true});
}

std::vector<base::ErrorPart> preview(const IssuanceRequest& request, const IssuerFacts& issuer, base::Time now) {
    Verdict verdict;
    decide_names(request, issuer, false, verdict);
    decide_usage(request, verdict);
    decide_lifetime(request, issuer, now, verdict);
    return std::move(verdict.refusals);
}

std::vector<Identifier> added_uris(const Profile& profile, const std::vector<Identifier>& names) {
    Verdict ignored;
    auto all = with_added_uris(profile, fold_names(names), ignored);
    std::erase_if(all,
                  [&](const Identifier& name) { return std::find(names.begin(), names.end(), name) != names.end(); });
    return all;
}

ApprovedTemplate approve_responder(const crypto::PublicKey& key, const x509::Certificate& issuer, base::Time now,
                                   base::Duration validity) {
    constexpr base::Duration k_backdate = std::chrono::minutes(1);  // for clocks that are slow
    constexpr std::size_t k_common_name_limit = 64;
    const auto to_second = [](base::Time time) { return base::from_unix(base::to_unix(time)); };
    x509::Template content;
    std::string name = issuer.subject().common_name().value_or("CA").substr(0, k_common_name_limit - 5) + " OCSP";
    content.subject.add("CN", name);
    content.public_key = key;
    content.not_before = std::max(to_second(now - k_backdate), issuer.not_before());
    // A CA that has expired goes on saying what it revoked; its responder's certificate only has to be one.
    const base::Time wished = to_second(now + validity);
    content.not_after = issuer.not_after() <= now ? wished : std::min(wished, issuer.not_after());
    content.key_usage = x509::usage_bit(x509::KeyUsage::digital_signature);
    content.extended_key_usage = {x509::k_ocsp_signing};
    content.ocsp_no_check = true;
    return Approval::of(std::move(content));
}

ApprovedTemplate approve_refusal_test(const x509::Certificate& model, const crypto::PublicKey& key,
                                      const x509::Certificate& issuer, base::Time now, RefusalTest test) {
    constexpr base::Duration k_long_over = std::chrono::minutes(10);  // also for clocks that are slow
    constexpr base::Duration k_width = std::chrono::minutes(1);
    if (model.is_ca() || !model.signed_by(issuer.public_key())) {
        throw Error{Kind::refused, "the client certificate is not of the CA \"" + issuer.subject().text() + "\"",
                    "name the store of the CA that issued it"};
    }
    const base::Time second = base::from_unix(base::to_unix(now));
    x509::Template content;
    content.subject = model.subject();
    content.names = model.names();
    content.public_key = key;
    content.key_usage = x509::usage_bit(x509::KeyUsage::digital_signature);
    const bool over = test == RefusalTest::expired;
    content.not_before = over ? second - k_long_over - k_width : second - k_width / 2;
    content.not_after = content.not_before + k_width;
    content.extended_key_usage = {over ? x509::k_client_auth : x509::k_server_auth};
    return Approval::of(std::move(content), {.established_subject = true});
}

}  // namespace signet::ca
