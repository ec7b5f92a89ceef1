#include "server/authenticate.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "ca/policy.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "store/accounts.h"
#include "store/compromised_keys.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;

constexpr std::string_view k_account_path = "/acme/account/";
constexpr std::size_t k_id_limit = 64;

void check_url(const Exchange& exchange, const jose::Jws& jws) {
    const auto own = exchange.own_url();
    if (jws.url == own) return;
    throw Error{Kind::unauthorized, "the JWS is for url \"" + base::printable(jws.url) + "\", the request for \"" +
                                        base::printable(own) + "\""};
}

void check_nonce(const Exchange& exchange, const jose::Jws& jws) {
    if (!jws.nonce) throw Error{Kind::bad_nonce, "the JWS has no nonce"};
    if (!exchange.services.nonces.redeem(*jws.nonce, exchange.now)) {
        throw Error{Kind::bad_nonce, "the nonce is not ours, used, or too old"};
    }
}

// RFC 8555 section 6.2: jwk where a key has no account yet, kid everywhere else.
void check_key_kind(const jose::Jws& jws, Proof proof) {
    if (proof == Proof::jwk && !jws.jwk)
        throw Error{Kind::malformed, "this request is signed with \"jwk\", not \"kid\""};
    if (proof == Proof::kid && !jws.kid)
        throw Error{Kind::malformed, "this request is signed with \"kid\", not \"jwk\""};
}

void verify(const jose::Jws& jws, const crypto::PublicKey& key) {
    if (!jose::verify_jws(jws, key)) throw Error{Kind::malformed, "the signature of the JWS does not verify"};
}

std::string account_id(const Exchange& exchange, const jose::Jws& jws) {
    const auto path = exchange.live->hosts.path_of(*jws.kid);
    const bool ours = path && path->starts_with(k_account_path);
    auto id = ours ? path->substr(k_account_path.size()) : std::string{};
    if (id.empty() || id.size() > k_id_limit) {
        throw Error{Kind::account_does_not_exist, "the \"kid\" is no account URL of this server"};
    }
    return id;
}

std::shared_ptr<const KnownAccount> know(const store::AccountRecord& record) {
    auto key = jose::parse_jwk(base::parse_json(record.jwk, "account key"));
    return std::make_shared<const KnownAccount>(KnownAccount{record, std::move(key)});
}

Error revoked(const Services& services, const crypto::PublicKey& key) {
    const auto compromised = services.store.query(
        [&](store::Transaction& transaction) { return store::find_compromised_key(transaction, key); });
    if (!compromised) return {Kind::unauthorized, "the account is revoked, with the token that bound it"};
    const auto why = ca::compromised_key_refusal(*compromised, Kind::unauthorized);
    return {why.kind, "the account is revoked: " + why.message, "make a new account, with a new key"};
}

void require_usable(const Services& services, const KnownAccount& account) {
    // RFC 8555 section 7.3.6: whatever a deactivated account asks for.
    switch (account.record.status) {
        case store::AccountStatus::valid:
            return;
        case store::AccountStatus::deactivated:
            throw Error{Kind::unauthorized, "the account is deactivated"};
        case store::AccountStatus::revoked:
            throw revoked(services, account.key);
    }
}

// RFC 8555 section 6.2: one that was fit when the account was made may have become known to everybody since.
void require_unlisted(const Services& services, const crypto::PublicKey& key) {
    if (const auto reason = services.issuer.listed_weakness(key))
        throw Error{Kind::bad_public_key, "the key of the account: " + *reason, "make a new account, with a new key"};
}

// Of a key in the header: it speaks for itself alone.
void by_own_key(Exchange& exchange, const jose::Jws& jws, const std::optional<std::string>& weakness) {
    if (weakness) throw Error{Kind::bad_public_key, "the key of the JWS: " + *weakness};
    verify(jws, *jws.jwk);
    exchange.key = *jws.jwk;
}

void by_jwk(Exchange& exchange, const jose::Jws& jws) {
    by_own_key(exchange, jws, exchange.services.issuer.weakness(*jws.jwk));
    const auto thumbprint = jose::thumbprint(*jws.jwk);
    const auto record = exchange.services.store.query(
        [&](store::Transaction& transaction) { return store::find_account_by_thumbprint(transaction, thumbprint); });
    if (!record) return;
    auto known = std::make_shared<const KnownAccount>(KnownAccount{*record, *jws.jwk});
    require_usable(exchange.services, *known);
    exchange.account = std::move(known);
}

void by_kid(Exchange& exchange, const jose::Jws& jws, Resource resource) {
    const auto& services = exchange.services;
    const auto id = account_id(exchange, jws);
    auto known = services.accounts.find(id);
    std::optional<store::AccountRecord> fresh;
    bool exists = false;
    services.store.read([&](store::Transaction& transaction) {
        const auto version = store::account_version(transaction, id);
        exists = version.has_value();
        if (!exists) return;
        if (!known || known->record.version != *version) fresh = store::find_account(transaction, id);
        exchange.loaded = load(transaction, resource, exchange.parameter, base::to_unix(exchange.now));
    });
    if (!exists) throw Error{Kind::account_does_not_exist, "there is no account of this \"kid\""};
    if (fresh) {
        known = know(*fresh);
        services.accounts.put(known);
    }
    verify(jws, known->key);
    require_usable(services, *known);
    require_unlisted(services, known->key);
    require_owner(exchange.loaded, resource, id);
    exchange.key = known->key;
    exchange.account = std::move(known);
    exchange.account_url = *jws.kid;
}

}  // namespace

void authenticate(Exchange& exchange, const Route& route) {
    const auto jws = jose::parse_jws(exchange.request.body);
    check_url(exchange, jws);
    check_nonce(exchange, jws);
    check_key_kind(jws, route.proof);
    if (route.proof == Proof::jwk) {
        by_jwk(exchange, jws);
    } else if (!jws.kid) {
        by_own_key(exchange, jws, crypto::weakness(*jws.jwk));  // one that everybody knows may well revoke
    } else {
        by_kid(exchange, jws, route.resource);
    }
    exchange.payload = base::to_text(jws.payload);
}

}  // namespace signet::server
