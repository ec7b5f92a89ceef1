#include "cli/tell_events.h"

#include "base/error.h"
#include "server/expiry_events.h"
#include "server/notifier.h"

namespace signet::cli {
namespace {

constexpr auto k_patience = std::chrono::seconds(2);  // for another process that tells at the moment
constexpr int k_rounds = 100;

/// The inventory's own are told of by themselves.
void collect_items(store::Store& store, const server::NotifySettings& settings, const std::vector<StatusItem>& items,
                   base::Time now) {
    if (!settings.wants("expiring")) return;
    for (const auto& item : items)
        if (item.certificate && !item.authority) server::collect_end(store, *item.certificate, item.target, now);
}

/// A sidecar has no store, nor a HOME where one would be: nothing happened over one.
bool has_store(const Context& context) {
    try {
        return base::file_facts(store::Layout(context.store()).database()).has_value();
    } catch (const base::Error& error) {
        if (error.kind() == base::Kind::environment) return false;
        throw;
    }
}

}  // namespace

void expect_events(const Context& context, store::Store& store) {
    try {
        server::begin_notifying(store, context.settings().server.notify);
    } catch (const base::Error& error) {
        context.out.warning("who is to be told is not known: " + error.message());
    }
}

bool tell_events(const Context& context, const std::vector<StatusItem>& items) {
    try {
        if (!has_store(context)) return false;
        const auto settings = context.settings().server.notify;
        if (!settings.configured()) return false;
        const auto store = store::Store::open(context.store());
        collect_items(*store, settings, items, context.seams.clock.now());
        server::Notifier notifier(*store, context.seams.clock, context.seams.make_transport);
        int failed = 0;
        for (int i = 0; i < k_rounds; ++i) {
            const auto round = notifier.round(settings, k_patience, {});
            failed += round.failed;
            if (!round.more || round.failed > 0) break;
        }
        if (failed > 0) context.out.warning("events could not be delivered; they are kept for the next time");
    } catch (const base::Error& error) {
        context.out.warning("events could not be told: " + error.message());
    }
    return true;
}

}  // namespace signet::cli
