#include "x509/revocation.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/text.h"
#include "x509/der.h"
#include "x509/general_name.h"
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

using Kind = GeneralName::Kind;
constexpr std::uint16_t k_all_reasons = 0x1fe;  // bits 1 to 8 of ReasonFlags; bit 0 is unused

bool same(const GeneralName& a, const GeneralName& b) {
    if (a.kind != b.kind) return false;
    if (a.kind != Kind::directory) return a.value == b.value;
    return same_name(DistinguishedName::from_der(a.value), DistinguishedName::from_der(b.value));
}

/// All names of a distribution point: one that is relative to its issuer's is completed (section 4.2.1.13).
std::vector<GeneralName> full_names(std::vector<GeneralName> names, base::ByteView relative,
                                    const DistinguishedName& crl_issuer) {
    if (relative.empty()) return names;
    der::Reader issuer(crl_issuer.der());
    names.push_back({Kind::directory, der::sequence({issuer.sequence("name").rest(), der::tlv(der::k_set, relative)})});
    return names;
}

/// For which reasons a CRL of this scope settles the certificate's status: those of the distribution points that it is
/// for (section 6.3.3 (b)(2) and (d)). Where the certificate names none, its issuer's name is one.
std::uint16_t reasons_settled(const Crl& crl, const Certificate& certificate) {
    const Crl::Scope& scope = *crl.scope();
    const unsigned own = scope.reasons.value_or(k_all_reasons) & k_all_reasons;
    const auto names = full_names(scope.names, scope.relative, crl.issuer());
    if (names.empty()) return static_cast<std::uint16_t>(own);
    const auto is_one = [&](const GeneralName& name) {
        return std::any_of(names.begin(), names.end(), [&](const GeneralName& one) { return same(one, name); });
    };
    unsigned settled = is_one({Kind::directory, certificate.issuer().der()}) ? own : 0;
    for (const Certificate::CrlPoint& point : certificate.crl_points()) {
        const auto wanted = full_names(point.names, point.relative, crl.issuer());
        const auto& listed = wanted.empty() ? point.issuers : wanted;
        if (std::any_of(listed.begin(), listed.end(), is_one)) settled |= own & point.reasons.value_or(k_all_reasons);
    }
    return static_cast<std::uint16_t>(settled);
}

/// Section 6.3.3 (b): is the certificate among those that the CRL is about?
std::string scope_fault(const Crl& crl, const Certificate& certificate) {
    const Crl::Scope& scope = *crl.scope();
    if (scope.only_user && certificate.is_ca()) return "the CRL is for end entities only";
    if (scope.only_ca && !certificate.is_ca()) return "the CRL is for CAs only";
    if (reasons_settled(crl, certificate) != 0) return "";
    const auto urls = scope.urls();
    return "the CRL is for " +
           (urls.empty() ? "another distribution point" : "the distribution point " + base::printable(urls.front())) +
           " alone";
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
    /// For these reasons.
    void good(unsigned reasons = k_all_reasons) { settled_ |= reasons; }
    void miss(std::string why) {
        if (!revoked_ && !why.empty()) why_ = std::move(why);
    }
    RevocationStatus result() && {
        if (revoked_) return {State::revoked, std::move(why_)};
        if (settled_ == k_all_reasons) return {State::good, ""};
        if (settled_ != 0) return {State::unknown, "the CRLs are for some reasons of revocation only"};
        return {State::unknown, why_.empty() ? "there is no CRL or OCSP response of its issuer" : std::move(why_)};
    }

private:
    bool revoked_ = false;
    unsigned settled_ = 0;
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
    return crl.scope() ? scope_fault(crl, certificate) : "";
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

/// What the CRLs of one issuer say of one certificate.
class CrlSearch {
public:
    CrlSearch(const Certificate& certificate, const Certificate& issuer, const std::vector<Crl>& crls, base::Time at,
              Verdict& verdict)
        : certificate_(certificate), issuer_(issuer), at_(at), verdict_(verdict) {
        for (const Crl& crl : crls) {
            if (!same_name(crl.issuer(), issuer.subject())) continue;
            std::string fault = lasting_fault(crl, certificate_, issuer_, at_);
            if (fault.empty())
                (crl.base_number() ? deltas_ : complete_).push_back(&crl);
            else
                verdict_.miss(std::move(fault));
        }
    }

    void run() {
        for (const Crl* crl : complete_) look_in(*crl);
        for (const Crl* delta : deltas_) look_in_alone(*delta);
    }

private:
    static base::ByteView scope_of(const Crl& crl) {
        return crl.scope() ? base::ByteView(crl.scope()->der) : base::ByteView();
    }

    bool is_over(const Crl& crl) const {
        return !time_fault("the CRL", crl.this_update(), *crl.next_update(), at_).empty();
    }

    std::optional<Crl::Entry> entry_in(const Crl& crl) const {
        return crl.find(certificate_.serial(), certificate_.issuer());
    }

    void revoked(const Crl& crl, const Crl::Entry& entry) {
        verdict_.revoked(since(entry.revoked_at, entry.reason) + ", says the CRL of \"" + crl.issuer().text() + "\"");
    }

    /// Section 5.2.4: of the same scope, made for a complete CRL no newer than this one, and itself newer.
    bool adds_to(const Crl& delta, const Crl& crl) const {
        return base::equal(scope_of(delta), scope_of(crl)) && !crl_number_less(*crl.number(), *delta.base_number()) &&
               crl_number_less(*crl.number(), *delta.number());
    }

    const Crl* newest_delta(const Crl& crl) const {
        const Crl* newest = nullptr;
        for (const Crl* delta : deltas_) {
            if (!adds_to(*delta, crl)) continue;
            if (newest == nullptr || crl_number_less(*newest->number(), *delta->number())) newest = delta;
        }
        return newest;
    }

    /// A complete CRL, with the newest difference to it in place of its own last word. One that has ended still revokes
    /// what it lists, but gives nothing back.
    void look_in(const Crl& crl) {
        const Crl* delta = newest_delta(crl);
        const bool current = delta != nullptr && !is_over(*delta);
        const auto change = delta != nullptr ? entry_in(*delta) : std::nullopt;
        if (change && change->reason != k_remove_from_crl) return revoked(*delta, *change);
        const auto entry = change && current ? std::nullopt : entry_in(crl);
        if (entry) return revoked(crl, *entry);
        if (!current && is_over(crl)) {
            verdict_.miss(time_fault("the CRL", crl.this_update(), *crl.next_update(), at_));
        } else {
            verdict_.good(crl.scope() ? reasons_settled(crl, certificate_) : k_all_reasons);
        }
    }

    /// What a delta adds is revoked, unless a complete CRL that is no older tells: one of the same scope, for only
    /// within it do numbers compare (section 5.2.3).
    void look_in_alone(const Crl& delta) {
        const bool told = std::any_of(complete_.begin(), complete_.end(), [&](const Crl* crl) {
            return base::equal(scope_of(delta), scope_of(*crl)) &&
                   (adds_to(delta, *crl) || !crl_number_less(*crl->number(), *delta.number()));
        });
        if (told || verdict_.settled()) return;
        const auto change = entry_in(delta);
        if (change && change->reason != k_remove_from_crl) return revoked(delta, *change);
        verdict_.miss("it is a delta CRL, and the complete one that it adds to is not there");
    }

    const Certificate &certificate_, &issuer_;
    base::Time at_;
    Verdict& verdict_;
    std::vector<const Crl*> complete_, deltas_;
};

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
    CrlSearch(certificate, issuer, evidence.crls, at, verdict).run();
    for (const OcspResponse& response : evidence.responses) {
        if (!verdict.settled()) look_in(response, certificate, issuer, at, verdict);
    }
    for (const auto& [asked, why] : evidence.missed)
        if (asked == certificate) verdict.miss(why);
    return std::move(verdict).result();
}

}  // namespace signet::x509
