#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/enrolment.h"
#include "cli/exit_code.h"
#include "cli/interruption.h"
#include "cli/local_ca.h"
#include "cli/options.h"
#include "cli/probe_served.h"
#include "client/renew.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Json;
using base::Kind;

constexpr base::Duration k_patience = std::chrono::seconds(60);

struct Words {
    std::vector<std::string> targets;
    std::optional<std::string> before, exec, signal, probe;
    bool force = false;
    bool dry_run = false;
    bool detailed_exit_code = false;
    bool reuse_key = false;
};

// One directory and what became of it.
struct Outcome {
    base::Path directory;
    std::optional<client::Renewed> renewed;
    std::optional<Error> error;
    bool in_effect = true;
};

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

// Opens the store's CA when the first directory needs it.
class LazyCa {
public:
    explicit LazyCa(const Context& context) : context_(context) {}
    client::LocalCa& operator()() {
        if (!opened_) opened_ = std::make_unique<OpenedCa>(context_);
        return opened_->local();
    }

private:
    const Context& context_;
    std::unique_ptr<OpenedCa> opened_;
};

client::RenewOptions options_of(const Words& words) {
    client::RenewOptions options;
    if (words.before) options.before = client::parse_before(*words.before);
    options.force = words.force;
    options.dry_run = words.dry_run;
    options.reuse_key = words.reuse_key;
    options.hooks = {words.exec.value_or(""), words.signal.value_or("")};
    return options;
}

// One failure does not stop the rest.
std::vector<Outcome> renew_all(Context& context, const Words& words, const client::RenewOptions& options, LazyCa& ca,
                               const Interruption& interruption) {
    InterruptibleClock clock(context.seams.clock, interruption.token());
    const client::FetchSeams seams{.make_transport = interruption.transports(context.seams.make_transport),
                                   .clock = clock,
                                   .patience = k_patience,
                                   .progress = [&](std::string_view step) { context.out.progress(step); }};
    auto words_or_all = words.targets;
    if (words_or_all.empty()) {
        for (const auto& directory : saved_directories(context)) words_or_all.push_back(directory.string());
    }
    std::vector<Outcome> outcomes;
    for (const auto& word : words_or_all) {
        if (interruption.requested()) break;
        Outcome outcome{.directory = word, .renewed = {}, .error = {}};
        try {
            outcome.directory = directory_of(context, word);
            outcome.renewed = client::renew(
                outcome.directory, options, [&]() -> client::LocalCa& { return ca(); }, seams);
        } catch (const Error& error) {
            outcome.error = error.with("renewing " + outcome.directory.string());
            context.out.error(*outcome.error);
        }
        outcomes.push_back(std::move(outcome));
    }
    return outcomes;
}

// Once all new files are in place, and only for those that changed (or are owed from a former run).
void tell_services(Context& context, const client::RenewOptions& options, std::vector<Outcome>& outcomes) {
    client::SignalsSent sent;
    for (auto& outcome : outcomes) {
        if (!outcome.renewed) continue;
        auto& renewed = *outcome.renewed;
        outcome.in_effect =
            tell_service(context, renewed.directory, renewed.leaf, options.hooks, std::move(renewed.activation), sent);
    }
}

void probe(Context& context, const Words& words, const client::RenewOptions& options, std::vector<Outcome>& outcomes) {
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

// Several outcomes at once: the environment beats wrong usage, that a refusal, that the network, and so on.
int exit_code_of(const std::vector<Outcome>& outcomes, bool detailed) {
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

std::string state_of(const client::Renewed& renewed) {
    if (renewed.would_change) return "would be renewed";
    return renewed.changed ? "renewed" : "not due";
}

void print_text(Context& context, const std::vector<Outcome>& outcomes) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& outcome : outcomes) {
        if (!outcome.renewed) {
            rows.push_back({outcome.directory.string(), "failed", "", ""});
            continue;
        }
        const auto& renewed = *outcome.renewed;
        for (const auto& note : renewed.notes) context.out.note(renewed.directory.string() + ": " + note);
        rows.push_back({renewed.directory.string(), outcome.in_effect ? state_of(renewed) : "not in effect",
                        base::format_time(renewed.leaf.not_after()), base::format_time(renewed.due)});
    }
    context.out.table({"DIRECTORY", "STATE", "VALID UNTIL", "DUE"}, rows);
}

Json renewed_json(const client::Renewed& renewed, LazyCa& ca, base::Time now) {
    if (renewed.acme_profile) return fetched_json(renewed.leaf, *renewed.acme_profile, now);
    return certificate_json(ca().store, renewed.leaf, now);
}

void print_json(Context& context, const std::vector<Outcome>& outcomes, LazyCa& ca) {
    Json all = Json::array();
    bool changed = false;
    for (const auto& outcome : outcomes) {
        if (!outcome.renewed) {
            Json failed = error_json(*outcome.error);
            failed["dir"] = outcome.directory.string();
            failed["changed"] = false;
            all.push_back(std::move(failed));
            continue;
        }
        const auto& renewed = *outcome.renewed;
        auto json = renewed_json(renewed, ca, context.seams.clock.now());
        add_files(json, renewed.directory, renewed.changed ? renewed.files : files_in(renewed.directory),
                  renewed.changed, renewed.notes);
        json["due"] = base::format_time(renewed.due);
        json["state"] = outcome.in_effect ? state_of(renewed) : "not in effect";
        changed = changed || renewed.changed;
        all.push_back(std::move(json));
    }
    context.out.document({{"changed", changed}, {"certificates", std::move(all)}});
}

int run(Context& context, const Words& words) {
    const auto options = options_of(words);
    if (words.signal) client::check_signal(*words.signal);
    if (words.probe) net::parse_host_port(*words.probe, "--probe");
    LazyCa ca(context);
    const Interruption interruption;
    auto outcomes = renew_all(context, words, options, ca, interruption);
    if (!words.dry_run) {
        tell_services(context, options, outcomes);
        if (words.probe) probe(context, words, options, outcomes);
    }
    context.out.json() ? print_json(context, outcomes, ca) : print_text(context, outcomes);
    return exit_code_of(outcomes, words.detailed_exit_code);
}

Options command_options(Words& words) {
    return {
        {.name = "before",
         .label = "33%|30d",
         .text = "renew earlier: when so much of the lifetime, or so much time, is left",
         .target = &words.before},
        {.name = "force", .text = "renew whether due or not", .target = &words.force},
        {.name = "dry-run", .text = "go through all of it and change nothing", .target = &words.dry_run},
        {.name = "exec",
         .label = "CMD",
         .text = "run this, directly and without a shell, for each directory that changed",
         .target = &words.exec},
        {.name = "signal",
         .label = "HUP:PIDFILE|HUP:exe=/PATH",
         .text = "signal a process, once, when something changed",
         .target = &words.signal},
        {.name = "probe",
         .label = "HOST:PORT",
         .text = "then ask the service which certificate it serves",
         .target = &words.probe},
        {.name = "detailed-exit-code",
         .text = "exit 6 when something was renewed",
         .target = &words.detailed_exit_code},
        {.name = "reuse-key", .text = "keep the key", .target = &words.reuse_key},
    };
}

constexpr char k_description[] =
    "Renews what `signet issue` and `signet fetch` have saved and what is due: when a third of the lifetime is left "
    "(half for lifetimes under ten days), or when the CA's renewal information (RFC 9773) says so. Certificates of "
    "this store renew in process, by the store's own record of the directory; the others over ACME, by "
    "DIR/.signet/renewal.toml. Without names, everything under certificates/ of the store.\n\n"
    "A certificate that was revoked in this store is refused when it is due, and replaced only with --force; together "
    "with --reuse-key not even then if the reason was keyCompromise.\n\n"
    "Made for cron: one failure does not stop the rest, two runs at once do no harm, and nothing happens when nothing "
    "is due. When --exec or --signal fails, the files stay in place, the exit code is 5, and the next run tries again, "
    "with its own hook or else the one that failed, though nothing is due.\n\n"
    "A directory that another user owns, or that others may write, is refused: what root's cron job obeys, no service "
    "may edit. Programs named with --exec run as the caller, with SIGNET_HOOK_DIR, _NAMES, _SERIAL, _OLD_SERIAL, "
    "_NOT_AFTER, _CERT, _KEY and _CA in their environment.";

}  // namespace

Command renew_command() {
    auto words = std::make_shared<Words>();
    return {.name = "renew",
            .summary = "renew what is due, here or over ACME",
            .description = k_description,
            .arguments = {{.label = "DIR|NAME",
                           .text = "a certificate directory, or the name of one saved in the store",
                           .target = &words->targets,
                           .many = true,
                           .complete = Complete::saved_certificate}},
            .options = command_options(*words),
            .examples = {{"signet renew --exec 'systemctl reload nginx'", "from cron: everything that is due"},
                         {"signet renew /etc/tls --signal HUP:/run/envoy.pid --probe localhost:8443",
                          "one directory, and see that the service has it"}},
            .exit_codes = {{k_exit_done, "done, or nothing was due"},
                           {k_exit_refused, "a certificate was refused"},
                           {k_exit_usage, "wrong usage"},
                           {k_exit_environment, "no store, no permission, a full disk"},
                           {k_exit_network, "a server cannot be reached or fails; worth a retry"},
                           {k_exit_not_in_effect, "renewed, but a hook failed or the service serves another one"},
                           {k_exit_renewed, "with --detailed-exit-code: something was renewed"}},
            .see_also = {"issue", "fetch"},
            .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
