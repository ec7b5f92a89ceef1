#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/authorizations.h"
#include "store/records.h"

namespace signet::server {

/// What the {id} of a path names, and so what belongs to one account.
enum class Resource { none, account, order, finalize, authorization, challenge, certificate };

struct Loaded {
    std::string owner;  // account id; empty: there is no such thing
    std::optional<store::OrderRecord> order;
    std::vector<store::ProvenIdentifier> proofs;              // finalize: what the order's authorizations prove
    std::optional<store::AuthorizationRecord> authorization;  // a challenge's too, alone
    std::optional<store::ChallengeRecord> challenge;
    std::optional<store::CertificateRecord> certificate;
};

Loaded load(store::Transaction& transaction, Resource resource, const std::string& id, std::int64_t now);

/// The one place where ownership is decided. What is not there and what is another account's give the same error.
void require_owner(const Loaded& loaded, Resource resource, const std::string& account);

}  // namespace signet::server
