#include <nlohmann/json.hpp>

#include "acme/problem.h"
#include "base/error.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "server/accounts.h"
#include "server/router.h"
#include "store/accounts.h"
#include "store/audit.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;
using store::AccountRecord;

Error refuse(std::string why) { return {Kind::malformed, "keyChange: " + std::move(why)}; }

// The inner JWS of RFC 8555 section 7.3.5: the new key's word that it takes over.
jose::Jws parse_inner(const Exchange& exchange) {
    auto jws = jose::parse_jws(exchange.payload);
    if (!jws.jwk) throw refuse("the inner JWS carries the new key as \"jwk\", not \"kid\"");
    if (jws.nonce) throw refuse("the inner JWS has no nonce");
    if (jws.url != exchange.own_url()) throw refuse("the inner JWS is for another \"url\" than the outer one");
    if (const auto reason = exchange.services.issuer.weakness(*jws.jwk))
        throw Error{Kind::bad_public_key, "new key: " + *reason};
    if (!jose::verify_jws(jws, *jws.jwk)) throw refuse("the signature of the inner JWS does not verify");
    return jws;
}

void check_payload(const Exchange& exchange, const jose::Jws& inner) {
    const auto json = base::parse_json(base::text_of(inner.payload), "keyChange");
    if (!json.is_object()) throw refuse("the inner payload is not a JSON object");
    const auto account = exchange.live->hosts.path_of(base::json_string(json, "account", "keyChange"));
    if (account != "/acme/account/" + exchange.account->record.id) {
        throw refuse("\"account\" is not the account that signs the request");
    }
    const auto old_key = json.find("oldKey");
    if (old_key == json.end()) throw refuse("\"oldKey\" is missing");
    if (jose::thumbprint(jose::parse_jwk(*old_key)) != exchange.account->record.thumbprint) {
        throw refuse("\"oldKey\" is not the account's key");
    }
}

net::Response taken(const Exchange& exchange, const AccountRecord& owner) {
    auto response =
        acme::problem_response(acme::to_problem(Error{Kind::exists, "the new key is an account's already"}, {}));
    response.set("Location", account_url(exchange, owner.id));
    return response;
}

// Its orders and authorizations hang on the account, not on the key: they stay as they are.
AccountRecord replace_key(store::Transaction& transaction, const Exchange& exchange, const crypto::PublicKey& key) {
    auto record = store::find_account(transaction, exchange.account->record.id);
    if (!record || record->thumbprint != exchange.account->record.thumbprint) {
        throw refuse("the account's key was just changed");
    }
    store::remember_key(transaction, record->id, record->thumbprint);
    record->thumbprint = jose::thumbprint(key);
    record->jwk = base::dump_json(jose::to_jwk(key));
    if (!store::update_account(transaction, *record)) throw Error{Kind::store_busy, "the account was just changed"};
    auto entry = account_audit(exchange, "account.key_changed", *record);
    entry.detail = "from " + exchange.account->record.thumbprint + " to " + record->thumbprint;
    store::append_audit(transaction, entry);
    return std::move(*record);
}

}  // namespace

net::Response change_key(Exchange& exchange) {
    const auto inner = parse_inner(exchange);
    check_payload(exchange, inner);
    const auto thumbprint = jose::thumbprint(*inner.jwk);
    std::optional<AccountRecord> owner, changed;
    exchange.services.store.write([&](store::Transaction& transaction) {
        changed.reset();
        owner = store::find_account_by_thumbprint(transaction, thumbprint);
        if (owner) return;
        require_sound_key(transaction, *inner.jwk);
        changed = replace_key(transaction, exchange, *inner.jwk);
    });
    return owner ? taken(exchange, *owner) : account_response(exchange, *changed, 200);
}

}  // namespace signet::server
