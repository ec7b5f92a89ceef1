#include "client/enroll.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "crypto/key.h"
#include "x509/path.h"

namespace signet::client {
namespace {

using base::Error;
using base::Kind;

// A server's clock may run ahead of ours by this much before "not yet valid" is believed.
constexpr base::Duration k_clock_skew = std::chrono::minutes(5);

struct KeyAndRequest {
    base::Secret key_pem;
    x509::CertificateRequest csr;
};

KeyAndRequest make_request(const EnrollRequest& request, const base::Secret* key_pem) {
    if (request.csr) return {base::Secret(), *request.csr};
    const auto key = key_pem != nullptr ? crypto::PrivateKey::from_pem(key_pem->reveal(), "tls.key")
                                        : crypto::PrivateKey::generate(request.key_type);
    return {key.to_pem(), x509::CertificateRequest::from_der(x509::build_csr(key, request.names))};
}

void check_validity(const x509::Certificate& leaf, base::Time now) {
    if (leaf.not_before() > now + k_clock_skew) {
        throw Error(Kind::refused,
                    "the certificate that came back is valid from " + base::format_time(leaf.not_before()) + " only",
                    "compare this machine's clock with the server's");
    }
    if (leaf.not_after() <= now) {
        throw Error(Kind::refused, "the certificate that came back ended at " + base::format_time(leaf.not_after()),
                    "compare this machine's clock with the server's");
    }
}

bool self_signed(const x509::Certificate& certificate) {
    return certificate.self_issued() && certificate.signed_by(certificate.public_key());
}

// The anchors that count: those the source knows; without any the topmost issuer that was sent, so that the chain is
// at least consistent.
std::vector<x509::Certificate> anchors_of(const Certified& certified) {
    if (!certified.anchors.empty()) return certified.anchors;
    if (certified.chain.empty()) {
        throw Error(Kind::refused, "the server sent no issuer beside the certificate, and no trust anchor is known",
                    "give the CA's root with --ca-file");
    }
    return {certified.chain.back()};
}

void check_chain(const Certified& certified, const std::vector<x509::Certificate>& anchors, base::Time now) {
    const auto at = std::max(now, certified.leaf.not_before());  // within the skew that check_validity grants
    const auto result = x509::validate_path({.leaf = certified.leaf,
                                             .intermediates = certified.chain,
                                             .anchors = anchors,
                                             .at = at,
                                             .purpose = x509::Purpose::any,
                                             .max_depth = {}});
    if (result.valid()) return;
    const auto& finding = result.findings.front();
    throw Error(Kind::refused,
                "the chain that came back does not verify: " + finding.message + " (" + finding.section + ")",
                certified.anchors.empty()
                    ? "ask the server's operator"
                    : "if it comes from another authority than the anchors at hand, give that one's with --ca-file");
}

// What follows the leaf in tls.crt: no anchor, which the peer must have already, and no root.
std::vector<x509::Certificate> chain_to_send(const Certified& certified) {
    std::vector<x509::Certificate> chain;
    for (const auto& certificate : certified.chain) {
        const bool anchor = std::ranges::find(certified.anchors, certificate) != certified.anchors.end();
        if (!anchor && !self_signed(certificate)) chain.push_back(certificate);
    }
    return chain;
}

}  // namespace

std::optional<std::string> names_differ(const x509::Certificate& leaf, const std::vector<x509::Identifier>& names) {
    const auto& present = leaf.names();
    for (const auto& name : names) {
        if (std::ranges::find(present, name) == present.end()) return name.text() + " is missing";
    }
    for (const auto& name : present) {
        if (name.type() == x509::Identifier::Type::uri) continue;
        if (std::ranges::find(names, name) == names.end()) return name.text() + " was not asked for";
    }
    return std::nullopt;
}

Obtained obtain(const EnrollRequest& request, Source& source, base::Time now, const base::Secret* key_pem) {
    auto [key, csr] = make_request(request, key_pem);
    auto certified = source.certify(csr, request.names);
    if (!(certified.leaf.public_key() == csr.public_key)) {
        throw Error(Kind::refused, "the certificate that came back is for another key than ours",
                    "ask the server's operator");
    }
    if (const auto difference = names_differ(certified.leaf, request.names)) {
        throw Error(Kind::refused, "the certificate that came back has other names: " + *difference,
                    "ask the server's operator");
    }
    check_validity(certified.leaf, now);
    auto anchors = anchors_of(certified);
    check_chain(certified, anchors, now);
    return {.bundle = {.leaf = certified.leaf,
                       .chain = chain_to_send(certified),
                       .key_pem = std::move(key),
                       .anchors = std::move(anchors)},
            .notes = std::move(certified.notes)};
}

Enrolled enroll(const EnrollRequest& request, Source& source, base::Time now,
                const std::function<void(const x509::Certificate&)>& before_delivery) {
    deliver::check_formats(request.formats, request.format_options, !request.csr);  // a wrong word costs no certificate
    std::string old_serial;
    std::optional<base::Secret> old_key;
    try {
        if (auto there = deliver::installed(request.directory)) {
            old_serial = there->chain.front().serial_hex();
            if (request.reuse_key && there->key_fits) old_key = std::move(there->key_pem);
        }
    } catch (const Error& error) {
        if (error.kind() != Kind::bad_input) throw;  // a damaged one is replaced
    }
    auto obtained = obtain(request, source, now, old_key ? &*old_key : nullptr);
    if (before_delivery) before_delivery(obtained.bundle.leaf);
    auto files =
        deliver::deliver(request.directory, obtained.bundle, request.formats, request.access, request.format_options);
    return {obtained.bundle.leaf, std::move(old_serial), std::move(files), std::move(obtained.notes)};
}

}  // namespace signet::client
