#pragma once

#include "fixture.h"
#include "jose/jwk.h"
#include "jose/mac_jws.h"
#include "store/tokens.h"

namespace signet::test {

/// A token as `token create` would leave it, good for as long as the test sets.
inline store::TokenRecord sample_token(const std::string& kid = "kid-1", const std::string& profile = "default") {
    store::TokenRecord token{};
    token.kid = kid;
    token.mac_key = base::Bytes(32, 42);
    token.profile = profile;
    token.uses = 1;
    token.created_at = 0;
    return token;
}

inline void put_token(ServerFixture& server, const store::TokenRecord& token) {
    server.store().write([&](store::Transaction& t) { store::insert_token(t, token); });
}

/// What a binding may be otherwise than good.
struct BindingTwist {
    std::string kid = "kid-1";
    base::Bytes mac_key = base::Bytes(32, 42);
    std::optional<std::string> url, payload;
};

inline std::string new_account_payload(const AcmeClient& client, const std::string& path,
                                       const BindingTwist& twist = {}) {
    const auto jwk = base::dump_json(jose::to_jwk(client.key().public_key()));
    base::Json json;
    json["externalAccountBinding"] =
        base::parse_json(jose::sign_mac_jws(twist.mac_key, twist.kid, twist.url.value_or(client.base() + path),
                                            twist.payload.value_or(jwk)),
                         "binding");
    return base::dump_json(json);
}

inline net::Response bind(AcmeClient& client, const BindingTwist& twist = {},
                          const std::string& path = "/acme/new-account") {
    return client.register_account(path, new_account_payload(client, path, twist));
}

inline std::int64_t accounts_bound(ServerFixture& server, const std::string& kid = "kid-1") {
    return server.store().query([&](store::Transaction& t) { return store::find_token(t, kid).value().bound; });
}

}  // namespace signet::test
