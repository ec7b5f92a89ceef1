#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "ca/approved_template.h"
#include "ca/profile.h"
#include "crypto/weak_keys.h"
#include "store/authorizations.h"
#include "store/compromised_keys.h"
#include "x509/certificate.h"
#include "x509/csr.h"

namespace signet::ca {

/// Who asks, with the evidence that policy wants to see.
struct Operator {
    std::string name;  // "uid 0": for the audit log
};
/// What an account may be given at most, beside what the profile permits. All lists empty: no limit. Else a kind of
/// name without patterns is not permitted.
struct NameLimits {
    std::string by;                         // "its token 5f2a…": for the refusal
    std::vector<std::string> dns, ip, uri;  // canonical patterns
};
struct Account {
    std::string id;
    std::string address;                          // remote address
    std::vector<store::ProvenIdentifier> proofs;  // every name must be among them
    NameLimits limits = {};
    std::optional<std::string> token = {};  // kid of the token that bound it: for the audit log
};
struct Self {};  // the server's own TLS certificate
using Requester = std::variant<Operator, Account, Self>;

struct IssuanceRequest {
    const Profile& profile;
    std::vector<x509::Identifier> names;
    std::optional<crypto::PublicKey> public_key;  // absent in a preview
    std::optional<base::Duration> validity;       // as asked for; absent: the profile's default, cut to fit the issuer
    std::optional<base::Time> not_before, not_after;  // ACME's wishes: honoured within the profile, or refused
    std::optional<base::Time> wished_at;              // when, if not now: how far back not_before may be counts from it
    std::optional<bool> server, client;               // narrow the profile's usage
    std::optional<std::string> common_name, organization, unit;  // operator only
    Requester requester;
    bool audit_refusal = true;  // false: the caller keeps count of refusals, and audits what it wants to
};

/// What the names and lifetimes are measured against: the CA that will sign.
struct IssuerFacts {
    const x509::Certificate& issuing;
    std::vector<x509::Certificate> chain;  // issuing CA, then further up, with the anchor: their constraints bind too
    std::string public_http_url;           // base of CRL, OCSP and AIA URLs; empty: none are written
    std::string authority;
    crypto::WeakKeyList* weak_keys = nullptr;               // further keys that nobody may use
    std::optional<store::CompromisedKey> compromised = {};  // what the store knows against the key of the request
};

/// A subordinate CA that the root is to sign (`ca sign`). Subject and key are what its request says, nothing else of
/// it.
struct SubordinateRequest {
    x509::DistinguishedName subject;
    crypto::PublicKey public_key;
    std::optional<base::Duration> validity;  // absent: five years, cut to fit the root
    int path_length = 0;
    x509::NameConstraints constraints;
    Operator requester;
    bool revocation = true;  // false: the root's CRL is not published here, and not named
};

struct Decision {
    std::optional<ApprovedTemplate> approved;  // without a serial: the issuer draws it
    std::vector<base::ErrorPart> refusals;     // every reason at once
    std::vector<std::string> notes;            // "the lifetime was cut to 3 days: the issuing CA ends then"
    bool ok() const { return refusals.empty(); }
};

/// The one place that decides what may be signed. Pure: the same question has the same answer.
Decision decide(const IssuanceRequest& request, const IssuerFacts& issuer, base::Time now);
/// The rules of CA certificates (RFC 5280 sections 4.2.1.3, 4.2.1.9): `issuer` is the root, with nothing above it.
Decision decide_subordinate(const SubordinateRequest& request, const IssuerFacts& issuer, base::Time now);
inline constexpr char k_issuing_profile[] = "issuing";  // of CA certificates in the inventory
/// One root of a CA certified by another one (RFC 5280 section 3.2: a cross-certificate), for peers that have only the
/// latter: the name and key of `subject`, until the older of the two ends, under the older one's constraints.
ApprovedTemplate approve_cross(const x509::Certificate& subject, const x509::Certificate& older,
                               const IssuerFacts& issuer, bool revocation);
inline constexpr char k_cross_profile[] = "cross";
/// The same rules for names alone (newOrder): a hopeless order is refused with one part per identifier.
std::vector<base::ErrorPart> preview(const IssuanceRequest& request, const IssuerFacts& issuer, base::Time now);
/// What add_uri of the profile puts beside these names on a certificate: what a request for it may name too.
std::vector<x509::Identifier> added_uris(const Profile& profile, const std::vector<x509::Identifier>& names);
/// The built-in profile of OCSP responders (RFC 6960 section 4.2.2.2): OCSPSigning alone, nobody asks about its own
/// revocation, no longer than its issuer. In the inventory its profile is k_responder_profile.
ApprovedTemplate approve_responder(const crypto::PublicKey& key, const x509::Certificate& issuer, base::Time now,
                                   base::Duration validity);
inline constexpr char k_responder_profile[] = "ocsp-responder";
/// What makes a client certificate one that every server must refuse, to prove that it does.
enum class RefusalTest { expired, not_for_clients };
/// A minute wide, for the names of `model`, a client certificate of this CA: either long over, or for servers only.
/// In the inventory its profile is k_refusal_profile.
ApprovedTemplate approve_refusal_test(const x509::Certificate& model, const crypto::PublicKey& key,
                                      const x509::Certificate& issuer, base::Time now, RefusalTest test);
inline constexpr char k_refusal_profile[] = "refusal-test";
/// Why a key that was revoked as compromised is not certified again; `kind` as the door wants it.
base::ErrorPart compromised_key_refusal(const store::CompromisedKey& key, base::Kind kind);
/// Which it is: RFC 8555 section 6.7 has badCSR for what stands in a CSR.
base::Kind compromised_key_kind(const Requester& requester);
/// All refusals as one Error{refused or the ACME kind of the single part}.
base::Error refusal_error(const Profile& profile, std::vector<base::ErrorPart> refusals);

}  // namespace signet::ca
