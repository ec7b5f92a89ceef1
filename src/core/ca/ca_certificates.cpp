#include "ca/ca_certificates.h"

#include <algorithm>

#include "base/error.h"
#include "ca/serials.h"
#include "ca/signing.h"
#include "crypto/pkcs11.h"
#include "x509/build.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

constexpr base::Duration k_year = std::chrono::hours(24 * 365);
constexpr base::Duration k_root_validity = 10 * k_year;
constexpr base::Duration k_issuing_validity = 5 * k_year;
constexpr base::Duration k_shortest = std::chrono::minutes(1);
constexpr base::Duration k_longest = 1000 * k_year;  // GeneralizedTime ends in the year 9999

std::string root_name(const InitRequest& request) { return request.common_name.value_or(request.name + " Root CA"); }

/// "Acme Root CA" → "Acme Issuing CA": two CAs of one name would have the same issuer field everywhere.
std::string issuing_name(const InitRequest& request) {
    std::string_view base = request.name;
    if (request.common_name) {
        base = *request.common_name;
        for (const std::string_view ending : {" CA", " Root"})
            if (base.size() > ending.size() && base.ends_with(ending)) base.remove_suffix(ending.size());
    }
    return std::string(base) + " Issuing CA";
}

x509::DistinguishedName subject_of(const InitRequest& request, const std::string& common_name) {
    x509::DistinguishedName subject;
    const auto add = [&](std::string_view type, const std::string& value, const char* flag) {
        if (value.empty()) return;
        try {
            subject.add(type, value);
        } catch (const Error& error) {
            throw Error{error.kind(), error.message(), std::string("choose another ") + flag};
        }
    };
    add("C", request.country.value_or(""), "--country");
    add("ST", request.state.value_or(""), "--state");
    add("O", request.organization.value_or(""), "--org");
    add("OU", request.unit.value_or(""), "--ou");
    add("CN", common_name, "--cn");
    return subject;
}

void check_validity(base::Duration validity, std::string_view flag) {
    if (validity < k_shortest || validity > k_longest)
        throw Error{Kind::usage, std::string(flag) + " " + base::format_duration(validity) + " is no lifetime of a CA",
                    "choose one from 1m to 1000y"};
}

x509::Template ca_template(x509::DistinguishedName subject, const crypto::PrivateKey& key, base::Time now,
                           base::Time not_after, base::Random& random) {
    x509::Template content;
    content.serial = draw_serial(random);
    content.subject = std::move(subject);
    content.public_key = key.public_key();
    content.not_before = base::from_unix(base::to_unix(now - k_ca_backdate));
    content.not_after = base::from_unix(base::to_unix(not_after));
    content.ca = true;
    content.key_usage = static_cast<x509::KeyUsages>(x509::usage_bit(x509::KeyUsage::key_cert_sign) |
                                                     x509::usage_bit(x509::KeyUsage::crl_sign));
    return content;
}

base::Duration lifetime_of(const x509::Certificate& ca) { return ca.not_after() - ca.not_before() - k_ca_backdate; }

std::string attribute(const x509::Certificate& ca, std::string_view oid) {
    for (const auto& attribute : ca.subject().attributes())
        if (attribute.oid == oid) return attribute.value;
    return {};
}

std::string quoted(const std::string& text) { return text.empty() ? "none" : "'" + text + "'"; }

/// What a request comes to, with the defaults filled in.
struct Plan {
    x509::DistinguishedName root_subject, issuing_subject;
    base::Duration validity, issuing_validity;
    x509::NameConstraints constraints;
};

Plan plan_authority(const InitRequest& request) {
    store::check_plain_name(request.name, "a CA");
    if (request.token) crypto::check_pkcs11_uri(*request.token);
    const base::Duration validity = request.validity.value_or(k_root_validity);
    check_validity(validity, "--validity");
    const base::Duration issuing_validity = request.issuing_validity.value_or(std::min(k_issuing_validity, validity));
    check_validity(issuing_validity, "--issuing-validity");
    if (issuing_validity > validity)
        throw Error{Kind::refused,
                    "--issuing-validity " + base::format_duration(issuing_validity) + " goes beyond the root's " +
                        base::format_duration(validity),
                    "the issuing CA cannot outlive its root: raise --validity or lower --issuing-validity"};
    Plan plan{
        subject_of(request, root_name(request)), {}, validity, issuing_validity, name_constraints_from(request.permit)};
    if (request.root_only && request.root_key_out)
        throw Error{Kind::usage, "the key of a root that signs leafs cannot be away", "leave out --root-key-out"};
    if (request.root_only) return plan;
    plan.issuing_subject = subject_of(request, issuing_name(request));
    if (plan.root_subject == plan.issuing_subject)
        throw Error{Kind::refused, "root and issuing CA would have the same name", "choose another --cn"};
    return plan;
}

}  // namespace

ExternalPlan plan_external(const InitRequest& request) {
    store::check_plain_name(request.name, "a CA");
    if (request.token) crypto::check_pkcs11_uri(*request.token);
    const auto refuse = [](bool given, const char* flag) {
        if (given)
            throw Error{Kind::usage, std::string(flag) + " is the business of the root, which is elsewhere",
                        "leave it out, and give it to ca sign"};
    };
    refuse(request.validity.has_value(), "--validity");
    refuse(request.issuing_validity.has_value(), "--issuing-validity");
    refuse(request.root_key_type.has_value(), "--root-key-type");
    // There is no root here to be called after: --cn is the name of the issuing CA itself.
    return {subject_of(request, request.common_name.value_or(issuing_name(request))),
            name_constraints_from(request.permit)};
}

void check_init(const InitRequest& request) { plan_authority(request); }

NewAuthority make_authority(const InitRequest& request, base::Time now, base::Random& random) {
    const Plan plan = plan_authority(request);
    const auto key_type = request.key_type.value_or(crypto::KeyType::ec_p256);
    // The leafs' signer is what --key-type means; in the smallest set-ups that is the root.
    const auto root_type = request.root_key_type.value_or(request.root_only ? key_type : crypto::KeyType::ec_p256);
    const KeyPlace place{request.token, request.passphrase};
    const std::string label = "signet " + request.name;
    crypto::PrivateKey root_key = new_key(place, root_type, label + " root");
    FreshKey fresh_root(root_key);
    x509::Template root = ca_template(plan.root_subject, root_key, now, now + plan.validity, random);
    if (request.root_only) root.name_constraints = plan.constraints;
    x509::Certificate root_certificate = sign_itself(root, root_key);
    if (request.root_only) {
        fresh_root.keep();
        return {std::move(root_key), std::move(root_certificate), std::nullopt, std::nullopt};
    }
    crypto::PrivateKey issuing_key = new_key(place, key_type, label + " issuing");
    FreshKey fresh_issuing(issuing_key);
    x509::Template issuing = ca_template(plan.issuing_subject, issuing_key, now, now + plan.issuing_validity, random);
    issuing.path_length = 0;
    issuing.name_constraints = plan.constraints;
    x509::Certificate issuing_certificate =
        sign_certificate(issuing, {plan.root_subject, x509::key_identifier(root_key.public_key())}, root_key);
    fresh_root.keep();
    fresh_issuing.keep();
    return {std::move(root_key), std::move(root_certificate), std::move(issuing_key), std::move(issuing_certificate)};
}

std::vector<std::string> differences(const InitRequest& request, const AuthorityFiles& files) {
    std::vector<std::string> found;
    const auto compare = [&](std::string_view flag, const std::optional<std::string>& asked, const std::string& there) {
        if (asked && *asked != there)
            found.push_back(std::string(flag) + " " + quoted(*asked) + " differs from what is there, " + quoted(there));
    };
    const auto type_text = [](std::optional<crypto::KeyType> type) {
        return type ? std::optional(std::string(crypto::key_type_name(*type))) : std::nullopt;
    };
    const auto time_text = [](const std::optional<base::Duration>& time) {
        return time ? std::optional(base::format_duration(*time)) : std::nullopt;
    };
    compare("--cn", request.common_name, files.root.subject().common_name().value_or(""));
    compare("--org", request.organization, attribute(files.root, "2.5.4.10"));
    compare("--ou", request.unit, attribute(files.root, "2.5.4.11"));
    compare("--country", request.country, attribute(files.root, "2.5.4.6"));
    compare("--state", request.state, attribute(files.root, "2.5.4.8"));
    compare("--key-type", type_text(request.key_type), files.signer().public_key().describe());
    compare("--root-key-type", type_text(request.root_key_type), files.root.public_key().describe());
    compare("--validity", time_text(request.validity), base::format_duration(lifetime_of(files.root)));
    if (request.root_only && files.issuing) found.emplace_back("--root-only differs from what is there: an issuing CA");
    if (files.issuing)
        compare("--issuing-validity", time_text(request.issuing_validity),
                base::format_duration(lifetime_of(*files.issuing)));
    else if (request.issuing_validity)
        found.emplace_back("--issuing-validity differs from what is there: the root signs, without an issuing CA");
    if (!request.permit.empty()) {
        const auto& there = files.signer().name_constraints();
        compare("the name constraints", describe(name_constraints_from(request.permit)),
                there ? describe(*there) : std::string());
    }
    return found;
}

}  // namespace signet::ca
