#include "base/error.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/renew_round.h"
#include "deliver/hooks.h"
#include "net/http.h"

namespace signet::cli {
namespace {

client::RenewOptions options_of(const RenewWords& words) {
    client::RenewOptions options;
    if (words.before) options.before = client::parse_before(*words.before);
    options.force = words.force;
    options.dry_run = words.dry_run;
    options.reuse_key = words.reuse_key;
    options.by_name = !words.targets.empty();
    options.hooks = {words.exec.value_or(""), words.signal.value_or("")};
    return options;
}

int run(Context& context, const RenewWords& words) {
    auto options = options_of(words);
    if (context.globals.config) context.settings();  // wrong ones are said before anything is renewed
    if (words.exec) deliver::check_command(*words.exec);
    if (words.signal) deliver::check_signal(*words.signal);
    if (words.probe) net::parse_host_port(*words.probe, "--probe");
    if (words.daemon) return renew_forever(context, words, options);
    options.jitter = words.jitter.value_or(base::Duration::zero());
    const Interruption interruption;
    LazyCa ca(context);
    const auto outcomes = renew_round(context, words, options, ca, interruption);
    print_round(context, outcomes, ca);
    return exit_code_of(outcomes, words.detailed_exit_code);
}

Options command_options(RenewWords& words) {
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
         .text = "signal a process, once, when something changed; USR1, USR2 and others may stand for HUP",
         .target = &words.signal},
        {.name = "probe",
         .label = "HOST:PORT",
         .text = "then ask the service which certificate it serves",
         .target = &words.probe},
        {.name = "detailed-exit-code",
         .text = "exit 6 when something was renewed",
         .target = &words.detailed_exit_code},
        {.name = "reuse-key", .text = "keep the key", .target = &words.reuse_key},
        {.name = "daemon",
         .text = "stay, and renew each when it is due, until a signal ends it",
         .target = &words.daemon,
         .conflicts = {"force", "dry-run", "detailed-exit-code"}},
        {.name = "interval",
         .label = "DURATION",
         .text = "with --daemon: look at all of them at least that often",
         .target = &words.interval,
         .default_text = "12h"},
        {.name = "jitter",
         .label = "DURATION",
         .text = "put off the moment by lifetime by up to this much, by a share that the certificate decides",
         .target = &words.jitter,
         .default_text = "10m with --daemon, else none"},
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
    "What the CA's renewal information says is kept with its Retry-After, and a URL that explains it is shown. When "
    "the "
    "CA cannot be asked, what it said before counts, else the lifetime; it can put a renewal off, but not into the "
    "last "
    "tenth. After a third failure in a row, runs without names wait: a minute, then twice as long each time, six hours "
    "or a twelfth of the time left at most. DIR/.signet/renewal-state.toml remembers it, and may be deleted. A server "
    "that "
    "limits the rate and names a time (Retry-After) is not asked before it, by name neither, but with --force.\n\n"
    "With --daemon it stays: for a sidecar, or a service. It sleeps until the next certificate is due, and looks once "
    "a "
    "minute whether files were edited or the clock has jumped. SIGHUP makes it look at once; SIGTERM ends it with exit "
    "0. A certificate that is not there yet is waited for. It tells systemd when it is ready (Type=notify).\n\n"
    "--dry-run asks the CA for its directory and the account, or the policy of this store, places no order and writes "
    "nothing.\n\n"
    "A directory that another user owns, or that others may write, is refused: what root's cron job obeys, no service "
    "may edit. Programs named with --exec run as the caller, with SIGNET_HOOK_DIR, _NAMES, _SERIAL, _OLD_SERIAL, "
    "_NOT_AFTER, _CERT, _KEY and _CA in their environment.\n\n"
    "At last it tells the receiver of [notify] in signet.toml what happened over the store (signet-events(7)), where "
    "no "
    "serve-acme does.";

}  // namespace

Command renew_command() {
    auto words = std::make_shared<RenewWords>();
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
                         {"signet renew /etc/tls --daemon --signal HUP:exe=/usr/sbin/nginx", "a sidecar"},
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
