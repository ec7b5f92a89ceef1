#include "server/rate_limits.h"

#include <algorithm>

#include "base/error.h"
#include "net/address.h"
#include "store/allowances.h"
#include "store/authorizations.h"
#include "store/orders.h"

namespace signet::server {
namespace {

constexpr std::size_t k_network_octets = 8;  // an IPv6 host has a /64 to choose its addresses from

std::int64_t microseconds(base::Time time) { return time.time_since_epoch().count(); }

std::string subject(std::string_view what, const ca::Profile& profile, const std::string& whose) {
    return std::string(what) + "/" + profile.name + "/" + whose;
}

store::Allowance allowance(const ca::RateLimit& limit) { return {limit.count, limit.per.count()}; }

void require(Exchange& exchange, std::int64_t wait, const std::string& what, const ca::RateLimit& limit,
             const ca::Profile& profile) {
    if (wait == 0) return;
    constexpr std::int64_t k_second = 1'000'000;
    exchange.retry_after = (wait + k_second - 1) / k_second;
    throw base::Error{base::Kind::rate_limited,
                      "too many " + what + ": profile '" + profile.name + "' permits " + limit.text()};
}

std::string network_of(const std::string& text) {
    const auto address = net::Address::parse(text);
    if (!address || !address->is_v6()) return text;
    auto octets = address->octets();
    std::fill(octets.begin() + k_network_octets, octets.end(), std::uint8_t{0});
    return net::Address::from_octets(octets).text() + "/64";
}

}  // namespace

void limit_account(Exchange& exchange, store::Transaction& transaction) {
    const auto found = exchange.live->profiles.find(exchange.profile);
    if (found == exchange.live->profiles.end() || !found->second.acme.rate_limits.accounts_per_address) return;
    const auto& profile = found->second;
    const auto& limit = *profile.acme.rate_limits.accounts_per_address;
    const auto wait =
        store::take_allowance(transaction, subject("accounts", profile, network_of(exchange.client_address)),
                              allowance(limit), microseconds(exchange.now));
    require(exchange, wait, "accounts from this address", limit, profile);
}

void look_at_order_limits(Exchange& exchange, store::Transaction& transaction, const ca::Profile& profile,
                          const std::vector<x509::Identifier>& names) {
    const auto now = microseconds(exchange.now);
    const auto& limits = profile.acme.rate_limits;
    // What finalize would refuse is refused before anything is proven for it.
    for (const auto& name : names) {
        if (!limits.certificates_per_name) break;
        const auto wait = store::look_at_allowance(transaction, subject("certificates", profile, name.text()),
                                                   allowance(*limits.certificates_per_name), now);
        require(exchange, wait, "certificates for " + name.text(), *limits.certificates_per_name, profile);
    }
    if (!limits.orders_per_account) return;
    const auto wait = store::look_at_allowance(transaction, subject("orders", profile, exchange.account->record.id),
                                               allowance(*limits.orders_per_account), now);
    require(exchange, wait, "orders of this account", *limits.orders_per_account, profile);
}

void limit_order(Exchange& exchange, store::Transaction& transaction, const ca::Profile& profile,
                 const std::vector<x509::Identifier>& names) {
    look_at_order_limits(exchange, transaction, profile, names);
    const auto& limit = profile.acme.rate_limits.orders_per_account;
    if (!limit) return;
    store::take_allowance(transaction, subject("orders", profile, exchange.account->record.id), allowance(*limit),
                          microseconds(exchange.now));
}

void limit_open(Exchange& exchange, store::Transaction& transaction, std::int64_t orders, std::int64_t authorizations) {
    const auto now = base::to_unix(exchange.now);
    const auto& account = exchange.account->record.id;
    const auto refuse = [&](std::int64_t until, std::int64_t most, const std::string& what) {
        exchange.retry_after = until - now;
        throw base::Error{base::Kind::rate_limited,
                          "too many " + what + ": an account may have " + std::to_string(most) + " at a time",
                          "finish them, or wait until they expire"};
    };
    if (orders > 0) {
        if (const auto until = store::open_orders_until(transaction, account, k_open_orders, now))
            refuse(*until, k_open_orders, "orders that are not finished");
    }
    if (authorizations == 0) return;
    // One order may be larger than all that: alone it is let through.
    const auto most = std::max(k_begun_authorizations + 1 - authorizations, std::int64_t{1});
    if (const auto until = store::begun_authorizations_until(transaction, account, most, now))
        refuse(*until, k_begun_authorizations, "authorizations that are pending or were deactivated");
}

void limit_certificate(Exchange& exchange, store::Transaction& transaction, const ca::Profile& profile,
                       const std::vector<x509::Identifier>& names) {
    const auto& limit = profile.acme.rate_limits.certificates_per_name;
    if (!limit) return;
    for (const auto& name : names) {
        const auto wait = store::take_allowance(transaction, subject("certificates", profile, name.text()),
                                                allowance(*limit), microseconds(exchange.now));
        require(exchange, wait, "certificates for " + name.text(), *limit, profile);
    }
}

}  // namespace signet::server
