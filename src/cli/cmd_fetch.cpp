#include <nlohmann/json.hpp>

#include "acme/challenges.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/enrolment.h"
#include "cli/exit_code.h"
#include "cli/fetch_words.h"
#include "cli/input_file.h"
#include "cli/interruption.h"
#include "cli/terms_question.h"
#include "client/fetch.h"
#include "client/first_run.h"
#include "deliver/hooks.h"
#include "store/store.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Json;
using base::Kind;

constexpr base::Duration k_patience = std::chrono::seconds(60);
constexpr std::size_t k_anchors_limit = 4 << 20;
constexpr std::size_t k_secret_limit = 16 << 10;  // a token has 200 characters

std::vector<x509::Certificate> read_anchors(const std::optional<base::Path>& file) {
    if (!file) return {};
    return x509::parse_certificates(read_input(*file, k_anchors_limit), file->string());
}

/// Where to, and how to be let in.
struct Destination {
    std::string server;
    std::string root_sha256;  // hex; empty: none was given
    std::shared_ptr<const acme::AccountBinding> binding;
};

Destination by_token(const FetchWords& words) {
    if (words.token && words.token_file) throw Error(Kind::usage, "--token and --token-file exclude each other");
    if (words.server || words.root || words.root_sha256 || words.eab_kid) {
        throw Error(Kind::usage, "a token says which server and which root: --server, --root and --eab-kid exclude it",
                    "leave them out, also as SIGNET_SERVER, SIGNET_ROOT and SIGNET_EAB_KID");
    }
    if (words.token_file) refuse_dash(*words.token_file, "--token-file");
    const base::Secret text(words.token ? *words.token : read_input(*words.token_file, k_secret_limit));
    auto token = acme::parse_token(text.reveal());
    return {std::move(token.directory), base::hex_encode(token.root_sha256),
            std::make_shared<const acme::AccountBinding>(std::move(token.binding))};
}

std::shared_ptr<const acme::AccountBinding> binding_of(const FetchWords& words) {
    const bool has_key = words.eab_hmac_key || words.eab_hmac_key_file;
    if (words.eab_kid.has_value() != has_key) {
        throw Error(Kind::usage, "an external account binding has both a kid and a key",
                    "give --eab-kid with --eab-hmac-key or --eab-hmac-key-file");
    }
    if (!has_key) return nullptr;
    if (words.eab_kid->empty()) throw Error(Kind::usage, "--eab-kid is empty");
    if (words.eab_hmac_key_file) refuse_dash(*words.eab_hmac_key_file, "--eab-hmac-key-file");
    const base::Secret text(words.eab_hmac_key ? *words.eab_hmac_key
                                               : read_input(*words.eab_hmac_key_file, k_secret_limit));
    const auto what = words.eab_hmac_key ? std::string("--eab-hmac-key") : words.eab_hmac_key_file->string();
    return std::make_shared<const acme::AccountBinding>(
        acme::AccountBinding{*words.eab_kid, acme::parse_mac_key(text.reveal(), what)});
}

Destination destination_of(const FetchWords& words) {
    if (words.token || words.token_file) return by_token(words);
    if (!words.server) {
        throw Error(Kind::usage, "which server is not said",
                    "give --server URL, or a token of its operator with --token or --token-file");
    }
    return {client::directory_url(*words.server, words.insecure_http),
            words.root_sha256 ? client::parse_root_hash(*words.root_sha256) : "", binding_of(words)};
}

int port_of(const std::optional<int>& given, int usual, const std::string& option) {
    const int port = given.value_or(usual);
    if (port >= 1 && port <= 65535) return port;
    throw Error(Kind::usage, option + " " + std::to_string(port) + " is no port",
                "give one from 1 to 65535; the server must be told too");
}

std::string dns_hook_of(const FetchWords& words) {
    const auto hook = words.dns_hook.value_or("");
    const bool named = !base::split_command(hook).empty();  // which throws for an open quote, whatever the challenge
    if (words.challenge == "dns-01" && !named && !words.dns_update) {
        throw Error(Kind::usage, "dns-01 needs a program that writes the TXT record, or a server that takes it",
                    "name it with --dns-hook or --dns-update");
    }
    return hook;
}

void read_dns_update(const FetchWords& words, client::RenewalRecord& record) {
    if (words.dns_update_key && !words.dns_update) {
        throw Error(Kind::usage, "--dns-update-key is for --dns-update", "name the server with --dns-update");
    }
    if (!words.dns_update) return;
    net::parse_update_server(*words.dns_update, "--dns-update");
    record.dns_update = *words.dns_update;
    if (!words.dns_update_key) return;
    const auto text = base::read_private_file(*words.dns_update_key, k_secret_limit);
    net::parse_update_key(text, words.dns_update_key->string());
    record.dns_update_key = std::make_shared<const base::Secret>(text);
}

client::RenewalRecord record_of(const FetchWords& words, const Destination& destination) {
    client::RenewalRecord record;
    record.server = destination.server;
    record.binding = destination.binding;
    record.server_roots = read_anchors(words.root);
    record.issued_anchors = read_anchors(words.ca_file);
    record.csr = read_request(words.csr);
    record.names = names_that_count(words.names, record.csr);
    record.challenge = words.challenge.value_or("auto");
    if (words.webroot) record.webroot = canonical_directory(*words.webroot).string();
    record.http01_port = port_of(words.http01_port, 80, "--http01-port");
    record.tls_alpn01_port = port_of(words.tls_alpn01_port, 443, "--tls-alpn01-port");
    record.dns_hook = dns_hook_of(words);
    read_dns_update(words, record);
    record.preferred_chain = words.preferred_chain.value_or("");
    record.profile = words.profile.value_or("");
    record.key_type = words.key_type.value_or(crypto::KeyType::ec_p256);
    record.validity = words.validity;
    record.reuse_key = words.reuse_key;
    if (!words.format.formats.empty()) record.formats = words.format.formats;
    record.format_options = parse_format_options(words.format);
    record.access = parse_access(words.ownership);
    record.hooks.exec = words.exec.value_or("");
    deliver::check_command(record.hooks.exec);
    record.insecure_http = words.insecure_http;
    record.agree_tos = words.agree_tos;
    record.email = words.email.value_or("");
    return record;
}

// With --out nothing of a store is looked at: an init container has none.
base::Path directory_of(const Context& context, const FetchWords& words, const client::RenewalRecord& record) {
    if (words.out) return canonical_directory(*words.out);
    const auto store = store::Store::open(context.store());
    return canonical_directory(store->layout().certificate(record.names.front().text()));
}

void print(Context& context, const client::RenewalRecord& record, const base::Path& directory,
           const x509::Certificate& leaf, const std::vector<base::Path>& files, bool changed,
           const std::vector<std::string>& notes) {
    if (context.out.json()) {
        const auto saved = client::load_renewal_record(directory);
        auto json = fetched_json(leaf, saved ? *saved : record, context.seams.clock.now());
        add_files(json, directory, files, changed, notes);
        context.out.document(json);
        return;
    }
    context.out.facts({{changed ? "saved in" : "kept in", directory.string()},
                       {"serial", leaf.serial_hex()},
                       {"valid until", base::format_time(leaf.not_after())}});
}

int finish(Context& context, const base::Path& directory, const x509::Certificate& leaf, const client::Activation& own,
           client::ActivationLock held) {
    client::SignalsSent sent;
    return tell_service(context, directory, leaf, own, std::move(held), sent) ? k_exit_done : k_exit_not_in_effect;
}

int keep(Context& context, const base::Path& directory, const client::RenewalRecord& record) {
    const auto leaf = deliver::installed(directory)->chain.front();
    context.out.progress("what is there is valid, for these names, and not due: kept");
    print(context, record, directory, leaf, files_in(directory), false, {});
    return finish(context, directory, leaf, record.hooks, std::nullopt);
}

int run(Context& context, const FetchWords& words) {
    const Interruption interruption;
    InterruptibleClock clock(context.seams.clock, interruption.token());
    const auto destination = destination_of(words);
    const auto record = record_of(words, destination);
    const client::FetchRun once{
        .root_sha256 = destination.root_sha256, .replaces = {}, .reuse_key = false, .hooks = {}, .force = words.force};
    const auto directory = directory_of(context, words, record);
    const auto subject = record.names.front().text();
    if (!words.force && !client::reason_to_replace(directory, record, context.seams.clock.now())) {
        return keep(context, directory, record);
    }
    check_writable(directory);
    const client::FirstRun lock(directory);
    if (!words.force) {  // another run may have been first
        const auto reason = client::reason_to_replace(directory, record, context.seams.clock.now());
        if (!reason) return keep(context, directory, record);
        context.out.step(subject, "getting a certificate: " + *reason);
    }
    auto [enrolled, activation] =
        client::fetch(directory, record, once,
                      {.make_transport = interruption.transports(context.seams.make_transport),
                       .clock = clock,
                       .patience = words.timeout.value_or(k_patience),
                       .progress = [&](std::string_view step) { context.out.step(subject, step); },
                       .ask_about_terms = terms_question(context.out, interruption.token()),
                       .stop = interruption.token()});
    context.out.done(subject, done_text(enrolled.leaf));
    for (const auto& note : enrolled.notes) context.out.note(note);
    print(context, record, directory, enrolled.leaf, enrolled.files, true, enrolled.notes);
    return finish(context, directory, enrolled.leaf, record.hooks, std::move(activation));
}

constexpr char k_description[] =
    "Gets a certificate from an ACME server (RFC 8555) into a directory. Made for init containers and cron jobs: a "
    "certificate that is there, valid, for these names and not due is kept, byte for byte; a server that is not up yet "
    "is waited for; no store, no shell, no HOME and no writable disk outside DIR are needed.\n\n"
    "Nothing is written unless what came back has our key and our names, holds now, and verifies. The server is "
    "believed by --token, --root, --root-sha256 or the system's trust store. DIR/.signet keeps the account key and how "
    "to get the next one, for `signet renew`.\n\n"
    "With a token, one of `signet token create` on the CA's host, nothing else is needed: the root with its hash is "
    "looked up first, and nothing is signed before the server has proved to hang on it. A token given again finds the "
    "account that it made; another one makes a new account, which takes the former one's place once it has a "
    "certificate. DIR/.signet keeps the binding too (0600), so that `signet renew` registers again should the server "
    "have lost the account, as long as the token allows it. On a command line others can see a token: prefer "
    "--token-file, or SIGNET_TOKEN_FILE.\n\n"
    "--dns-hook names a program that answers dns-01, which wildcards need. It is run as `CMD present NAME VALUE`, with "
    "the same in SIGNET_HOOK_ACTION, _NAME and _VALUE; NAME is the record's full name with the final dot. It puts a "
    "TXT "
    "record VALUE there beside any that are there, and returns when the zone's servers answer with it. Afterwards it "
    "is "
    "run as `CMD cleanup NAME VALUE`, however the challenge went. It has five minutes, and runs as the caller. Where "
    "the zone's name server takes updates, --dns-update names it, and no program is needed.\n\n"
    "A run that fails leaves DIR as it was, and takes its own .signet away again, unless it registered an account: "
    "that one is kept for the next run.\n\n"
    "A server that limits the rate and says until when (Retry-After) is waited for as long as --timeout allows; after "
    "that no run asks it again for this directory before the time it named, unless --force.\n\n"
    "On a terminal one line shows how far it is, and is overwritten; elsewhere each step is a line.\n\n"
    "SIGTERM at any moment leaves what was there whole; what stands for a challenge is taken back first, and a "
    "--dns-hook that is running is ended and run for its cleanup.\n\n"
    "With --json, `account` is the account's URL, `profile` the one that the server named, else the one asked for, and "
    "`ca` the common name of the issuer.\n\n"
    "A program named with --exec runs as the caller, with SIGNET_HOOK_DIR, _NAMES, _SERIAL, _OLD_SERIAL, _NOT_AFTER, "
    "_CERT, _KEY and _CA in its environment. When it fails, the next run tries again though nothing is due.";

}  // namespace

Command fetch_command() {
    auto words = std::make_shared<FetchWords>();
    Command command{
        .name = "fetch",
        .summary = "get a certificate from an ACME server",
        .description = k_description,
        .options = {},
        .examples = {{"signet fetch db.internal --token-file /run/secrets/token --out /etc/tls",
                      "all that is needed, in one string of `signet token create`"},
                     {"signet fetch db.internal --server https://ca/acme/directory --root ca.crt",
                      "the server pinned to a root; saved in the store"},
                     {"signet fetch w.example --server letsencrypt --agree-tos --out /etc/tls",
                      "from a public CA, answering http-01 on port 80"}},
        .exit_codes =
            {{k_exit_done, "a certificate that is good is in place, new or kept"},
             {k_exit_refused,
              "the server refuses or has no such directory, its root has another hash, or what came back is wrong"},
             {k_exit_usage, "wrong usage, or a file that cannot be read"},
             {k_exit_environment, "no permission, a full disk, a port in use"},
             {k_exit_network, "the server cannot be reached or fails; worth a retry"},
             {k_exit_not_in_effect, "the files are in place, but --exec failed"}},
        .see_also = {"renew", "serve-acme", "token create", "verify"},
        .run = [words](Context& context) { return run(context, *words); }};
    add_fetch_options(command.options, *words);
    add_name_argument(command, words->names, false);
    return command;
}

}  // namespace signet::cli
