#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/records.h"

namespace signet::store {

void insert_authorization(Transaction& transaction, const AuthorizationRecord& record);  // with its challenges
std::optional<AuthorizationRecord> find_authorization(Transaction& transaction, std::string_view id);
/// The same without its challenges, for who knows which one it is about.
std::optional<AuthorizationRecord> find_authorization_alone(Transaction& transaction, std::string_view id);
std::optional<ChallengeRecord> find_challenge(Transaction& transaction, std::string_view id);
/// A valid, unexpired one of this account for this identifier, to reuse in a new order.
std::optional<AuthorizationRecord> find_reusable(Transaction& transaction, std::string_view account,
                                                 const x509::Identifier& identifier, bool wildcard, std::int64_t now);

/// Until when (seconds) the account has `most` or more authorizations that are pending or deactivated; nullopt: it has
/// fewer at `now`.
std::optional<std::int64_t> begun_authorizations_until(Transaction& transaction, std::string_view account,
                                                       std::int64_t most, std::int64_t now);

/// How the account's valid, unexpired authorizations for this identifier came about: "http-01", "trust". `wildcard`
/// asks for those of "*." before it.
std::vector<std::string> proofs_held(Transaction& transaction, std::string_view account,
                                     const x509::Identifier& identifier, bool wildcard, std::int64_t now);

/// pending → processing; false when it is in another state (a repeated POST changes nothing), or when an operator
/// decides about its authorization. `account_url`: as the account's client calls it.
bool start_challenge(Transaction& transaction, std::string_view id, std::int64_t now,
                     std::string_view account_url = {});
/// An attempt failed but will be tried again: records the error (problem JSON), the count and the next time.
void postpone_challenge(Transaction& transaction, std::string_view id, std::string_view problem_json,
                        std::int64_t next_attempt_at);
/// Settles challenge and authorization, and moves every pending order of the authorization: to ready when all its
/// authorizations are valid, to invalid when this one failed. `problem_json` is empty for success.
void settle_challenge(Transaction& transaction, std::string_view id, std::string_view problem_json, std::int64_t now,
                      std::int64_t authorization_expires_at);
/// Orders whose last missing proof this authorization was: pending → ready. One that ended meanwhile proves nothing.
void make_orders_ready(Transaction& transaction, std::string_view authorization, std::int64_t now);
/// Orders that wait for this authorization: pending → invalid.
void fail_orders(Transaction& transaction, std::string_view authorization, std::string_view problem_json);
/// Challenges in processing: what a restarted server takes up again.
std::vector<ChallengeRecord> unfinished_challenges(Transaction& transaction);
bool deactivate_authorization(Transaction& transaction, std::string_view id);

/// An identifier that an account has proved control of. Only `proven_identifiers` can make one, from rows that are
/// valid and not expired: what was not validated cannot be signed even by mistake.
class ProvenIdentifier {
public:
    const x509::Identifier& identifier() const { return identifier_; }  // with "*." when the proof was for the wildcard
    const std::string& proof() const { return proof_; }

private:
    friend std::vector<ProvenIdentifier> proven_identifiers(Transaction&, const OrderRecord&, std::int64_t);
    ProvenIdentifier(x509::Identifier identifier, std::string proof)
        : identifier_(std::move(identifier)), proof_(std::move(proof)) {}
    x509::Identifier identifier_;
    std::string proof_;
};
std::vector<ProvenIdentifier> proven_identifiers(Transaction& transaction, const OrderRecord& order, std::int64_t now);

}  // namespace signet::store
