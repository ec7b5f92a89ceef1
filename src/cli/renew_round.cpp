#include "cli/renew_round.h"

#include <algorithm>

#include "cli/enrolment.h"
#include "cli/exit_code.h"
#include "cli/probe_served.h"
#include "cli/tell_events.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr base::Duration k_renewal_patience = std::chrono::seconds(60);

bool holds_certificate(const base::Path& directory) {
    std::error_code ignored;
    // A symlink that leads nowhere counts: what is damaged is to be named, not passed over.
    return std::filesystem::symlink_status(directory / "tls.crt", ignored).type() !=
           std::filesystem::file_type::not_found;
}

// Everything that was saved in the store.
std::vector<base::Path> saved_directories(const Context& context) {
    const auto store = store::Store::open(context.store());
    std::vector<base::Path> directories;
    std::error_code error;
    const base::Path saved = store->layout().certificates();
    for (std::filesystem::directory_iterator entry(saved, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_directory(ignored) && holds_certificate(entry->path())) {
            directories.push_back(canonical_directory(entry->path()));
        }
    }
    // "nothing is due" must not stand for "could not look".
    if (error && error != std::errc::no_such_file_or_directory) base::throw_errno(error.value(), "list", saved);
    std::ranges::sort(directories);
    return directories;
}

// A word with a slash, or one that is a directory with a certificate, is a directory; else the name of a saved one.
base::Path directory_of(const Context& context, const std::string& word) {
    if (word.find('/') != std::string::npos && word.find("://") == std::string::npos) return canonical_directory(word);
    if (holds_certificate(word)) return canonical_directory(word);
    const auto saved = store::Layout(context.store()).certificate(x509::Identifier::parse(word).text());
    if (holds_certificate(saved)) return canonical_directory(saved);
    throw Error(Kind::not_found, "there is no certificate in ./" + word + " nor in " + saved.string(),
                "get it first: signet issue " + word + ", or signet fetch");
}

// One failure does not stop the rest.
std::vector<RenewOutcome> renew_all(Context& context, const RenewWords& words, const client::RenewOptions& options,
                                    LazyCa& ca, const Interruption& interruption) {
    InterruptibleClock clock(context.seams.clock, interruption.token());
    const auto targets = renewal_targets(context, words);
    const bool many = targets.size() > 1;
    std::string subject;
    const client::FetchSeams seams{.make_transport = interruption.transports(context.seams.make_transport),
                                   .clock = clock,
                                   .patience = k_renewal_patience,
                                   .progress = [&](std::string_view step) { context.out.step(subject, step, many); },
                                   .stop = interruption.token()};
    std::vector<RenewOutcome> outcomes;
    for (const auto& word : targets) {
        if (interruption.requested()) break;
        RenewOutcome outcome{.directory = word, .renewed = {}, .error = {}};
        try {
            outcome.directory = directory_of(context, word);
            subject = outcome.directory.string();
            outcome.renewed = client::renew(
                outcome.directory, options, [&]() -> client::LocalCa& { return ca(); }, seams);
            if (outcome.renewed->changed) context.out.done(subject, done_text(outcome.renewed->leaf));
        } catch (const Error& error) {
            outcome.error = error.with("renewing " + outcome.directory.string());
            context.out.error(*outcome.error);
        }
        outcomes.push_back(std::move(outcome));
    }
    return outcomes;
}

// Once all new files are in place, and only for those that changed (or are owed from a former run).
void tell_services(Context& context, const client::RenewOptions& options, std::vector<RenewOutcome>& outcomes) {
    client::SignalsSent sent;
    for (auto& outcome : outcomes) {
        if (!outcome.renewed) continue;
        auto& renewed = *outcome.renewed;
        outcome.in_effect =
            tell_service(context, renewed.directory, renewed.leaf, options.hooks, std::move(renewed.activation), sent);
    }
}

void probe(Context& context, const RenewWords& words, const client::RenewOptions& options,
           std::vector<RenewOutcome>& outcomes) {
    std::vector<x509::Certificate> leaves;
    for (const auto& outcome : outcomes) {
        if (outcome.renewed) leaves.push_back(outcome.renewed->leaf);
    }
    if (leaves.empty()) return;
    const auto problem = probe_served(*words.probe, leaves, context.seams.dialer, context.seams.clock);
    if (!problem) {
        context.out.progress(*words.probe + " serves it");
        return;
    }
    context.out.warning(*problem);
    for (auto& outcome : outcomes) {
        if (!outcome.renewed) continue;
        outcome.in_effect = false;
        if (!options.hooks.empty()) {
            client::remember_activation(outcome.directory, options.hooks, outcome.renewed->old_serial);
        }
    }
}

}  // namespace

std::vector<std::string> renewal_targets(const Context& context, const RenewWords& words) {
    std::vector<std::string> targets;
    for (const auto& word : words.targets) {
        try {
            targets.push_back(directory_of(context, word).string());
        } catch (const Error&) {
            targets.push_back(word);
        }
    }
    if (targets.empty()) {
        for (const auto& directory : saved_directories(context)) targets.push_back(directory.string());
    }
    return targets;
}

std::vector<RenewOutcome> renew_round(Context& context, const RenewWords& words, const client::RenewOptions& options,
                                      LazyCa& ca, const Interruption& interruption) {
    auto outcomes = renew_all(context, words, options, ca, interruption);
    if (options.dry_run) return outcomes;
    tell_services(context, options, outcomes);
    if (words.probe) probe(context, words, options, outcomes);
    tell_events(context);
    return outcomes;
}

// Several outcomes at once: the environment beats wrong usage, that a refusal, that the network, and so on.
int exit_code_of(const std::vector<RenewOutcome>& outcomes, bool detailed) {
    constexpr int k_order[] = {k_exit_environment, k_exit_usage,         k_exit_refused,
                               k_exit_network,     k_exit_not_in_effect, k_exit_renewed};
    std::vector<int> codes;
    for (const auto& outcome : outcomes) {
        if (outcome.error) codes.push_back(exit_code(outcome.error->kind()));
        if (!outcome.in_effect) codes.push_back(k_exit_not_in_effect);
        if (detailed && outcome.renewed && (outcome.renewed->changed || outcome.renewed->would_change)) {
            codes.push_back(k_exit_renewed);
        }
    }
    for (const int code : k_order) {
        if (std::ranges::find(codes, code) != codes.end()) return code;
    }
    return k_exit_done;
}

}  // namespace signet::cli
