#include "server/refusals.h"

#include "acme/problem.h"
#include "base/log.h"
#include "server/accounts.h"
#include "store/allowances.h"
#include "store/audit.h"

namespace signet::server {
namespace {

constexpr store::Allowance k_audited_refusals{10, std::int64_t{3600} * 1'000'000};

std::string reasons_of(const base::Error& error) {
    constexpr std::size_t k_detail_limit = 4000;
    std::string text = error.message();
    for (const auto& part : error.parts()) {
        if (text.size() > k_detail_limit) break;
        if (part.message == error.message()) continue;
        text += "; " + (part.identifier.empty() ? std::string() : part.identifier + ": ") + part.message;
    }
    if (text.size() > k_detail_limit) text.resize(k_detail_limit);
    return text;
}

}  // namespace

bool is_refusal(const base::Error& error) {
    if (error.kind() == base::Kind::rate_limited || error.kind() == base::Kind::order_not_ready) return false;
    const auto status = acme::to_problem(error, {}).status;
    return status >= 400 && status < 500;
}

std::string refusal_detail(const Exchange& exchange, const base::Error& error, std::string_view by) {
    const auto& token = exchange.account->record.token;
    return (token ? "by token " + *token + "; " : std::string()) + std::string(by) + reasons_of(error);
}

void record_order_refusal(const Exchange& exchange, const acme::NewOrderMessage& message, const ca::Profile& profile,
                          const base::Error& error, std::string_view by) {
    auto entry = account_audit(exchange, "order.refused", exchange.account->record);
    entry.profile = profile.name;
    for (const auto& identifier : message.identifiers) {
        if (entry.names.size() == static_cast<std::size_t>(profile.max_names)) break;
        entry.names.push_back(identifier.text());
    }
    entry.detail = refusal_detail(exchange, error, by);
    const auto subject = "refusals/" + exchange.account->record.id;
    const std::int64_t now = exchange.now.time_since_epoch().count();
    try {
        // Who asks again and again troubles no writer.
        const auto wait = exchange.services.store.query([&](store::Transaction& transaction) {
            return store::look_at_allowance(transaction, subject, k_audited_refusals, now);
        });
        if (wait > 0) return;
        exchange.services.store.write([&](store::Transaction& transaction) {
            if (store::take_allowance(transaction, subject, k_audited_refusals, now) == 0)
                store::append_audit(transaction, entry);
        });
    } catch (const base::Error& failure) {
        base::log(base::Level::error, "a refusal is missing in the audit log",
                  {{"reason", failure.message()}, {"refusal", entry.detail}});
    }
}

}  // namespace signet::server
