#include "server/bindings.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "jose/jwk.h"
#include "jose/mac_jws.h"
#include "server/authorization_modes.h"
#include "store/tokens.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;
using store::TokenRecord;

constexpr std::string_view k_binding = "externalAccountBinding";

Error binding_required(std::string what) {
    return {Kind::external_account_required, std::move(what), "get a token from the operator: signet token create"};
}

Error malformed(std::string why) { return {Kind::malformed, std::string(k_binding) + ": " + std::move(why)}; }

bool asks_for_binding(const Exchange& exchange) {
    const auto found = exchange.live->profiles.find(exchange.profile);
    return found != exchange.live->profiles.end() && requires_binding(found->second, exchange.live->settings);
}

jose::MacJws parse_binding(const Exchange& exchange, const std::string& text) {
    auto jws = jose::parse_mac_jws(text, k_binding);
    if (jws.url != exchange.own_url()) throw malformed("its \"url\" is not that of the request");
    return jws;
}

// The payload is the account's key and nothing else; compared by thumbprint, since JSON may be written in many ways.
void check_account_key(const Exchange& exchange, const jose::MacJws& jws) {
    const auto jwk = base::parse_json(base::text_of(jws.payload), k_binding);
    if (!jwk.is_object()) throw malformed("its payload is not a JWK");
    if (jose::thumbprint(jose::parse_jwk(jwk)) != jose::thumbprint(*exchange.key)) {
        throw malformed("its payload is another key than that of the account");
    }
}

// One who has the MAC key is told what is wrong with the token; all others are told the same.
void check_token(const Exchange& exchange, const TokenRecord& token) {
    const auto refuse = [](std::string why) { throw Error{Kind::unauthorized, "the token " + std::move(why)}; };
    if (token.revoked_at) refuse("is revoked");
    if (token.expires_at && *token.expires_at <= base::to_unix(exchange.now)) refuse("has expired");
    if (token.uses && token.bound >= *token.uses) refuse("is used up");
    if (!exchange.profile.empty() && token.profile != exchange.profile) {
        refuse("is for profile '" + token.profile + "', not for '" + exchange.profile + "'");
    }
}

}  // namespace

std::optional<std::string> binding_token(const Exchange& exchange, const std::optional<std::string>& binding) {
    if (!binding) {
        if (!asks_for_binding(exchange)) return std::nullopt;
        throw binding_required("profile '" + exchange.profile + "' takes only accounts that a token binds");
    }
    const auto jws = parse_binding(exchange, *binding);
    check_account_key(exchange, jws);
    const auto token = exchange.services.store.query(
        [&](store::Transaction& transaction) { return store::find_token(transaction, jws.kid); });
    const base::Bytes no_key(32);  // as much work for a kid that nobody has
    if (!jose::verify_mac_jws(jws, token ? token->mac_key : no_key) || !token) {
        throw Error{Kind::unauthorized, "the external account binding does not verify: no such kid, or not its key"};
    }
    check_token(exchange, *token);
    return token->kid;
}

void count_binding(store::Transaction& transaction, const std::string& kid, std::int64_t now) {
    if (!store::use_token(transaction, kid, now))
        throw Error{Kind::unauthorized, "the token was just used up or ended"};
}

ca::NameLimits name_limits(const Exchange& exchange, const ca::Profile& profile) {
    const auto& account = exchange.account->record;
    if (!account.token) {
        if (!requires_binding(profile, exchange.live->settings)) return {};
        throw Error{Kind::external_account_required,
                    "profile '" + profile.name + "' is for accounts that a token bound, and this is none",
                    "register a new account key with a token: an account that exists is not bound later"};
    }
    auto token = exchange.services.store.query(
        [&](store::Transaction& transaction) { return store::find_token(transaction, *account.token); });
    if (!token || token->revoked_at) throw Error{Kind::unauthorized, "the token that bound this account is revoked"};
    if (token->profile != profile.name) {
        throw Error{Kind::unauthorized,
                    "this account was bound for profile '" + token->profile + "', not for '" + profile.name + "'"};
    }
    return {"the token that bound this account", std::move(token->dns), std::move(token->ip), std::move(token->uri)};
}

}  // namespace signet::server
