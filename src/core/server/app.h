#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/random.h"
#include "base/time.h"
#include "ca/authority_settings.h"
#include "ca/issuer.h"
#include "net/http.h"
#include "net/resolver.h"
#include "server/settings.h"
#include "store/store.h"

namespace signet::server {

/// What a running server goes by; exchanged as a whole when signet.toml changes.
struct Configuration {
    Settings settings;
    ca::Profiles profiles;
    ca::AuthorityTable authorities = {};
    bool stated = false;  // signet.toml is there and not empty
};

/// The RFC 8555 responder and the CA's public files, as a function from request to response: sockets are net's, so
/// that whole flows run in tests without any. Thread-safe.
class App {
public:
    App(store::Store& store, ca::Authorities& authorities, ca::Issuer& issuer, base::Clock& clock, base::Random& random,
        net::Resolver& resolver, Configuration configuration);
    ~App();

    net::Response handle(const net::Request& request);
    /// What the listener refuses before it is a whole request: a problem document where it was for ACME.
    net::Response refuse(const net::Request& begun, int status, const std::string& reason);

    /// In force for the next request.
    void configure(Configuration configuration);
    /// Signs CRLs ahead of their end and renews the OCSP responders' certificates; failures go to the log. To be called
    /// every minute or so.
    void upkeep();
    /// Carries out what it is given in one durable transaction, perhaps twice, and may add more to that.
    using Commit = std::function<void(const std::function<void(store::Transaction&)>&)>;
    /// Takes up challenges that a former run left in processing; starts the validation workers. What has to be durable
    /// before the first request is answered goes through `commit`, else through the store.
    void start(const Commit& commit = {});
    /// Lets running validations end or time out, saves outstanding nonces: a clean stop keeps them good.
    void stop();
    /// Runs validations that are due on the caller's thread until none is left: for tests with a manual clock.
    void run_validations();

    /// What /metrics tells beside the App's own: see Metrics::set_more. Set before serving.
    void set_more_metrics(std::function<void(base::MetricsText&)> more);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace signet::server
