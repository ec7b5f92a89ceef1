#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "x509/certificate.h"
#include "x509/ocsp.h"

namespace signet::x509 {

/// What an OCSPResponse says (RFC 6960 section 4.2.1), believed by nobody yet.
struct OcspResponse {
    struct Single {
        OcspCertId id;  // its `der` is left empty
        OcspStatus status = OcspStatus::unknown;
        base::Time revoked_at;  // of a revoked one
        int reason = 0;
        base::Time this_update;
        std::optional<base::Time> next_update;  // absent: there is always newer information
    };
    int status = 0;                  // 0 is successful; the others have nothing but it
    std::string responder;           // its name, or "key " and the hex of its key's hash
    base::Bytes responder_name;      // DER; empty: it names itself by key
    base::Bytes responder_key_hash;  // SHA-1 of its key's bits; empty: by name
    base::Time produced_at;
    std::vector<Single> answers;
    std::optional<base::Bytes> nonce;
    bool unknown_critical = false;  // has a critical extension that is not known: then nothing may be told from it
    std::string signature_algorithm;
    std::optional<crypto::SignatureAlgorithm> algorithm;  // nullopt: one that signet does not verify
    base::Bytes signed_part, signature;
    std::vector<Certificate> certificates;
    base::Bytes der;

    bool signed_by(const crypto::PublicKey& key) const;
};

/// Exactly one DER OCSPResponse of the basic type. Throws malformed.
OcspResponse parse_ocsp_response(base::ByteView der);
/// "successful", "malformedRequest"; empty for a number without a meaning.
std::string_view ocsp_response_status_name(int status);

}  // namespace signet::x509
