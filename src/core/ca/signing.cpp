#include "ca/signing.h"

#include "base/error.h"
#include "base/text.h"
#include "crypto/signature.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

void require(bool ok, std::string_view what) {
    if (!ok) throw Error{Kind::internal, "what is to be signed has another " + std::string(what) + " than approved"};
}

/// What stands in the certificate must be what policy approved.
void check_meant(const x509::Certificate& draft, const x509::Template& content, const x509::IssuerFields& issuer) {
    require(draft.issuer() == issuer.name, "issuer");
    require(base::equal(draft.serial(), content.serial), "serial");
    require(draft.subject() == content.subject, "subject");
    require(draft.names() == content.names, "list of names");
    require(base::equal(draft.spki_der(), content.public_key->spki_der()), "key");
    require(draft.not_before() == content.not_before && draft.not_after() == content.not_after, "lifetime");
    require(draft.is_ca() == content.ca, "kind");
    const auto limits = draft.basic_constraints();
    require((limits ? limits->path_length : std::nullopt) == content.path_length, "path length");
    require(draft.name_constraints().has_value() != content.name_constraints.empty(), "set of name constraints");
}

void check_lint(const x509::Certificate& draft, const x509::DraftKind& kind) {
    constexpr char k_remedy[] = "change what the request or the profile says about it";
    std::vector<base::ErrorPart> broken;
    for (const x509::LintFinding& finding : x509::lint_draft(draft, kind))
        broken.push_back(
            {"", Kind::refused,
             "the certificate would break " + finding.citation + " (" + finding.id + "): " + finding.message,
             k_remedy});
    if (broken.empty()) return;
    if (broken.size() == 1) throw Error{Kind::refused, broken.front().message, k_remedy, broken};
    std::string message = "the certificate would break " + std::to_string(broken.size()) + " rules";
    throw Error{Kind::refused, std::move(message), k_remedy, std::move(broken)};
}

}  // namespace

x509::Certificate sign_certificate(const x509::Template& content, const x509::IssuerFields& issuer,
                                   const crypto::PrivateKey& key, const x509::DraftKind& kind) {
    const auto algorithm = crypto::default_algorithm(key);
    const base::Bytes tbs = x509::encode_tbs(content, issuer, algorithm);
    const auto draft = x509::Certificate::unsigned_from(tbs, algorithm, *content.public_key);
    check_meant(draft, content, issuer);
    check_lint(draft, kind);
    auto made = x509::Certificate::from_der(x509::assemble(tbs, algorithm, crypto::sign(key, algorithm, tbs)));
    require(made.signed_by(key.public_key()) && base::equal(made.tbs_der(), tbs), "signature");
    return made;
}

x509::Certificate sign_itself(const x509::Template& content, const crypto::PrivateKey& key) {
    return sign_certificate(content, {content.subject, x509::key_identifier(key.public_key())}, key);
}

}  // namespace signet::ca
