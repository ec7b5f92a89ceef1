#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/signature.h"
#include "x509/certificate.h"

namespace signet::x509 {

/// Which certificate is asked about (RFC 6960 section 4.1.1).
struct OcspCertId {
    enum class Hash { sha1, sha256, other };
    Hash hash;
    base::Bytes issuer_name_hash, issuer_key_hash;
    base::Bytes serial;  // content octets of the INTEGER
    base::Bytes der;     // as it stood in the request: an answer repeats it
};

struct OcspRequest {
    std::vector<OcspCertId> ids;       // one at least
    std::optional<base::Bytes> nonce;  // 1 to 128 octets (RFC 9654)
};

/// Exactly one DER OCSPRequest. A requestor's name and signature are read and not judged. Throws malformed, also for
/// more than 32 certificates, a nonce of another length, and a critical extension that is not known.
OcspRequest parse_ocsp_request(base::ByteView der);

/// How CertIDs name an issuer: hashes of its subject's DER and of its key's bits.
struct OcspIssuerHashes {
    explicit OcspIssuerHashes(const Certificate& issuer);
    bool match(const OcspCertId& id) const;
    base::Bytes sha1_name, sha1_key, sha256_name, sha256_key;
};

/// A question about one certificate, named by SHA-1 as every responder understands (RFC 5019 section 2.1.1); an empty
/// nonce is left out.
base::Bytes encode_ocsp_request(const Certificate& issuer, base::ByteView serial, base::ByteView nonce);

enum class OcspStatus { good, revoked, unknown };

struct OcspAnswer {
    base::Bytes id_der;  // the CertID, as asked
    OcspStatus status = OcspStatus::unknown;
    base::Time revoked_at;  // of a revoked one
    int reason = 0;         // left out when 0
};

struct OcspAnswers {
    std::vector<OcspAnswer> answers;
    base::Time produced_at, this_update, next_update;
    std::optional<base::Bytes> nonce;  // of the request
};

/// The DER of ResponseData, to be signed by the key whose identifier (SHA-1 of its bits) is given: RFC 6960 section
/// 4.2.1, responder by key.
base::Bytes encode_ocsp_response_data(const OcspAnswers& answers, base::ByteView responder_key_id);
/// A successful OCSPResponse of type basic, with the responder's certificate.
base::Bytes assemble_ocsp_response(base::ByteView data, crypto::SignatureAlgorithm algorithm, base::ByteView signature,
                                   const Certificate& responder);

/// The responses that say why there is no answer; they are not signed.
enum class OcspFailure : std::uint8_t { malformed_request = 1, internal_error = 2, try_later = 3, unauthorized = 6 };
base::Bytes encode_ocsp_failure(OcspFailure failure);

}  // namespace signet::x509
