#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "ca/crls.h"
#include "ca/ocsp_responder.h"
#include "server/account_cache.h"
#include "server/authorize_command.h"
#include "server/caa_gate.h"
#include "server/live.h"
#include "server/metrics.h"
#include "server/nonces.h"
#include "server/public_files.h"
#include "server/ready_state.h"
#include "server/resources.h"
#include "server/validation.h"

namespace signet::server {

/// What the routes work with; lives as long as the App.
struct Services {
    store::Store& store;
    ca::Authorities& authorities;
    ca::Issuer& issuer;
    base::Clock& clock;
    base::Random& random;
    LiveBox& live;
    Nonces& nonces;
    AccountCache& accounts;
    Validation& validation;
    PublicFiles& files;
    Metrics& metrics;
    AuthorizeGate& gate;
    CaaGate& caa;
    ReadyState& readiness;
    ca::Crls& crls;
    ca::OcspResponder& ocsp;

    /// The time and 96 random bits, no "-" in front: ids that cannot be guessed (RFC 8555 section 10.5); ownership is
    /// checked anyway.
    std::string new_id() const;
    /// 256 random bits, base64url: challenge tokens (RFC 8555 section 8.1).
    std::string new_token() const;
};

/// One request on its way through router, authentication and route.
struct Exchange {
    const Services& services;
    const net::Request& request;
    std::shared_ptr<const Live> live;
    base::Time now;

    std::string client_address{};               // who asked, seen through trusted proxies
    std::optional<std::int64_t> retry_after{};  // seconds: what a 429 says
    std::string problem{}, detail{};            // of a refusal, for the access log

    std::string base;       // "https://ca.internal:8443": ACME routes only
    std::string directory;  // URL for Link rel="index"
    std::string profile;    // the directory's; empty when default_profile is unset
    std::string parameter;  // {id} of the path
    std::string second;     // a second one

    // Filled by `authenticate`.
    std::shared_ptr<const KnownAccount> account;  // nullptr for a key without an account
    std::optional<crypto::PublicKey> key;         // what verified the signature
    std::string account_url;                      // the account's, as the client calls it; empty without "kid"
    std::string payload;                          // decoded; empty for POST-as-GET
    Loaded loaded;                                // what the path names, and it is the account's

    std::string_view asked_profile{};  // whose rules decide about issuing, once that is known; lives in `live`

    bool post_as_get() const { return payload.empty(); }
    /// Throws malformed unless it is a JSON object.
    base::Json payload_json() const;
    void require_post_as_get() const;  // throws malformed
    /// The URL that was asked for, under the name that the client used.
    std::string own_url() const;
    std::string url(std::string_view path) const { return base + std::string(path); }
    std::string url(std::string_view path, std::string_view id) const {
        return base + std::string(path) + std::string(id);
    }
};

net::Response json_response(int status, const base::Json& json);

}  // namespace signet::server
