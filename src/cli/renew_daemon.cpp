#include <sys/stat.h>

#include <algorithm>

#include "cli/exit_code.h"
#include "cli/renew_round.h"
#include "client/daemon.h"
#include "server/readiness.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr base::Duration k_interval = std::chrono::hours(12);
constexpr base::Duration k_jitter = std::chrono::minutes(10);

void append_facts(std::string& text, const base::Path& path) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return;
    text += path.string() + ' ' + std::to_string(facts.st_ino) + ' ' + std::to_string(facts.st_size) + ' ' +
            std::to_string(facts.st_mtim.tv_sec) + '.' + std::to_string(facts.st_mtim.tv_nsec) + '\n';
}

// What tells that somebody else changed a certificate, or how to get the next one.
std::string fingerprint(const Context& context, const RenewWords& words) {
    server::notify_service_manager("WATCHDOG=1");
    std::string text;
    try {
        for (const auto& target : renewal_targets(context, words)) {
            text += target + '\n';
            for (const char* name : {"tls.crt", "tls.key", ".signet/renewal.toml"})
                append_facts(text, base::Path(target) / name);
        }
    } catch (const Error&) {
        // A store that is gone for the moment: the next round says so.
    }
    return text;
}

base::Time next_event(const std::vector<RenewOutcome>& outcomes, base::Time now, base::Duration interval) {
    auto next = now + interval;
    for (const auto& outcome : outcomes) {
        if (!outcome.renewed || !outcome.in_effect) {
            next = std::min(next, client::next_try(outcome.directory, now));
            continue;
        }
        next = std::min(next, outcome.renewed->due);
        if (outcome.renewed->ask_after) next = std::min(next, std::max(*outcome.renewed->ask_after, now));
    }
    return next;
}

}  // namespace

int renew_forever(Context& context, const RenewWords& words, const client::RenewOptions& wish) {
    client::Waker waker;
    Interruption interruption([&waker] { waker.wake(); });
    InterruptibleClock clock(context.seams.clock, interruption.token());
    auto options = wish;
    options.jitter = words.jitter.value_or(k_jitter);
    const auto interval = words.interval.value_or(k_interval);
    bool ready = false;
    const auto look = [&] {
        LazyCa ca(context);  // anew each time: it may have been rotated
        const auto outcomes = renew_round(context, words, options, ca, interruption);
        if (interruption.requested()) return clock.now();
        for (const auto& outcome : outcomes) {
            // What was written wrongly does not mend itself.
            if (!ready && outcome.error && outcome.error->kind() == Kind::usage) throw Error(*outcome.error);
        }
        print_events(context, outcomes, ca);
        const auto next = next_event(outcomes, clock.now(), interval);
        server::notify_service_manager((ready ? "STATUS=next look at " : "READY=1\nSTATUS=next look at ") +
                                       base::format_time(next));
        ready = true;
        return next;
    };
    try {
        client::run_daemon({look, [&] { return fingerprint(context, words); }, interval}, clock, waker,
                           interruption.token());
    } catch (const Error&) {
        if (!interruption.requested()) throw;
    }
    server::notify_service_manager("STOPPING=1");
    interruption.forgive();
    return k_exit_done;
}

}  // namespace signet::cli
