#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "crypto/key.h"
#include "net/address.h"
#include "net/dns_update.h"
#include "net/resolver.h"
#include "net/transport.h"
#include "x509/identifier.h"

namespace signet::acme {

/// token || "." || thumbprint (RFC 8555 section 8.1).
std::string key_authorization(std::string_view token, const crypto::PublicKey& account_key);

/// Whose challenge it is: what dns-account-01 and dns-persist-01 look for in the zone.
struct AccountFacts {
    std::string url = {};                        // as its client calls it
    std::vector<std::string> thumbprints = {};   // of its key, then of its former ones, the latest first
    std::vector<std::string> issuer_names = {};  // domain names that mean this CA
    /// The path of a URL of this CA, nullopt for a foreign one: a server may go by several names.
    std::function<std::optional<std::string>(std::string_view url)> path_of = {};
};

/// What the CA's side of a check may use.
struct ValidationContext {
    net::Resolver& resolver;
    const net::AddressPolicy& addresses;
    int http01_port = 80;
    int tls_alpn01_port = 443;
    std::chrono::milliseconds timeout = std::chrono::seconds(10);  // for the whole attempt
    std::string user_agent;
    base::Time now = {};
    bool wildcard = false;  // the proof is for "*." before the identifier
    AccountFacts account = {};
};

/// What came out of a check that held.
struct Validated {
    std::optional<base::Time> until = {};  // the proof counts no longer than that
};

/// What the client's side of an answer may use: how to listen, where to write, what to run.
struct ResponderContext {
    std::string webroot;  // http-01: write there instead of listening
    int http01_port = 80;
    int tls_alpn01_port = 443;
    /// dns-01: a command that is run with `present NAME VALUE`, and with `cleanup NAME VALUE` when all is over. It puts
    /// the TXT record there, and returns when the name's servers answer with it.
    std::string dns_hook = {};
    /// dns-01 without a hook: the name server that takes updates of the zone; null for none. Wants the clock, too.
    std::shared_ptr<const net::DnsUpdateServer> dns_update = {};
    const base::Clock* clock = nullptr;
    std::stop_token stop = {};  // ends a hook that presents; its cleanup then has a few seconds
    /// The listeners that answers presented from this context share, so that several can stand at once. Filled by
    /// `present`; one context is used by one thread.
    mutable std::weak_ptr<class Http01Listener> http01_listener = {};
    mutable std::weak_ptr<class TlsAlpn01Listener> tls_alpn01_listener = {};
};

/// A challenge's answer in place; taken back when it dies.
class Presented {
public:
    virtual ~Presented() = default;
};

/// Throws malformed for a token that is not base64url: a server that we do not trust yet chose it.
void check_token(std::string_view token);

/// One challenge type, both halves in one file (challenge_http01.cpp …).
struct ChallengeType {
    std::string_view name;  // "http-01"
    bool (*applies)(const x509::Identifier& identifier, bool wildcard);
    /// The CA's check: returns when it holds, else throws incorrect_response, connection, dns, tls, timeout or refused,
    /// saying which address was tried and never what the target answered.
    Validated (*validate)(const ValidationContext& context, const x509::Identifier& identifier, std::string_view token,
                          const std::string& key_authorization);
    /// Whether a client so equipped could answer at all.
    bool (*answerable)(const ResponderContext& context);
    /// The client's answer. Throws environment (port in use, hook failed) or permission.
    std::unique_ptr<Presented> (*present)(const ResponderContext& context, const x509::Identifier& identifier,
                                          std::string_view token, const std::string& key_authorization);
    bool has_token = true;  // else the challenge names the account and the CA instead
};

/// In the order in which a client that is free to choose prefers them.
std::span<const ChallengeType> challenge_types();
const ChallengeType* find_challenge_type(std::string_view name);  // nullptr when unknown

}  // namespace signet::acme
