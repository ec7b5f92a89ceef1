#include <memory>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/status_report.h"
#include "cli/tell_events.h"

namespace signet::cli {
namespace {

struct Words {
    std::vector<std::string> targets;
    std::optional<base::Duration> warn, crit;
    std::string format = "text";
    bool notify = false;
};

const StatusFormat& format_of(const Context& context, const Words& words) {
    const std::string_view wanted = context.out.json() ? "json" : std::string_view(words.format);
    for (const auto& format : status_formats())
        if (format.name == wanted) return format;
    return status_formats().front();
}

int look(Context& context, const Words& words) {
    const inspect::WantedLimits wanted{words.warn, words.crit};
    const auto items =
        words.targets.empty() ? items_of_store(context, wanted) : items_of(context, words.targets, wanted);
    if (items.empty() && words.format == "text") context.out.note("there is nothing that could end");
    if (words.notify && !tell_events(context, items))
        context.out.warning("--notify has nobody to tell: set command or url of [notify] in signet.toml");
    format_of(context, words).print(context.out, items, context.seams.clock.now());
    return inspect::plugin_code(health_of(items));
}

int run(Context& context, const Words& words) {
    try {
        return look(context, words);
    } catch (const base::Error& error) {
        if (words.format != "nagios" || context.out.json()) throw;
        // What a plugin does not say on standard output, nobody reads.
        context.out.line("UNKNOWN - " + error.message());
        return inspect::plugin_code(inspect::Health::unknown);
    }
}

std::vector<std::string> format_names() {
    std::vector<std::string> names;
    for (const auto& format : status_formats()) names.emplace_back(format.name);
    return names;
}

Options options(Words& words) {
    return {{.name = "warn",
             .label = "DURATION",
             .text = "WARNING when less than that is left",
             .target = &words.warn,
             .default_text = "30d; 25 % of lifetimes under 90 days"},
            {.name = "crit",
             .label = "DURATION",
             .text = "CRITICAL when less than that is left",
             .target = &words.crit,
             .default_text = "7d; 10 % of lifetimes under 90 days"},
            {.name = "notify",
             .text = "tell the receiver of [notify] in signet.toml what waits, and which ends are near",
             .target = &words.notify},
            {.name = "format",
             .label = "FORMAT",
             .text = "for people, programs, Nagios or Prometheus; --json is json",
             .target = &words.format,
             .values = format_names(),
             .default_text = "text"}};
}

constexpr char k_description[] =
    "Without words: the authorities and the saved certificates of the store, what ends first in front. A FILE is PEM "
    "or "
    "DER; of several certificates in it the one that ends first counts. A DIR is a certificate directory, or has some, "
    "or files with certificates, in it. host:port shakes hands for real and looks at the chain that is sent; whether "
    "it is to be believed is for `signet verify`.\n\n"
    "Each line starts with OK, WARNING, CRITICAL or EXPIRED, says how long the certificate lives, whether its renewal "
    "is due, and what happens next, as `signet renew` would find it; no CA is asked for that. Limits given are "
    "absolute. Critical are, besides, a certificate that is not valid "
    "yet, one that this store revoked, and an endpoint that cannot be reached. What cannot be read stands on standard "
    "error and makes the result UNKNOWN, unless something worse was seen. The exit code is that of a monitoring "
    "plugin, for wrong usage too.\n\n"
    "--format nagios prints one line with performance data: seconds left, with the limits as ranges. --format "
    "prometheus is for the textfile collector of the node exporter; deploy/prometheus/alerts.yml has alerts over it. "
    "--format json: state, exit_code, at and certificates[], each with target, kind (saved, authority, file, "
    "endpoint, crl, notify), "
    "state, the members that a certificate always has (see list), certificates (how many there are), days_left, "
    "seconds_left, warning_from, critical_from, due, is_due and next; or with error.\n\n"
    "The CRL of a root whose key is elsewhere (`ca import`) is told of when it is about to end, by the same limits.\n\n"
    "Events of the store (signet-events(7)) that were given up within a week, or that wait for their receiver for more "
    "than ten minutes, are a WARNING.";

}  // namespace

Command status_command() {
    auto words = std::make_shared<Words>();
    return {.name = "status",
            .summary = "what ends when, for people and for monitoring",
            .description = k_description,
            .arguments = {{.label = "FILE|DIR|HOST:PORT",
                           .text = "what to look at",
                           .target = &words->targets,
                           .many = true,
                           .complete = Complete::file}},
            .options = options(*words),
            .examples = {{"signet status", "everything in the store"},
                         {"signet status db.internal:5432 /etc/tls --warn 14d --crit 3d", ""},
                         {"signet status --format nagios", "as a plugin of Nagios or Icinga"},
                         {"signet status --format prometheus | sponge /var/lib/node_exporter/signet.prom",
                          "from cron, for the node exporter"}},
            .exit_codes = {{0, "OK"},
                           {1, "WARNING"},
                           {2, "CRITICAL or EXPIRED"},
                           {3, "UNKNOWN: something could not be looked at; wrong usage"}},
            .see_also = {"renew", "verify", "list"},
            .error_exit = inspect::plugin_code(inspect::Health::unknown),
            .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
