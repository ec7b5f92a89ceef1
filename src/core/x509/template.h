#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/key.h"
#include "x509/distinguished_name.h"
#include "x509/identifier.h"

namespace signet::x509 {

/// Bits of RFC 5280 section 4.2.1.3, as named there; the value is the bit number.
enum class KeyUsage : std::uint16_t {
    digital_signature = 0,
    content_commitment = 1,
    key_encipherment = 2,
    data_encipherment = 3,
    key_agreement = 4,
    key_cert_sign = 5,
    crl_sign = 6,
    encipher_only = 7,
    decipher_only = 8,
};
using KeyUsages = std::uint16_t;  // 1 << bit number
constexpr KeyUsages usage_bit(KeyUsage usage) { return static_cast<KeyUsages>(1u << static_cast<unsigned>(usage)); }

/// Dotted OIDs of the purposes that signet knows.
inline constexpr char k_server_auth[] = "1.3.6.1.5.5.7.3.1";
inline constexpr char k_client_auth[] = "1.3.6.1.5.5.7.3.2";
inline constexpr char k_ocsp_signing[] = "1.3.6.1.5.5.7.3.9";
inline constexpr char k_any_purpose[] = "2.5.29.37.0";

/// RFC 5280 section 4.2.1.10. Subtrees as text: DNS "y.internal", IP "10.0.0.0/8", URI host, e-mail host or mailbox.
struct NameConstraints {
    struct Subtree {
        Identifier::Type type;
        std::string base;
        friend bool operator==(const Subtree&, const Subtree&) = default;
    };
    std::vector<Subtree> permitted;
    std::vector<Subtree> excluded;
    bool empty() const { return permitted.empty() && excluded.empty(); }
};

/// What will stand in a TBSCertificate, all but issuer, key identifiers and signature, which the signer knows.
struct Template {
    base::Bytes serial;  // big-endian content octets of the INTEGER, positive, at most 20 octets
    DistinguishedName subject;
    std::vector<Identifier> names;  // subjectAltName; critical when the subject is empty
    std::optional<crypto::PublicKey> public_key;
    base::Time not_before, not_after;  // written to the second; both ends are inclusive
    bool ca = false;
    std::optional<int> path_length;
    KeyUsages key_usage = 0;
    std::vector<std::string> extended_key_usage;  // dotted OIDs
    NameConstraints name_constraints;
    std::vector<std::string> crl_urls, ocsp_urls, issuer_urls;
    std::vector<std::string> policies;     // dotted OIDs
    bool no_revocation_available = false;  // RFC 9608
    bool must_staple = false;              // RFC 7633
    bool ocsp_no_check = false;            // RFC 6960 section 4.2.2.2.1
    struct Extension {
        std::string oid;
        bool critical;
        base::Bytes value;  // DER inside the OCTET STRING
    };
    std::vector<Extension> extra;  // tls-alpn-01's acmeIdentifier and the like
};

}  // namespace signet::x509
