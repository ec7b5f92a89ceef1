#include "server/caa_gate.h"

#include <algorithm>

#include "acme/caa.h"
#include "base/error.h"
#include "server/exchange.h"

namespace signet::server {
namespace {

using base::Error;
using base::ErrorPart;
using base::Kind;

std::string method_of(const Exchange& exchange, const x509::Identifier& name) {
    const auto found = std::ranges::find(exchange.loaded.proofs, name, &store::ProvenIdentifier::identifier);
    return found == exchange.loaded.proofs.end() ? std::string{} : found->proof();
}

}  // namespace

/// Among those that ask, for as long as it lives.
class CaaGate::Turn {
public:
    Turn(CaaGate& gate, std::string account) : place_(gate.places_), gate_(gate), account_(std::move(account)) {
        std::unique_lock lock(gate_.mutex_);
        const auto own = gate_.of_account_.find(account_);
        const bool alone = own == gate_.of_account_.end();
        if (gate_.waiting_ >= gate_.limits_.waiting || (!alone && own->second >= gate_.limits_.of_account)) crowded();
        ++gate_.of_account_[account_];
        ++gate_.waiting_;
        const bool turn =
            gate_.free_.wait_for(lock, gate_.limits_.patience, [&] { return gate_.asking_ < gate_.limits_.asking; });
        --gate_.waiting_;
        if (!turn) {
            forget();
            crowded();
        }
        ++gate_.asking_;
    }
    ~Turn() {
        {
            const std::lock_guard lock(gate_.mutex_);
            --gate_.asking_;
            forget();
        }
        gate_.free_.notify_one();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    [[noreturn]] static void crowded() {
        throw Error{Kind::rate_limited, "too many orders wait for CAA answers", "try again in a few seconds"};
    }
    void forget() {
        const auto own = gate_.of_account_.find(account_);
        if (--own->second == 0) gate_.of_account_.erase(own);
    }
    const WaitingPlaces::Place place_;
    CaaGate& gate_;
    const std::string account_;
};

void CaaGate::require(const Exchange& exchange) {
    const auto& account = exchange.account->record.id;
    std::vector<ErrorPart> parts;
    {
        const Turn turn(*this, account);
        acme::CaaCheck check({.resolver = resolver_,
                              .identities = exchange.live->settings.caa_identities,
                              .is_account = [&](std::string_view uri) {
                                  return exchange.live->hosts.path_of(uri) == "/acme/account/" + account;
                              }});
        for (const auto& name : exchange.loaded.order->identifiers) {
            auto reason = check.refusal(name, method_of(exchange, name));
            if (reason) parts.push_back({name.text(), Kind::caa, std::move(*reason)});
        }
    }
    if (parts.empty()) return;
    auto message = parts.size() == 1 ? parts.front().message
                                     : "CAA refuses " + std::to_string(parts.size()) + " names of this order";
    throw Error{Kind::caa, std::move(message), {}, std::move(parts)};
}

}  // namespace signet::server
