#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "x509/identifier.h"

namespace signet::acme {

// RFC 8555 objects as values, one place for both ends. `parse_…` reads what the other side sent (throws malformed),
// `encode_…` writes what we send. Absent members stay absent: never null.

struct DirectoryMessage {
    std::string new_nonce, new_account, new_order, revoke_cert, key_change, new_authz,
        renewal_info;  // empty: not offered
    std::string terms_of_service, website;
    std::vector<std::string> caa_identities;
    std::vector<std::string> issuer_domain_names;  // dns-persist-01; empty: not offered
    std::string account_hash_prefix;
    bool external_account_required = false;
    std::vector<std::pair<std::string, std::string>> profiles;  // name → description
};
base::Json encode_directory(const DirectoryMessage& directory);
DirectoryMessage parse_directory(const base::Json& json);

struct AccountMessage {
    std::string status;
    std::vector<std::string> contact;
    std::optional<bool> terms_of_service_agreed;
    std::string orders;
    std::optional<std::string> external_account_binding;  // a JWS, JSON text
};
base::Json encode_account(const AccountMessage& account);
AccountMessage parse_account(const base::Json& json);

struct NewAccountMessage {
    std::vector<std::string> contact;
    bool terms_of_service_agreed = false;
    bool only_return_existing = false;
    std::optional<std::string> external_account_binding;  // a JWS, JSON text
};
NewAccountMessage parse_new_account(const base::Json& json);
base::Json encode_new_account(const NewAccountMessage& message);

struct NewOrderMessage {
    std::vector<x509::Identifier> identifiers;  // duplicates folded, order kept
    std::optional<base::Time> not_before, not_after;
    std::optional<std::string> profile, replaces;
};
/// Throws unsupported_identifier or rejected_identifier with one part per identifier that is no name.
NewOrderMessage parse_new_order(const base::Json& json);
base::Json encode_new_order(const NewOrderMessage& message);

struct OrderMessage {
    std::string status;
    std::optional<base::Time> expires;
    std::vector<x509::Identifier> identifiers;
    std::optional<base::Time> not_before, not_after;
    std::string profile, replaces;
    std::vector<std::string> authorizations;  // URLs
    std::string finalize, certificate;
    std::optional<std::string> error;  // a problem document, JSON text
};
base::Json encode_order(const OrderMessage& order);
OrderMessage parse_order(const base::Json& json);

struct ChallengeMessage {
    std::string type, url, status, token;
    std::string account_url;                // dns-persist-01 alone
    std::vector<std::string> issuer_names;  // the same
    std::optional<base::Time> validated;
    std::optional<std::string> error;  // a problem document, JSON text
};
base::Json encode_challenge(const ChallengeMessage& challenge);
ChallengeMessage parse_challenge(const base::Json& json);

struct AuthorizationMessage {
    std::optional<x509::Identifier> identifier;  // nullopt: a type that we do not know
    std::string status;
    std::optional<base::Time> expires;
    bool wildcard = false;
    std::vector<ChallengeMessage> challenges;
};
base::Json encode_authorization(const AuthorizationMessage& authorization);
AuthorizationMessage parse_authorization(const base::Json& json);

base::Json encode_identifier(const x509::Identifier& identifier);

}  // namespace signet::acme
