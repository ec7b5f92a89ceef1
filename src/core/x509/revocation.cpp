#include "x509/revocation.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/text.h"
#include "x509/revocation_reason.h"

namespace signet::x509 {
namespace {

// Clocks of CA and verifier differ by as much without harm.
constexpr auto k_skew = std::chrono::minutes(5);
// An OCSP response without nextUpdate was the newest when it was made, and says no more (RFC 6960 section 4.2.2.1).
constexpr auto k_open_ended = std::chrono::hours(24);

using State = RevocationStatus::State;

bool has_usage(const Certificate& certificate, KeyUsage usage) {
    return (certificate.key_usage().value_or(0) & usage_bit(usage)) != 0;
}

std::string since(base::Time when, int reason) {
    const std::string_view name = reason == 0 ? std::string_view() : revocation_reason_name(reason);
    return "revoked at " + base::format_time(when) + (name.empty() ? "" : " (" + std::string(name) + ")");
}

std::string time_fault(std::string_view what, base::Time this_update, base::Time end, base::Time at) {
    const base::Time second = std::chrono::floor<std::chrono::seconds>(at);
    if (this_update > second + k_skew)
        return std::string(what) + " is of " + base::format_time(this_update) + ", which is still to come";
    if (end < second) return std::string(what) + " ended at " + base::format_time(end);
    return "";
}

/// Section 6.3.3 (b): is the certificate among those that the CRL is about?
std::string scope_fault(const Crl::Scope& scope, const Certificate& certificate) {
    if (scope.only_user && certificate.is_ca()) return "the CRL is for end entities only";
    if (scope.only_ca && !certificate.is_ca()) return "the CRL is for CAs only";
    if (scope.urls.empty()) return "";
    const auto urls = certificate.crl_urls();
    const bool named = std::any_of(urls.begin(), urls.end(), [&](const std::string& url) {
        return std::find(scope.urls.begin(), scope.urls.end(), url) != scope.urls.end();
    });
    return named ? "" : "the CRL is for the distribution point " + base::printable(scope.urls.front()) + " alone";
}

bool same_key(const Crl& crl, const Certificate& issuer) {
    try {
        return crl.signed_by(issuer.public_key());
    } catch (const base::Error&) {
        return false;  // a key that does not decode verifies nothing
    }
}

/// RFC 6960 section 4.2.2.2: the issuer itself, or who has a certificate from it with OCSPSigning.
bool may_answer(const OcspResponse& response, const Certificate& responder, const Certificate& issuer, base::Time at) {
    if (!same_name(responder.issuer(), issuer.subject()) || !responder.signed_by(issuer.public_key())) return false;
    const auto* usages = responder.extended_key_usage();
    const bool permitted =
        usages != nullptr && std::find(usages->begin(), usages->end(), k_ocsp_signing) != usages->end();
    const base::Time second = std::chrono::floor<std::chrono::seconds>(at);
    return permitted && responder.not_before() <= second && second <= responder.not_after() &&
           (!responder.key_usage() || has_usage(responder, KeyUsage::digital_signature)) &&
           response.signed_by(responder.public_key());
}

bool is_authentic(const OcspResponse& response, const Certificate& issuer, base::Time at) {
    try {
        if (response.signed_by(issuer.public_key())) return true;
        return std::any_of(response.certificates.begin(), response.certificates.end(),
                           [&](const Certificate& one) { return may_answer(response, one, issuer, at); });
    } catch (const base::Error&) {
        return false;
    }
}

/// The nearest miss is the last word of the explanation: what is of another issuer says least.
class Verdict {
public:
    bool settled() const { return revoked_; }
    void revoked(std::string why) {
        why_ = std::move(why);
        revoked_ = true;
    }
    void good() { good_ = true; }
    void miss(std::string why) {
        if (!revoked_ && !why.empty()) why_ = std::move(why);
    }
    RevocationStatus result() && {
        if (revoked_) return {State::revoked, std::move(why_)};
        if (good_) return {State::good, ""};
        return {State::unknown, why_.empty() ? "there is no CRL or OCSP response of its issuer" : std::move(why_)};
    }

private:
    bool revoked_ = false, good_ = false;
    std::string why_;
};

}  // namespace

namespace {

/// Everything but the end: a list that is out of date goes on revoking what it has.
std::string lasting_fault(const Crl& crl, const Certificate& certificate, const Certificate& issuer, base::Time at) {
    if (issuer.key_usage() && !has_usage(issuer, KeyUsage::crl_sign)) return "its issuer may not sign CRLs";
    if (crl.unusable()) return "the CRL cannot be used: " + *crl.unusable();
    if (!crl.number()) return "the CRL has no number (RFC 5280 section 5.2.3)";
    if (!crl.next_update()) return "the CRL has no nextUpdate (RFC 5280 section 5.1.2.5)";
    if (std::string fault = time_fault("the CRL", crl.this_update(), at, at); !fault.empty()) return fault;
    if (!same_key(crl, issuer)) return "the CRL of that name is not signed with the issuer's key";
    return crl.scope() ? scope_fault(*crl.scope(), certificate) : "";
}

/// Why it does not count for this certificate, or empty with `answer` set.
std::string ocsp_fault(const OcspResponse& response, const Certificate& certificate, const Certificate& issuer,
                       base::Time at, const OcspResponse::Single** answer) {
    *answer = nullptr;
    if (response.status != 0) {
        const auto name = ocsp_response_status_name(response.status);
        return "the OCSP responder answered " + (name.empty() ? std::to_string(response.status) : std::string(name));
    }
    const OcspIssuerHashes hashes(issuer);
    const auto found = std::find_if(response.answers.begin(), response.answers.end(), [&](const auto& single) {
        return single.id.serial == certificate.serial() && hashes.match(single.id);
    });
    if (found == response.answers.end()) return "the OCSP response is about another certificate";
    if (response.unknown_critical) return "the OCSP response has a critical extension that is not known";
    const base::Time end = found->next_update.value_or(found->this_update + k_open_ended);
    if (std::string fault = time_fault("the OCSP response", found->this_update, end, at); !fault.empty()) return fault;
    if (!is_authentic(response, issuer, at)) return "nobody who may answer for the issuer has signed the OCSP response";
    if (found->status == OcspStatus::unknown) return "the OCSP responder does not know it";
    *answer = &*found;
    return "";
}

void look_in(const Crl& crl, const Certificate& certificate, const Certificate& issuer, base::Time at,
             Verdict& verdict) {
    std::string fault = lasting_fault(crl, certificate, issuer, at);
    if (fault.empty()) {
        if (const auto entry = crl.find(certificate.serial())) {
            verdict.revoked(since(entry->revoked_at, entry->reason) + ", says the CRL of \"" + crl.issuer().text() +
                            "\"");
            return;
        }
        fault = time_fault("the CRL", crl.this_update(), *crl.next_update(), at);
    }
    if (fault.empty())
        verdict.good();
    else
        verdict.miss(std::move(fault));
}

void look_in(const OcspResponse& response, const Certificate& certificate, const Certificate& issuer, base::Time at,
             Verdict& verdict) {
    const OcspResponse::Single* answer = nullptr;
    std::string fault = ocsp_fault(response, certificate, issuer, at, &answer);
    if (answer == nullptr)
        verdict.miss(std::move(fault));
    else if (answer->status == OcspStatus::revoked)
        verdict.revoked(since(answer->revoked_at, answer->reason) + ", says the OCSP responder");
    else
        verdict.good();
}

}  // namespace

RevocationStatus revocation_status(const Certificate& certificate, const Certificate& issuer,
                                   const RevocationEvidence& evidence, base::Time at) {
    Verdict verdict;
    for (const Crl& crl : evidence.crls) {
        if (!verdict.settled() && same_name(crl.issuer(), issuer.subject()))
            look_in(crl, certificate, issuer, at, verdict);
    }
    for (const OcspResponse& response : evidence.responses) {
        if (!verdict.settled()) look_in(response, certificate, issuer, at, verdict);
    }
    for (const auto& [asked, why] : evidence.missed)
        if (asked == certificate) verdict.miss(why);
    return std::move(verdict).result();
}

}  // namespace signet::x509
