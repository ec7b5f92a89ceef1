#include "server/order_gate.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "server/accounts.h"
#include "store/audit.h"

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
                    {"address", exchange.request.remote_address},
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
    exchange.services.store.write([&](store::Transaction& transaction) { store::append_audit(transaction, entry); });
}

}  // namespace

void pass_gate(const Exchange& exchange, const acme::NewOrderMessage& message, const ca::Profile& profile,
               const AuthorizationMode& mode) {
    if (profile.acme.authorize_command.empty()) return;
    std::vector<std::string> names;
    for (const auto& identifier : message.identifiers) names.push_back(identifier.text());
    try {
        exchange.services.gate.ask(profile.acme.authorize_command,
                                   {{"SIGNET_HOOK_PROFILE", profile.name},
                                    {"SIGNET_HOOK_ACCOUNT", exchange.account->record.id},
                                    {"SIGNET_HOOK_ADDRESS", exchange.request.remote_address},
                                    {"SIGNET_HOOK_NAMES", base::join(names, " ")}},
                                   gate_question(exchange, message, profile, mode));
    } catch (const Error& error) {
        if (error.kind() == Kind::refused) record_gate_refusal(exchange, message, profile, error.message());
        throw;
    }
}

}  // namespace signet::server
