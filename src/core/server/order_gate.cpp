#include "server/order_gate.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "server/accounts.h"
#include "server/rate_limits.h"
#include "store/allowances.h"
#include "store/audit.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;

// The audit log keeps all for ever, and nothing stops an account from asking again.
constexpr store::Allowance k_audited_refusals{10, std::int64_t{3600} * 1'000'000};

// What authorize_command reads: signet.toml(5) lists these members.
base::Json gate_question(const Exchange& exchange, const acme::NewOrderMessage& message, const ca::Profile& profile,
                         const AuthorizationMode& mode) {
    const auto& account = exchange.account->record;
    base::Json json{{"profile", profile.name},
                    {"mode", mode.name},
                    {"account", account.id},
                    {"thumbprint", account.thumbprint},
                    {"contacts", account.contacts},
                    {"address", exchange.client_address},
                    {"identifiers", base::Json::array()}};
    for (const auto& identifier : message.identifiers) {
        json["identifiers"].push_back(acme::encode_identifier(identifier));
    }
    if (message.not_before) json["not_before"] = base::format_time(*message.not_before);
    if (message.not_after) json["not_after"] = base::format_time(*message.not_after);
    if (message.replaces) json["replaces"] = *message.replaces;
    return json;
}

void record_gate_refusal(const Exchange& exchange, const acme::NewOrderMessage& message, const ca::Profile& profile,
                         const std::string& reason) {
    auto entry = account_audit(exchange, "order.refused", exchange.account->record);
    entry.profile = profile.name;
    for (const auto& identifier : message.identifiers) entry.names.push_back(identifier.text());
    entry.detail = "authorize_command: " + reason;
    exchange.services.store.write([&](store::Transaction& transaction) {
        const std::int64_t now = exchange.now.time_since_epoch().count();
        if (store::take_allowance(transaction, "refusals/" + profile.name + "/" + exchange.account->record.id,
                                  k_audited_refusals, now) == 0)
            store::append_audit(transaction, entry);
    });
}

}  // namespace

bool pass_gate(Exchange& exchange, const acme::NewOrderMessage& message, const ca::Profile& profile,
               const AuthorizationMode& mode) {
    if (profile.acme.authorize_command.empty()) return false;
    exchange.services.store.write(
        [&](store::Transaction& transaction) { limit_order(exchange, transaction, profile, message.identifiers); });
    std::vector<std::string> names;
    for (const auto& identifier : message.identifiers) names.push_back(identifier.text());
    try {
        exchange.services.gate.ask(profile.acme.authorize_command,
                                   {{"SIGNET_HOOK_PROFILE", profile.name},
                                    {"SIGNET_HOOK_ACCOUNT", exchange.account->record.id},
                                    {"SIGNET_HOOK_ADDRESS", exchange.client_address},
                                    {"SIGNET_HOOK_NAMES", base::join(names, " ")}},
                                   gate_question(exchange, message, profile, mode));
    } catch (const Error& error) {
        if (error.kind() == Kind::refused) record_gate_refusal(exchange, message, profile, error.message());
        throw;
    }
    return true;
}

}  // namespace signet::server
