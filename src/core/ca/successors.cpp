#include "ca/successors.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "ca/ca_certificates.h"
#include "ca/serials.h"
#include "ca/signing.h"
#include "x509/build.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_common_name_limit = 64;  // RFC 5280 appendix A.1

/// "Acme Root CA G7" → "Acme Root CA", 7; without a number it is the first.
std::pair<std::string, int> split_number(const std::string& name) {
    const std::size_t at = name.rfind(" G");
    if (at == std::string::npos || at == 0) return {name, 1};
    int number = 0;
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + at + 2, end, number);
    if (error != std::errc() || stop != end || number < 2 || number > 999'999) return {name, 1};
    return {name.substr(0, at), number};
}

x509::DistinguishedName renamed(const x509::DistinguishedName& name, const std::string& common_name) {
    static const std::pair<const char*, const char*> k_types[] = {
        {"2.5.4.6", "C"}, {"2.5.4.8", "ST"}, {"2.5.4.7", "L"}, {"2.5.4.10", "O"}, {"2.5.4.11", "OU"}};
    x509::DistinguishedName result;
    for (const auto& attribute : name.attributes())
        for (const auto& [oid, type] : k_types)
            if (attribute.oid == oid) result.add(type, attribute.value);
    result.add("CN", common_name);
    return result;
}

/// One name for each generation: with two keys under one, peers that look for CRLs by name take the wrong one.
x509::DistinguishedName next_name(const AuthorityFiles& files, const x509::Certificate& ca) {
    std::vector<x509::DistinguishedName> taken{files.root.subject(), files.signer().subject()};
    for (const auto* former : {&files.former_issuing, &files.former_roots})
        for (const FormerCa& one : *former) taken.push_back(one.certificate.subject());
    auto [name, number] = split_number(ca.subject().common_name().value_or(files.name + " CA"));
    while (true) {
        const std::string ending = " G" + std::to_string(++number);
        auto next = renamed(ca.subject(), name.substr(0, k_common_name_limit - ending.size()) + ending);
        if (std::find(taken.begin(), taken.end(), next) == taken.end()) return next;
    }
}

base::Duration lifetime_of(const x509::Certificate& ca) {
    const base::Duration whole = ca.not_after() - ca.not_before();
    return whole > 2 * k_ca_backdate ? whole - k_ca_backdate : whole;
}

/// Constraints to be taken over as they are, or not at all.
x509::NameConstraints constraints_of(const x509::Certificate& ca) {
    const auto& subtrees = ca.name_subtrees();
    if (!subtrees) return {};
    auto constraints = ca.name_constraints().value_or(x509::NameConstraints{});
    if (constraints.permitted.size() != subtrees->permitted.size() ||
        constraints.excluded.size() != subtrees->excluded.size())
        throw Error{Kind::refused,
                    "'" + ca.subject().text() + "' has name constraints of a kind that signet does not write",
                    "make the next one where it was made, then: signet ca import --key"};
    return constraints;
}

}  // namespace

crypto::KeyType next_key_type(const x509::Certificate& ca) {
    return ca.public_key().type().value_or(crypto::KeyType::ec_p256);
}

NewCa make_next_root(const AuthorityFiles& files, const crypto::PrivateKey& key, base::Time now, base::Random& random) {
    x509::Template content;
    content.serial = draw_serial(random);
    content.subject = next_name(files, files.root);
    content.public_key = key.public_key();
    content.not_before = base::from_unix(base::to_unix(now - k_ca_backdate));
    content.not_after = base::from_unix(base::to_unix(now + lifetime_of(files.root)));
    content.ca = true;
    const auto limits = files.root.basic_constraints();
    if (limits) content.path_length = limits->path_length;
    content.key_usage = static_cast<x509::KeyUsages>(x509::usage_bit(x509::KeyUsage::key_cert_sign) |
                                                     x509::usage_bit(x509::KeyUsage::crl_sign));
    content.name_constraints = constraints_of(files.root);
    return {key, sign_itself(content, key)};
}

SubordinateRequest next_issuing(const AuthorityFiles& files, const crypto::PublicKey& key,
                                const x509::Certificate& root, base::Time now) {
    const x509::Certificate& present = files.signer();
    SubordinateRequest request{.subject = next_name(files, present),
                               .public_key = key,
                               .validity = lifetime_of(present),
                               .path_length = 0,
                               .constraints = constraints_of(present),
                               .requester = {}};
    const auto limits = present.basic_constraints();
    if (limits && limits->path_length) request.path_length = *limits->path_length;
    request.validity =
        std::min<base::Duration>(*request.validity, root.not_after() - base::from_unix(base::to_unix(now)));
    return request;
}

}  // namespace signet::ca
