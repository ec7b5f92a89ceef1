#include "server/orders.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "acme/challenges.h"
#include "acme/messages.h"
#include "acme/problem.h"
#include "acme/status.h"
#include "base/error.h"
#include "base/log.h"
#include "server/accounts.h"
#include "server/authorization_modes.h"
#include "server/authorizations.h"
#include "server/bindings.h"
#include "server/order_gate.h"
#include "server/rate_limits.h"
#include "server/refusals.h"
#include "server/renewal.h"
#include "server/router.h"
#include "server/terms.h"
#include "store/audit.h"
#include "store/orders.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;
using store::AuthorizationRecord;
using store::AuthorizationStatus;
using store::OrderRecord;
using store::OrderStatus;
using x509::Identifier;

acme::State state_of(OrderStatus status) {
    switch (status) {
        case OrderStatus::pending:
            return acme::State::pending;
        case OrderStatus::ready:
            return acme::State::ready;
        case OrderStatus::processing:
            return acme::State::processing;
        case OrderStatus::valid:
            return acme::State::valid;
        case OrderStatus::invalid:
            return acme::State::invalid;
    }
    return acme::State::invalid;
}

std::string profile_names(const ca::Profiles& profiles) {
    std::string names;
    for (const auto& [name, profile] : profiles) names += (names.empty() ? "" : ", ") + name;
    return names;
}

// The order's own wish, else the directory's profile (draft-aaron-acme-profiles section 4).
const ca::Profile& choose_profile(const Exchange& exchange, const acme::NewOrderMessage& message) {
    const auto& profiles = exchange.live->profiles;
    const auto& name = message.profile ? *message.profile : exchange.profile;
    if (name.empty()) {
        throw Error{Kind::user_action_required,
                    "this CA has no default profile; name one in the order or use its directory",
                    "the profiles are: " + profile_names(profiles)};
    }
    const auto found = profiles.find(name);
    if (found == profiles.end()) {
        throw Error{Kind::invalid_profile, "there is no such profile", "the profiles are: " + profile_names(profiles)};
    }
    return found->second;
}

Identifier base_of(const Identifier& identifier) {
    return identifier.is_wildcard() ? Identifier::dns(identifier.base_name()) : identifier;
}

std::vector<const acme::ChallengeType*> applicable(const ca::Profile& profile, const Identifier& identifier) {
    std::vector<const acme::ChallengeType*> types;
    for (const auto& name : profile.acme.challenges) {
        const auto* type = acme::find_challenge_type(name);
        if (type != nullptr && type->applies(base_of(identifier), identifier.is_wildcard())) types.push_back(type);
    }
    return types;
}

// Names that no policy opens, and those that nothing could ever prove.
std::vector<base::ErrorPart> hopeless(const Exchange& exchange, const acme::NewOrderMessage& message,
                                      const ca::Profile& profile, const AuthorizationMode& mode) {
    std::vector<base::ErrorPart> parts;
    const auto refuse = [&](const Identifier& identifier, std::string why) {
        parts.push_back({identifier.text(), Kind::rejected_identifier, std::move(why)});
    };
    for (const auto& identifier : message.identifiers) {
        if (is_withheld(*exchange.live, mode, identifier)) {
            refuse(identifier, identifier.text() + " is a name of the CA itself");
        } else if (!mode.grants_at_once && !mode.by_operator && applicable(profile, identifier).empty()) {
            refuse(identifier, "profile '" + profile.name + "' has no challenge that could prove " + identifier.text());
        }
    }
    return parts;
}

// Refused now, not when all is done: every reason at once, one subproblem each.
void refuse_hopeless(const Exchange& exchange, const acme::NewOrderMessage& message, const ca::Profile& profile,
                     const AuthorizationMode& mode) {
    auto parts = hopeless(exchange, message, profile, mode);
    auto by_policy = exchange.services.issuer.preview(
        {.profile = profile,
         .names = message.identifiers,
         .not_before = message.not_before,
         .not_after = message.not_after,
         .requester =
             ca::Account{exchange.account->record.id, exchange.client_address, {}, name_limits(exchange, profile)}});
    if (parts.empty() && by_policy.empty()) return;
    if (parts.empty()) throw ca::refusal_error(profile, std::move(by_policy));
    std::move(by_policy.begin(), by_policy.end(), std::back_inserter(parts));
    auto message_text = parts.size() == 1 ? parts.front().message
                                          : "this order is refused for " + std::to_string(parts.size()) + " reasons";
    throw Error{Kind::refused, std::move(message_text), {}, std::move(parts)};
}

// Whoever watches the audit log sees what profile, token or CA did not permit.
void require_hope(const Exchange& exchange, const acme::NewOrderMessage& message, const ca::Profile& profile,
                  const AuthorizationMode& mode) {
    try {
        refuse_hopeless(exchange, message, profile, mode);
    } catch (const Error& error) {
        if (is_refusal(error)) record_order_refusal(exchange, message, profile, error);
        throw;
    }
}

store::ChallengeRecord new_challenge(const Services& services, const AuthorizationRecord& authorization,
                                     const acme::ChallengeType& type) {
    store::ChallengeRecord challenge;
    challenge.id = services.new_id();
    challenge.authorization = authorization.id;
    challenge.type = type.name;
    if (type.has_token) challenge.token = services.new_token();
    if (authorization.status == AuthorizationStatus::valid) {
        challenge.status = store::ChallengeStatus::valid;
        challenge.validated_at = authorization.created_at;
    }
    return challenge;
}

AuthorizationRecord fresh_authorization(const Exchange& exchange, const Identifier& identifier,
                                        const ca::Profile& profile, const AuthorizationMode& mode) {
    const auto& settings = exchange.live->settings;
    const auto lifetime = mode.grants_at_once ? settings.authorization_lifetime : settings.order_lifetime;
    const bool named = mode.grants_at_once || mode.by_operator;
    AuthorizationRecord record{exchange.services.new_id(),
                               exchange.account->record.id,
                               base_of(identifier),
                               identifier.is_wildcard(),
                               mode.grants_at_once ? AuthorizationStatus::valid : AuthorizationStatus::pending,
                               named ? std::string(mode.name) : std::string{},
                               base::to_unix(exchange.now),
                               base::to_unix(exchange.now + lifetime),
                               {}};
    for (const auto* type : applicable(profile, identifier)) {
        record.challenges.push_back(new_challenge(exchange.services, record, *type));
    }
    return record;
}

OrderRecord new_record(const Exchange& exchange, const acme::NewOrderMessage& message, const ca::Profile& profile) {
    OrderRecord record;
    record.id = exchange.services.new_id();
    record.account = exchange.account->record.id;
    record.profile = profile.name;
    record.created_at = base::to_unix(exchange.now);
    record.expires_at = base::to_unix(exchange.now + exchange.live->settings.order_lifetime);
    if (message.not_before) record.not_before = base::to_unix(*message.not_before);
    if (message.not_after) record.not_after = base::to_unix(*message.not_after);
    record.identifiers = message.identifiers;
    record.replaces = message.replaces;
    record.address = exchange.client_address;
    return record;
}

// A valid authorization of the account is used again, when it was proved by what this profile asks for. `special`: for
// an order with times of its own, which the operator has not seen.
std::optional<AuthorizationRecord> reusable(store::Transaction& transaction, const AuthorizationRecord& wanted,
                                            const ca::Profile& profile, const AuthorizationMode& mode,
                                            bool special = false) {
    if (mode.grants_at_once || (mode.by_operator && special)) return std::nullopt;
    auto found =
        store::find_reusable(transaction, wanted.account, wanted.identifier, wanted.wildcard, wanted.created_at);
    if (found && mode.accepts(profile, found->proof)) return found;
    return std::nullopt;
}

struct Drawn {
    OrderRecord order;
    std::vector<const AuthorizationRecord*> fresh;  // of those wanted: what no valid one answers for
};

// What the order would be now, or why the account may have no more. Only reads: once before a writer is troubled, once
// in the transaction that decides.
Drawn draw(Exchange& exchange, store::Transaction& transaction, OrderRecord order,
           const std::vector<AuthorizationRecord>& wanted, const ca::Profile& profile, const AuthorizationMode& mode) {
    const bool special = order.not_before || order.not_after;
    Drawn drawn;
    bool ready = true;
    for (const auto& authorization : wanted) {
        const auto old = reusable(transaction, authorization, profile, mode, special);
        const auto& used = old ? *old : authorization;
        if (!old) drawn.fresh.push_back(&authorization);
        const bool valid = used.status == AuthorizationStatus::valid;
        ready = ready && valid;
        if (valid) order.expires_at = std::min(order.expires_at, used.expires_at);
        order.authorizations.push_back(used.id);
    }
    limit_open(exchange, transaction, 1, static_cast<std::int64_t>(drawn.fresh.size()));
    if (ready) order.status = OrderStatus::ready;
    drawn.order = std::move(order);
    return drawn;
}

// The order and those of its authorizations that are new.
void insert(store::Transaction& transaction, const Drawn& drawn) {
    for (const auto* authorization : drawn.fresh) store::insert_authorization(transaction, *authorization);
    store::insert_order(transaction, drawn.order);
}

// A valid authorization to answer with; nullopt: the account may have the new one.
std::optional<AuthorizationRecord> reuse_or_limit(Exchange& exchange, store::Transaction& transaction,
                                                  const AuthorizationRecord& made, const ca::Profile& profile,
                                                  const AuthorizationMode& mode) {
    auto old = reusable(transaction, made, profile, mode);
    if (!old) limit_open(exchange, transaction, 0, 1);
    return old;
}

bool waits_for_operator(const OrderRecord& order, const AuthorizationMode& mode) {
    return mode.by_operator && order.status == OrderStatus::pending;
}

// Whoever watches the audit log sees that somebody must decide.
void record_waiting(const Exchange& exchange, store::Transaction& transaction, const OrderRecord& order) {
    auto entry = account_audit(exchange, "order.waiting", exchange.account->record);
    entry.profile = order.profile;
    for (const auto& identifier : order.identifiers) entry.names.push_back(identifier.text());
    entry.detail = "order " + order.id;
    store::append_audit(transaction, entry);
}

// One identifier, read as an order for it alone would be.
acme::NewOrderMessage parse_new_authorization(const Exchange& exchange) {
    const auto json = exchange.payload_json();
    const auto identifier = json.find("identifier");
    if (identifier == json.end()) throw Error{Kind::malformed, "newAuthz: \"identifier\" is missing"};
    base::Json alone;
    alone["identifiers"].push_back(*identifier);
    auto message = acme::parse_new_order(alone);
    const auto& only = message.identifiers.front();
    if (only.is_wildcard()) {
        throw Error{Kind::rejected_identifier, "there is no authorization for a wildcard before an order for it",
                    "order " + only.text()};
    }
    return message;
}

std::string expired_problem() {
    return acme::to_problem(Error{Kind::unauthorized, "the order has expired; make a new one"}, {}).document;
}

acme::OrderMessage message_of(const Exchange& exchange, const OrderRecord& record) {
    const auto status = status_now(record, base::to_unix(exchange.now));
    acme::OrderMessage message;
    message.status = acme::state_name(state_of(status));
    message.expires = base::from_unix(record.expires_at);
    message.identifiers = record.identifiers;
    if (record.not_before) message.not_before = base::from_unix(*record.not_before);
    if (record.not_after) message.not_after = base::from_unix(*record.not_after);
    message.profile = record.profile;
    message.replaces = record.replaces.value_or(std::string{});
    for (const auto& id : record.authorizations)
        message.authorizations.push_back(exchange.url("/acme/authorization/", id));
    message.finalize = exchange.url("/acme/order/", record.id) + "/finalize";
    if (record.certificate) message.certificate = exchange.url("/acme/certificate/", *record.certificate);
    message.error = record.error;
    if (status == OrderStatus::invalid && record.status != status) message.error = expired_problem();
    return message;
}

// Seconds between two looks: a validation takes one, an operator has other things to do.
const char* poll_after(const Exchange& exchange, const OrderRecord& record) {
    const auto profile = exchange.live->profiles.find(record.profile);
    const bool slow =
        profile != exchange.live->profiles.end() && mode_of(profile->second, exchange.live->settings).by_operator;
    return slow ? "5" : "1";
}

}  // namespace

OrderStatus status_now(const OrderRecord& record, std::int64_t now) {
    const bool open = record.status == OrderStatus::pending || record.status == OrderStatus::ready;
    return open && record.expires_at <= now ? OrderStatus::invalid : record.status;
}

net::Response order_response(const Exchange& exchange, const OrderRecord& record, int status) {
    const auto message = message_of(exchange, record);
    auto response = json_response(status, acme::encode_order(message));
    response.set("Location", exchange.url("/acme/order/", record.id));
    if (message.status == "pending") response.set("Retry-After", poll_after(exchange, record));
    return response;
}

net::Response new_order(Exchange& exchange) {
    if (auto refusal = terms_refusal(exchange)) return std::move(*refusal);
    const auto message = acme::parse_new_order(exchange.payload_json());
    const auto& profile = choose_profile(exchange, message);
    exchange.asked_profile = profile.name;
    const auto& mode = mode_of(profile, exchange.live->settings);
    require_hope(exchange, message, profile, mode);
    const auto predecessor = predecessor_of(exchange, message);
    const auto fresh = new_record(exchange, message, profile);
    std::vector<AuthorizationRecord> wanted;
    for (const auto& identifier : fresh.identifiers) {
        wanted.push_back(fresh_authorization(exchange, identifier, profile, mode));
    }
    exchange.services.store.read([&](store::Transaction& transaction) {
        look_at_order_limits(exchange, transaction, profile, fresh.identifiers);
        draw(exchange, transaction, fresh, wanted, profile, mode);
    });
    const bool counted = pass_gate(exchange, message, profile, mode);
    std::optional<OrderRecord> written;
    exchange.services.store.write([&](store::Transaction& transaction) {
        if (predecessor) require_unreplaced(transaction, *predecessor, *fresh.replaces, fresh.created_at);
        if (!counted) limit_order(exchange, transaction, profile, fresh.identifiers);
        const auto drawn = draw(exchange, transaction, fresh, wanted, profile, mode);
        insert(transaction, drawn);
        written = drawn.order;
        if (waits_for_operator(*written, mode)) record_waiting(exchange, transaction, *written);
    });
    if (waits_for_operator(*written, mode)) {
        base::log(base::Level::warning, "an order waits for an operator",
                  {{"order", written->id}, {"account", written->account}, {"profile", written->profile}});
    }
    return order_response(exchange, *written, 201);
}

// RFC 8555 section 7.4.1: an authorization before there is an order that needs it.
net::Response new_authorization(Exchange& exchange) {
    if (auto refusal = terms_refusal(exchange)) return std::move(*refusal);
    const auto message = parse_new_authorization(exchange);
    const auto& profile = choose_profile(exchange, message);
    exchange.asked_profile = profile.name;
    const auto& mode = mode_of(profile, exchange.live->settings);
    require_hope(exchange, message, profile, mode);
    if (mode.by_operator) {
        throw Error{Kind::refused, "an operator decides about orders under profile '" + profile.name + "'",
                    "order " + message.identifiers.front().text()};
    }
    const auto made = fresh_authorization(exchange, message.identifiers.front(), profile, mode);
    exchange.services.store.read([&](store::Transaction& transaction) {
        look_at_order_limits(exchange, transaction, profile, message.identifiers);
        reuse_or_limit(exchange, transaction, made, profile, mode);
    });
    const bool counted = pass_gate(exchange, message, profile, mode);
    std::optional<AuthorizationRecord> old;
    exchange.services.store.write([&](store::Transaction& transaction) {
        if (!counted)
            limit_order(exchange, transaction, profile, message.identifiers);  // or who is limited would ask here
        old = reuse_or_limit(exchange, transaction, made, profile, mode);
        if (!old) store::insert_authorization(transaction, made);
    });
    const auto& answered = old ? *old : made;
    auto response = authorization_response(exchange, answered, 201);
    response.set("Location", exchange.url("/acme/authorization/", answered.id));
    return response;
}

net::Response order(Exchange& exchange) {
    exchange.require_post_as_get();
    return order_response(exchange, *exchange.loaded.order, 200);
}

}  // namespace signet::server
