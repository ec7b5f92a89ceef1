#include "server/authorizations.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "acme/challenges.h"
#include "acme/messages.h"
#include "acme/problem.h"
#include "acme/status.h"
#include "base/error.h"
#include "server/router.h"
#include "store/authorizations.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;
using store::AuthorizationRecord;
using store::AuthorizationStatus;
using store::ChallengeRecord;
using store::ChallengeStatus;

constexpr auto k_poll_operator_after = "5";  // seconds between two looks at what an operator decides

acme::State state_of(ChallengeStatus status) {
    switch (status) {
        case ChallengeStatus::pending:
            return acme::State::pending;
        case ChallengeStatus::processing:
            return acme::State::processing;
        case ChallengeStatus::valid:
            return acme::State::valid;
        case ChallengeStatus::invalid:
            return acme::State::invalid;
    }
    return acme::State::invalid;
}

acme::State state_of(AuthorizationStatus status) {
    switch (status) {
        case AuthorizationStatus::pending:
            return acme::State::pending;
        case AuthorizationStatus::valid:
            return acme::State::valid;
        case AuthorizationStatus::invalid:
            return acme::State::invalid;
        case AuthorizationStatus::deactivated:
            return acme::State::deactivated;
        case AuthorizationStatus::expired:
            return acme::State::expired;
        case AuthorizationStatus::revoked:
            return acme::State::revoked;
    }
    return acme::State::invalid;
}

// The arrows that time alone draws (RFC 8555 section 7.1.6).
AuthorizationStatus status_now(const AuthorizationRecord& record, std::int64_t now) {
    if (record.expires_at > now) return record.status;
    if (record.status == AuthorizationStatus::pending) return AuthorizationStatus::invalid;
    if (record.status == AuthorizationStatus::valid) return AuthorizationStatus::expired;
    return record.status;
}

acme::ChallengeMessage message_of(const Exchange& exchange, const ChallengeRecord& record) {
    acme::ChallengeMessage message;
    message.type = record.type;
    message.url = exchange.url("/acme/challenge/", record.id);
    message.status = acme::state_name(state_of(record.status));
    message.token = record.token;
    const auto* type = acme::find_challenge_type(record.type);
    if (type != nullptr && !type->has_token) {
        message.account_url = exchange.account_url;
        message.issuer_names = exchange.live->issuer_names;
    }
    if (record.validated_at) message.validated = base::from_unix(*record.validated_at);
    message.error = record.error;
    return message;
}

bool by_operator(const AuthorizationRecord& record) { return record.proof == store::k_operator_proof; }

// RFC 8555 section 8.2: nothing changes before the next attempt; a second later it may have. nullopt: none will come.
std::optional<std::int64_t> poll_after(const Exchange& exchange, const ChallengeRecord& record) {
    if (record.status != ChallengeStatus::processing) return std::nullopt;
    const auto now = base::to_unix(exchange.now);
    return std::max(record.next_attempt_at.value_or(now) - now, std::int64_t{0}) + 1;
}

std::optional<std::int64_t> poll_after(const Exchange& exchange, const AuthorizationRecord& record) {
    std::optional<std::int64_t> soonest;
    for (const auto& challenge : record.challenges) {
        const auto after = poll_after(exchange, challenge);
        if (after && (!soonest || *after < *soonest)) soonest = after;
    }
    return soonest;
}

net::Response answer(const Exchange& exchange, const ChallengeRecord& record) {
    auto response = json_response(200, acme::encode_challenge(message_of(exchange, record)));
    response.add("Link", "<" + exchange.url("/acme/authorization/", record.authorization) + ">;rel=\"up\"");
    if (const auto after = poll_after(exchange, record)) response.set("Retry-After", std::to_string(*after));
    return response;
}

net::Response deactivate(Exchange& exchange) {
    auto& record = *exchange.loaded.authorization;
    const auto status = base::json_string_if_there(exchange.payload_json(), "status", "authorization");
    if (status != "deactivated") {
        throw Error{Kind::malformed, "an authorization can only be read or set to status \"deactivated\""};
    }
    const auto now = status_now(record, base::to_unix(exchange.now));
    if (now == AuthorizationStatus::pending || now == AuthorizationStatus::valid) {  // the others are final
        exchange.services.store.write(
            [&](store::Transaction& transaction) { store::deactivate_authorization(transaction, record.id); });
        record.status = AuthorizationStatus::deactivated;
    }
    return authorization_response(exchange, record, 200);
}

}  // namespace

net::Response authorization_response(const Exchange& exchange, const AuthorizationRecord& record, int status) {
    acme::AuthorizationMessage message;
    message.identifier = record.identifier;
    message.status = acme::state_name(state_of(status_now(record, base::to_unix(exchange.now))));
    message.expires = base::from_unix(record.expires_at);
    message.wildcard = record.wildcard;
    for (const auto& challenge : record.challenges) message.challenges.push_back(message_of(exchange, challenge));
    auto response = json_response(status, acme::encode_authorization(message));
    if (message.status == "pending" && by_operator(record)) {
        response.set("Retry-After", k_poll_operator_after);
    } else if (const auto after = poll_after(exchange, record); after && message.status == "pending") {
        response.set("Retry-After", std::to_string(*after));
    }
    return response;
}

net::Response authorization(Exchange& exchange) {
    if (!exchange.post_as_get()) return deactivate(exchange);
    return authorization_response(exchange, *exchange.loaded.authorization, 200);
}

net::Response challenge(Exchange& exchange) {
    auto record = *exchange.loaded.challenge;
    if (exchange.post_as_get()) return answer(exchange, record);
    exchange.payload_json();  // {}: its members are none of RFC 8555's business
    const auto now = base::to_unix(exchange.now);
    // Settled, under way, or an operator's to decide: answered as it is. A repeated POST starts nothing and fails
    // nothing (section 7.5.1).
    const bool open = status_now(*exchange.loaded.authorization, now) == AuthorizationStatus::pending &&
                      record.status == ChallengeStatus::pending && !by_operator(*exchange.loaded.authorization);
    if (!open) return answer(exchange, record);
    if (exchange.services.validation.full(exchange.account->record.id)) {
        throw Error{Kind::rate_limited, "too many challenges wait for validation", "try again in a minute"};
    }
    bool started = false;
    exchange.services.store.write([&](store::Transaction& transaction) {
        started = store::start_challenge(transaction, record.id, now, exchange.account_url);
    });
    record.status = ChallengeStatus::processing;
    if (started)
        exchange.services.validation.enqueue(record.id, record.type, exchange.account->record.id, exchange.now);
    return answer(exchange, record);
}

}  // namespace signet::server
