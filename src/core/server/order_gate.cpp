#include "server/order_gate.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "server/rate_limits.h"
#include "server/refusals.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;

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
        if (error.kind() == Kind::refused)
            record_order_refusal(exchange, message, profile, error, "authorize_command: ");
        throw;
    }
    return true;
}

}  // namespace signet::server
