#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "x509/identifier.h"

namespace signet::store {

// Plain rows. Times are seconds since the epoch; ids are unguessable text (base64url of 128 random bits) made by the
// caller.

struct CertificateRecord {
    std::string serial;  // lower-case hex
    base::Bytes der;
    std::string issuer_id;  // first 8 hex digits of the issuing CA's subject key identifier
    std::string authority;  // "default"
    std::string profile;
    std::string subject;  // text
    std::vector<std::string> names;
    std::int64_t not_before, not_after;
    std::string source;  // "cli", "acme", "server"
    std::optional<std::string> account;
    std::string fingerprint;  // SHA-256, hex
    std::string key_type;
    std::int64_t issued_at;
    std::optional<std::int64_t> revoked_at;
    std::optional<int> revocation_reason;
    std::optional<std::string> replaced_by;  // serial of the one that an order put in its place (RFC 9773 section 5)
};

enum class AccountStatus { valid, deactivated, revoked };
struct AccountRecord {
    std::string id;
    std::string thumbprint;  // RFC 7638 of the key; unique
    std::string jwk;         // canonical JSON
    AccountStatus status = AccountStatus::valid;
    std::vector<std::string> contacts;
    bool terms_agreed = false;
    std::string terms;    // URL of the terms of service that were agreed to
    std::string profile;  // the directory it registered at
    std::int64_t created_at;
    std::int64_t version = 0;            // row version, rises with each change: what caches compare
    std::optional<std::string> token;    // kid of the token that bound it
    std::optional<std::string> binding;  // the external account binding as it came (RFC 8555 section 7.3.4), JSON
};

/// What `token create` made: the operator's word, in advance, for accounts that are yet to come.
struct TokenRecord {
    std::string kid;
    base::Bytes mac_key;  // secret
    std::string profile;
    std::vector<std::string> dns, ip, uri;  // canonical patterns; all empty: the profile alone decides
    std::optional<std::int64_t> uses;       // how many accounts it may bind; absent: any number
    std::int64_t bound = 0;                 // how many it has bound
    std::optional<std::int64_t> expires_at, revoked_at;
    std::int64_t created_at;
};

enum class OrderStatus { pending, ready, processing, valid, invalid };
struct OrderRecord {
    std::string id, account, profile;
    OrderStatus status = OrderStatus::pending;
    std::int64_t created_at, expires_at;
    std::optional<std::int64_t> not_before, not_after;  // as asked for
    std::vector<x509::Identifier> identifiers;
    std::vector<std::string> authorizations;  // ids, in the identifiers' order
    std::optional<std::string> certificate;   // serial
    std::optional<std::string> error;         // a problem document, JSON
    std::optional<std::string> replaces;      // certificate identifier (RFC 9773 section 4.1)
    std::string address;                      // where it was asked from; empty for orders of before it was kept
};

/// The proof of an authorization that an operator decides: it is so from the start, while that is still to come.
inline constexpr std::string_view k_operator_proof = "manual";

enum class AuthorizationStatus { pending, valid, invalid, deactivated, expired, revoked };
enum class ChallengeStatus { pending, processing, valid, invalid };
struct ChallengeRecord {
    std::string id, authorization;
    std::string type;  // "http-01"
    std::string token;
    ChallengeStatus status = ChallengeStatus::pending;
    std::optional<std::int64_t> validated_at;
    std::optional<std::string> error;  // a problem document, JSON
    int attempts = 0;
    std::optional<std::int64_t> next_attempt_at;  // while processing
    std::string account_url;                      // as the client called it that had it validated
};
struct AuthorizationRecord {
    std::string id, account;
    x509::Identifier identifier;  // without "*."
    bool wildcard = false;
    AuthorizationStatus status = AuthorizationStatus::pending;
    std::string proof;  // how it became valid: "http-01", "trust"; empty before, unless k_operator_proof
    std::int64_t created_at, expires_at;
    std::vector<ChallengeRecord> challenges;
};

struct AuditRecord {
    std::int64_t at;
    std::string
        action;  // "certificate.issued", "certificate.refused", "account.created", "ca.created", "settings.changed", …
    std::string actor;    // "operator uid 0", "account ID", "server"
    std::string address;  // remote address, or empty
    std::optional<std::string> serial, account, profile;
    std::vector<std::string> names;
    std::string detail;  // one sentence or JSON
};

/// What `issue` and `fetch` saved where: what in-process renewal goes by (never the directory's own word).
struct LineageRecord {
    std::string directory;  // canonical absolute path; unique
    std::string serial;     // of the certificate there now
    std::string authority, profile;
    std::vector<std::string> names;
    std::string request;  // JSON: validity, usage, key type, cn, formats, owner, … as asked for
};

}  // namespace signet::store
