#include "acme/targets.h"

#include <algorithm>

#include "base/error.h"

namespace signet::acme {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_address_limit = 4;  // tried for one connection

std::vector<net::Address> addresses_of(const ValidationContext& context, const std::string& host) {
    if (const auto literal = net::Address::parse(host)) return {*literal};
    auto found = context.resolver.addresses(host);
    if (found.empty()) throw Error{Kind::dns, "no address found for " + host};
    return found;
}

}  // namespace

std::vector<net::Address> permitted_addresses(const ValidationContext& context, const std::string& host) {
    std::vector<net::Address> permitted;
    std::string reasons;
    bool denied = false;
    for (auto& address : addresses_of(context, host)) {
        const auto refusal = context.addresses.refusal(address);
        if (!refusal) {
            permitted.push_back(std::move(address));
        } else {
            reasons += (reasons.empty() ? "" : ", ") + *refusal;
            denied = denied || context.addresses.denies(address);
        }
    }
    if (permitted.empty()) {
        throw Error{Kind::refused, host + " is not a target for validation: " + reasons,
                    denied ? "take the network out of deny_targets to permit it"
                           : "permit it with allow_targets, or --allow-target"};
    }
    if (permitted.size() > k_address_limit) permitted.resize(k_address_limit, permitted.front());
    return permitted;
}

std::chrono::milliseconds time_left(AttemptDeadline deadline) {
    return std::max(std::chrono::milliseconds(1),
                    std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()));
}

void try_in_turn(const std::vector<net::Address>& addresses, AttemptDeadline deadline,
                 const std::function<void(const net::Address&, std::chrono::milliseconds)>& attempt) {
    std::string failures;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        try {
            return attempt(addresses[i], time_left(deadline) / static_cast<int>(addresses.size() - i));
        } catch (const Error& error) {
            failures += (failures.empty() ? "" : "; ") + error.message();
            if (i + 1 == addresses.size()) throw Error{error.kind(), failures};
        }
    }
}

}  // namespace signet::acme
