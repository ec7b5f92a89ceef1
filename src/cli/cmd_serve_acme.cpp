#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/noted_settings.h"
#include "cli/passphrase.h"
#include "server/authorization_modes.h"
#include "server/daemon.h"

namespace signet::cli {
namespace {

// The keys of all authorities and the passing ones of handshakes, which a slow peer keeps for as long as it may.
constexpr std::size_t k_key_memory = 4 << 20;

struct Words {
    std::optional<std::string> listen, http_listen, external_url, auth, resolver;
    std::vector<std::string> hostnames, allow_targets;
    bool insecure_http_acme = false;
    std::optional<int> http01_port, tls_alpn01_port;
};

template <class T>
void override_with(T& setting, const std::optional<T>& word) {
    if (word) setting = *word;
}

void check_port(int port, const std::string& option) {
    if (port < 1 || port > 65535) throw base::Error{base::Kind::usage, option + " is a port from 1 to 65535"};
}

void check_words(const server::Settings& settings) {
    net::parse_host_port(settings.listen, "--listen");
    if (!settings.http_listen.empty()) net::parse_host_port(settings.http_listen, "--http-listen");
    if (!settings.resolver.empty()) net::parse_host_port(settings.resolver, "--resolver");
    if (!settings.external_url.empty()) {
        const auto url = net::parse_url(settings.external_url);
        if (url.scheme != "https" || url.target != "/") {
            throw base::Error{base::Kind::usage, "--external-url is https://HOST[:PORT] and nothing more"};
        }
    }
    check_port(settings.http01_port, "--http01-port");
    check_port(settings.tls_alpn01_port, "--tls-alpn01-port");
}

// Read anew for every change of the file; the flags stay above it.
server::Configuration load(const Context& context, const Words& words) {
    auto file = context.settings();
    server::Configuration configuration{std::move(file.server), std::move(file.profiles), std::move(file.authorities),
                                        file.stated};
    auto& settings = configuration.settings;
    override_with(settings.listen, words.listen);
    override_with(settings.http_listen, words.http_listen);
    override_with(settings.external_url, words.external_url);
    settings.external_url_given = words.external_url.has_value();
    override_with(settings.auth, words.auth);
    override_with(settings.resolver, words.resolver);
    override_with(settings.http01_port, words.http01_port);
    override_with(settings.tls_alpn01_port, words.tls_alpn01_port);
    settings.insecure_http_acme = settings.insecure_http_acme || words.insecure_http_acme;
    if (!words.hostnames.empty()) settings.hostnames.clear();
    for (const auto& name : words.hostnames) {
        settings.hostnames.push_back(x509::Identifier::parse(name).text());
    }
    if (!words.allow_targets.empty()) settings.allow_targets.clear();
    for (const auto& text : words.allow_targets) {
        settings.allow_targets.push_back(net::Cidr::parse(text, "--allow-target"));
    }
    check_words(settings);
    return configuration;
}

int run(Context& context, const Words& words) {
    if (!context.globals.quiet) {
        const auto level = context.globals.verbose > 1 ? base::Level::debug : base::Level::info;
        base::configure_log({.level = level, .json = context.globals.json, .timestamps = true});
    }
    if (!context.keys_locked)
        base::log(base::Level::warning, "the limit of locked memory is too low: keys may reach the swap space",
                  {{"hint", "allow 8 MiB of it: ulimit -l 8192, LimitMEMLOCK=8M in a systemd unit"}});
    const auto store = store::Store::open(context.store());
    server::run_daemon({.store = *store,
                        .keys = key_opener(context),
                        .clock = context.seams.clock,
                        .random = context.seams.random,
                        .make_resolver = context.seams.make_resolver,
                        .make_transport = context.seams.make_transport,
                        .load = [&] { return load(context, words); },
                        .note_settings = [&] { note_settings(context, *store, "server"); },
                        .settings_file = context.settings_file(),
                        .announce =
                            [&](const std::string& url) {
                                context.out.line("ready " + url);
                                context.out.flush();
                            }});
    return 0;
}

Options options(Words& words) {
    return {
        {.name = "listen",
         .label = "ADDR:PORT",
         .text = "HTTPS listener; port 0 takes a free one",
         .target = &words.listen,
         .default_text = "0.0.0.0:8443",
         .setting = "server.listen"},
        {.name = "http-listen",
         .label = "ADDR:PORT",
         .text = "plain HTTP listener for CA certificates, CRLs, OCSP and health; empty for none",
         .target = &words.http_listen,
         .default_text = "0.0.0.0:8080",
         .setting = "server.http_listen"},
        {.name = "hostname",
         .label = "NAME",
         .text = "name on the server's own certificate, and in its URLs",
         .target = &words.hostnames,
         .default_text = "the machine's name",
         .setting = "server.hostnames"},
        {.name = "external-url",
         .label = "URL",
         .text = "https URL of this server behind a load balancer",
         .target = &words.external_url,
         .setting = "server.external_url"},
        {.name = "auth",
         .label = "MODE",
         .text = "how accounts get authorizations under profiles that set no mode of their own",
         .target = &words.auth,
         .values = server::mode_names(),
         .default_text = "challenge",
         .setting = "profile.NAME.acme.auth"},
        {.name = "insecure-http-acme",
         .text = "serve ACME on the plain HTTP listener too",
         .target = &words.insecure_http_acme,
         .setting = "server.insecure_http_acme"},
        {.name = "resolver",
         .label = "ADDR:PORT",
         .text = "DNS server for validation",
         .target = &words.resolver,
         .default_text = "the system's resolution, hosts file too",
         .setting = "validation.resolver"},
        {.name = "http01-port",
         .label = "PORT",
         .text = "port that http-01 challenges are validated on",
         .target = &words.http01_port,
         .default_text = "80",
         .setting = "validation.http01_port"},
        {.name = "tls-alpn01-port",
         .label = "PORT",
         .text = "port that tls-alpn-01 challenges are validated on",
         .target = &words.tls_alpn01_port,
         .default_text = "443",
         .setting = "validation.tls_alpn01_port"},
        {.name = "allow-target",
         .label = "CIDR",
         .text = "let validation connect to these addresses though they are loopback or link-local",
         .target = &words.allow_targets,
         .setting = "validation.allow_targets"},
    };
}

constexpr auto k_description =
    "Serves ACME (RFC 8555) and the CA's public files over the store, behind a certificate that it issues to itself "
    "and renews without a restart. When it is ready it prints one line, `ready https://HOST:PORT/acme/directory`, and "
    "tells systemd.\n"
    "\n"
    "Modes: in `challenge` mode names are validated by http-01, dns-01 (wildcards by this alone) or "
    "tls-alpn-01, whichever the profile offers and the client takes; in `token` mode an account that a token bound "
    "(`signet token create`, external account binding) gets what the token and the profile permit, without challenges, "
    "and no other "
    "account gets anything; in `manual` mode orders wait until an operator approves them with `signet order approve`; "
    "in `trust` mode every account gets what the profile permits, which is for private networks only: it is warned "
    "about at start, in /health and in the audit log. What a token, an operator or trust gave permits no account to "
    "revoke another's certificate.\n"
    "\n"
    "An account whose key comes on the list of weak keys (signet(1)) is refused with badPublicKey from then on. One "
    "whose "
    "key is that of a certificate that is revoked as keyCompromise is revoked too and refused with unauthorized, in "
    "all "
    "that it asks for: whoever has the key could change it as well. Either machine registers again, with a new key; "
    "`signet account deactivate` ends any other account whose key has leaked.\n"
    "\n"
    "signet.toml is read again when it changes and on SIGHUP; a bad edit is logged and keeps the settings in force, "
    "and "
    "so does a file that vanished or was emptied. "
    "SIGTERM stops accepting, finishes what runs, and exits 0 within ten seconds. One serve-acme per store.\n"
    "\n"
    "Under systemd it takes sockets that are passed to it (FileDescriptorName= https and http, else the first is HTTPS "
    "and the second HTTP), and tells when it is ready, reloads and stops, and that it lives where WatchdogSec= asks.\n"
    "\n"
    "/metrics answers in the text format of Prometheus, /ready with 503 and reasons when no certificate could be "
    "issued. Under a CA that has expired the server starts all the same, for CRLs, OCSP and anchors: it is not ready, "
    "answers orders with serverInternal, and shows a certificate of its own making until `signet ca rotate`. When half "
    "of the 20,000 connections are taken, an address (IPv6: a /64) that has 1,024 gets no more; "
    "loopback addresses are not counted.\n"
    "\n"
    "Without hostnames, the server answers to the machine's name, localhost and the loopback addresses, and its "
    "certificate has them all: over ACME the machine's name is then never issued, and the others only where a "
    "challenge proves them.\n"
    "\n"
    "Private keys lie in memory of their own: locked, so that it is never swapped out, between guard pages, and left "
    "out "
    "of cores; what OpenSSL frees elsewhere is overwritten. The server writes no core, one that root takes of it "
    "(gcore) holds none of its memory, and nobody but root reads /proc/PID/mem, not even the user it runs as. Where "
    "less than 8 MiB may be locked (LimitMEMLOCK= of systemd, ulimit -l) it warns at its start, and keys may reach the "
    "swap space. A passphrase stays in ordinary memory, hidden like all of it, but not locked.\n"
    "\n"
    "Each request is one line on standard error: method, path (without the query), status, remote (the client), "
    "account, event (the detail of a serverInternal names it too), us (microseconds), and why it was refused: problem "
    "and detail. "
    "Headers, queries and bodies are not logged, but for what a detail quotes.";

}  // namespace

Command serve_acme_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "serve-acme",
        .summary = "run the ACME server over the store",
        .description = k_description,
        .options = options(*words),
        .examples = {{"signet serve-acme --hostname ca.internal",
                      "challenges are validated on ports 80 and 443 of each name, or in DNS"},
                     {"signet serve-acme --auth trust --listen 127.0.0.1:8443", "for a try on one machine"}},
        .exit_codes = {{0, "stopped by SIGTERM or SIGINT"},
                       {2, "wrong usage, or settings that cannot be used"},
                       {3, "no store, a port in use, or another serve-acme on this store"}},
        .see_also = {"ca init", "fetch", "order approve"},
        .key_memory = k_key_memory,
        .run = [words](Context& context) { return run(context, *words); },
    };
}

}  // namespace signet::cli
