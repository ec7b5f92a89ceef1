#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ca/issuer.h"
#include "net/http_server.h"
#include "server/app.h"

namespace signet::server {

/// The server's own TLS certificate: made with a new key by the same issuer as every other, kept in memory only.
class SelfCertificate {
public:
    SelfCertificate(ca::Issuer& issuer, base::Clock& clock) : issuer_(issuer), clock_(clock) {}

    /// Whether the CA that signed it is a former one, or compromised: cheap, for a look at each tick.
    bool outdated() const;
    /// A certificate when there is none yet, a third of its life is left, or its names or CA are others now; nullopt
    /// while the current one is good. Throws what ca::Issuer::issue throws, but where the CA has expired, the first one
    /// is signed by its own key alone: tried again with each call. `in_same_transaction` is what else becomes durable
    /// when a certificate is recorded, and then alone; it may run twice.
    std::optional<net::TlsIdentity> renew_if_due(
        const Configuration& configuration,
        const std::function<void(store::Transaction&)>& in_same_transaction = [](store::Transaction&) {});

    base::Time not_after() const {
        return not_after_;
    }  // of the current one; the epoch while there is none; thread-safe

private:
    bool due(const std::vector<std::string>& names, const std::string& authority) const;
    ca::Issuer& issuer_;
    base::Clock& clock_;
    std::vector<std::string> names_;
    std::string authority_, issuer_id_;
    bool stop_gap_ = false;  // the first one was signed by its own key
    base::Time renew_at_{};
    std::atomic<base::Time> not_after_{};
};

}  // namespace signet::server
