#include "inspect/verify.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace signet::inspect {
namespace {

constexpr std::size_t k_names_shown = 5;

std::string names_of(const x509::Certificate& leaf) {
    if (leaf.names().empty()) return "no name that signet knows";
    std::vector<std::string> shown;
    for (const auto& name : leaf.names()) {
        if (shown.size() == k_names_shown) {
            shown.push_back("and " + std::to_string(leaf.names().size() - k_names_shown) + " more");
            break;
        }
        shown.push_back(name.text());
    }
    return base::join(shown, ", ");
}

void check_identity(const x509::Certificate& leaf, const x509::Identifier& wanted, VerifyReport& out) {
    const bool covered = std::any_of(leaf.names().begin(), leaf.names().end(),
                                     [&](const x509::Identifier& name) { return x509::matches(name, wanted); });
    out.checks.push_back({"name " + wanted.text(), covered});
    if (covered) return;
    out.findings.push_back({0, "name", "RFC 9525 section 6",
                            "it is for " + names_of(leaf) + "; not for " + wanted.text(),
                            "use one of its names, or have a certificate issued for " + wanted.text()});
}

/// nullptr when the certificate's key cannot be read: then the path has a finding for it.
const crypto::PublicKey* key_of(const x509::Certificate& leaf) {
    try {
        return &leaf.public_key();
    } catch (const base::Error&) {
        return nullptr;
    }
}

void check_key(const x509::Certificate& leaf, const crypto::PublicKey& key, VerifyReport& out) {
    const crypto::PublicKey* certified = key_of(leaf);
    const bool same = certified != nullptr && *certified == key;
    out.checks.push_back({"key belongs to the certificate", same});
    if (same) return;
    out.findings.push_back({0, "key-pair", "RFC 5280 section 4.1.2.7",
                            "the key (" + key.describe() + ") is another one than the certificate's (" +
                                (certified == nullptr ? "one that cannot be read" : certified->describe()) + ")",
                            "use the key that the certificate was issued for, or have it issued again for this key"});
}

}  // namespace

VerifyReport verify(const VerifyRequest& request) {
    if (request.presented.empty()) throw base::Error{base::Kind::internal, "nothing to verify"};
    const x509::Certificate& leaf = request.presented.front();
    x509::PathRequest path{leaf,       request.intermediates, request.anchors,
                           request.at, request.purpose,       request.max_depth};
    path.intermediates.insert(path.intermediates.begin(), request.presented.begin() + 1, request.presented.end());
    x509::PathResult judged = x509::validate_path(path);

    VerifyReport out;
    out.purpose = request.purpose;
    out.at = request.at;
    out.chain = std::move(judged.chain);
    out.findings = std::move(judged.findings);
    out.checks = std::move(judged.checks);
    for (const x509::Identifier& wanted : request.identities) check_identity(leaf, wanted, out);
    if (request.key) check_key(leaf, *request.key, out);
    return out;
}

std::string_view purpose_name(x509::Purpose purpose) {
    switch (purpose) {
        case x509::Purpose::any:
            return "any";
        case x509::Purpose::server:
            return "server";
        case x509::Purpose::client:
            return "client";
    }
    return "";
}

}  // namespace signet::inspect
