#include <nlohmann/json.hpp>

#include "acme/challenges.h"
#include "base/encoding.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/enrolment.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "client/fetch.h"
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

struct Words {
    NameWords names;
    std::optional<std::string> server, token, eab_kid, eab_hmac_key;
    std::optional<base::Path> token_file, eab_hmac_key_file;
    std::optional<base::Path> root, ca_file, out, csr;
    std::optional<std::string> root_sha256, profile, webroot, exec, email, challenge;
    std::optional<int> http01_port;
    std::optional<crypto::KeyType> key_type;
    std::optional<base::Duration> validity, timeout;
    FormatWords format;
    OwnershipWords ownership;
    bool reuse_key = false;
    bool insecure_http = false;
    bool agree_tos = false;
    bool force = false;
};

std::vector<x509::Certificate> read_anchors(const std::optional<base::Path>& file) {
    if (!file) return {};
    return x509::parse_certificates(base::read_file(*file, k_anchors_limit), file->string());
}

/// Where to, and how to be let in.
struct Destination {
    std::string server;
    std::string root_sha256;  // hex; empty: none was given
    std::shared_ptr<const acme::AccountBinding> binding;
};

Destination by_token(const Words& words) {
    if (words.token && words.token_file) throw Error(Kind::usage, "--token and --token-file exclude each other");
    if (words.server || words.root || words.root_sha256 || words.eab_kid) {
        throw Error(Kind::usage, "a token says which server and which root: --server, --root and --eab-kid exclude it",
                    "leave them out, also as SIGNET_SERVER, SIGNET_ROOT and SIGNET_EAB_KID");
    }
    const base::Secret text(words.token ? *words.token : base::read_file(*words.token_file, k_secret_limit));
    auto token = acme::parse_token(text.reveal());
    return {std::move(token.directory), base::hex_encode(token.root_sha256),
            std::make_shared<const acme::AccountBinding>(std::move(token.binding))};
}

std::shared_ptr<const acme::AccountBinding> binding_of(const Words& words) {
    const bool has_key = words.eab_hmac_key || words.eab_hmac_key_file;
    if (words.eab_kid.has_value() != has_key) {
        throw Error(Kind::usage, "an external account binding has both a kid and a key",
                    "give --eab-kid with --eab-hmac-key or --eab-hmac-key-file");
    }
    if (!has_key) return nullptr;
    if (words.eab_kid->empty()) throw Error(Kind::usage, "--eab-kid is empty");
    const base::Secret text(words.eab_hmac_key ? *words.eab_hmac_key
                                               : base::read_file(*words.eab_hmac_key_file, k_secret_limit));
    const auto what = words.eab_hmac_key ? std::string("--eab-hmac-key") : words.eab_hmac_key_file->string();
    return std::make_shared<const acme::AccountBinding>(
        acme::AccountBinding{*words.eab_kid, acme::parse_mac_key(text.reveal(), what)});
}

Destination destination_of(const Words& words) {
    if (words.token || words.token_file) return by_token(words);
    if (!words.server) {
        throw Error(Kind::usage, "which server is not said",
                    "give --server URL, or a token of its operator with --token or --token-file");
    }
    return {client::directory_url(*words.server, words.insecure_http),
            words.root_sha256 ? client::parse_root_hash(*words.root_sha256) : "", binding_of(words)};
}

client::RenewalRecord record_of(const Words& words, const Destination& destination) {
    client::RenewalRecord record;
    record.server = destination.server;
    record.binding = destination.binding;
    record.server_roots = read_anchors(words.root);
    record.issued_anchors = read_anchors(words.ca_file);
    record.csr = read_request(words.csr);
    record.names = names_that_count(words.names, record.csr);
    record.challenge = words.challenge.value_or("auto");
    if (words.webroot) record.webroot = canonical_directory(*words.webroot).string();
    record.http01_port = words.http01_port.value_or(80);
    if (record.http01_port < 1 || record.http01_port > 65535) {
        throw Error(Kind::usage, "--http01-port " + std::to_string(record.http01_port) + " is no port",
                    "give one from 1 to 65535; the server must be told too");
    }
    record.profile = words.profile.value_or("");
    record.key_type = words.key_type.value_or(crypto::KeyType::ec_p256);
    record.validity = words.validity;
    record.reuse_key = words.reuse_key;
    if (!words.format.formats.empty()) record.formats = words.format.formats;
    record.format_options = parse_format_options(words.format);
    record.access = parse_access(words.ownership);
    record.hooks.exec = words.exec.value_or("");
    record.insecure_http = words.insecure_http;
    record.agree_tos = words.agree_tos;
    record.email = words.email.value_or("");
    return record;
}

// With --out nothing of a store is looked at: an init container has none.
base::Path directory_of(const Context& context, const Words& words, const client::RenewalRecord& record) {
    if (words.out) return canonical_directory(*words.out);
    const auto store = store::Store::open(context.store());
    return canonical_directory(store->layout().certificate(record.names.front().text()));
}

void print(Context& context, const client::RenewalRecord& record, const base::Path& directory,
           const x509::Certificate& leaf, const std::vector<base::Path>& files, bool changed,
           const std::vector<std::string>& notes) {
    if (context.out.json()) {
        auto json = fetched_json(leaf, record.profile, context.seams.clock.now());
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

int run(Context& context, const Words& words) {
    const auto destination = destination_of(words);
    const auto record = record_of(words, destination);
    const client::FetchRun once{
        .root_sha256 = destination.root_sha256, .replaces = {}, .reuse_key = false, .hooks = {}};
    const auto directory = directory_of(context, words, record);
    if (!words.force && !client::reason_to_replace(directory, record, context.seams.clock.now())) {
        return keep(context, directory, record);
    }
    check_writable(directory);
    const auto lock = deliver::lock_directory(directory);
    if (!words.force) {  // another run may have been first
        const auto reason = client::reason_to_replace(directory, record, context.seams.clock.now());
        if (!reason) return keep(context, directory, record);
        context.out.progress("getting a certificate: " + *reason);
    }
    auto [enrolled, activation] =
        client::fetch(directory, record, once,
                      {.make_transport = context.seams.make_transport,
                       .clock = context.seams.clock,
                       .patience = words.timeout.value_or(k_patience),
                       .progress = [&](std::string_view step) { context.out.progress(step); }});
    for (const auto& note : enrolled.notes) context.out.note(note);
    print(context, record, directory, enrolled.leaf, enrolled.files, true, enrolled.notes);
    return finish(context, directory, enrolled.leaf, record.hooks, std::move(activation));
}

void add_server_options(Options& options, Words& words) {
    const std::string group = "Server";
    options.push_back({.name = "server",
                       .label = "URL",
                       .text = "directory of the ACME server; letsencrypt and letsencrypt-staging are short for theirs",
                       .target = &words.server,
                       .conflicts = {"token", "token-file"},
                       .group = group});
    options.push_back({.name = "root",
                       .label = "FILE",
                       .text = "the server's TLS chain must reach this root",
                       .target = &words.root,
                       .complete = Complete::file,
                       .default_text = "the system's trust store",
                       .conflicts = {"root-sha256", "token", "token-file"},
                       .group = group});
    options.push_back({.name = "root-sha256",
                       .label = "HEX",
                       .text = "the same by the hash of the root, which is then read from the server's /ca.pem",
                       .target = &words.root_sha256,
                       .conflicts = {"token", "token-file"},
                       .group = group});
    options.push_back({.name = "ca-file",
                       .label = "FILE",
                       .text = "anchors that the issued certificate must reach",
                       .target = &words.ca_file,
                       .complete = Complete::file,
                       .default_text = "the server's /ca.pem, when it has one",
                       .group = group});
}

void add_binding_options(Options& options, Words& words) {
    const std::string group = "Being let in";
    options.push_back({.name = "token",
                       .label = "T",
                       .text = "a string of `signet token create`: it names the server, its root and a binding",
                       .target = &words.token,
                       .conflicts = {"token-file", "eab-kid", "eab-hmac-key", "eab-hmac-key-file"},
                       .group = group});
    options.push_back({.name = "token-file",
                       .label = "F",
                       .text = "the same, read from a file",
                       .target = &words.token_file,
                       .complete = Complete::file,
                       .conflicts = {"eab-kid", "eab-hmac-key", "eab-hmac-key-file"},
                       .group = group});
    options.push_back({.name = "eab-kid",
                       .label = "K",
                       .text = "external account binding: the key identifier that the CA's operator gave out",
                       .target = &words.eab_kid,
                       .group = group});
    options.push_back({.name = "eab-hmac-key",
                       .label = "H",
                       .text = "and its key, base64url",
                       .target = &words.eab_hmac_key,
                       .conflicts = {"eab-hmac-key-file"},
                       .group = group});
    options.push_back({.name = "eab-hmac-key-file",
                       .label = "F",
                       .text = "the same, read from a file",
                       .target = &words.eab_hmac_key_file,
                       .complete = Complete::file,
                       .group = group});
}

void add_conversation_options(Options& options, Words& words) {
    const std::string group = "Server";
    options.push_back({.name = "insecure-http",
                       .text = "allow http:// for the server",
                       .target = &words.insecure_http,
                       .group = group});
    options.push_back({.name = "agree-tos",
                       .text = "agree to the server's terms of service",
                       .target = &words.agree_tos,
                       .group = group});
    options.push_back({.name = "email",
                       .label = "ADDRESS",
                       .text = "contact for the server's operator",
                       .target = &words.email,
                       .group = group});
    options.push_back({.name = "timeout",
                       .label = "DURATION",
                       .text = "for all of it; a server that is not up yet is waited for that long",
                       .target = &words.timeout,
                       .default_text = "60s",
                       .group = group});
}

void add_challenge_options(Options& options, Words& words) {
    const std::string group = "Challenges";
    std::vector<std::string> values{"auto", "none"};
    for (const auto& type : acme::challenge_types()) {
        if (type.answerable({})) values.emplace_back(type.name);
    }
    options.push_back({.name = "challenge",
                       .label = "TYPE",
                       .text = "how to prove the names: whichever both sides can do, none at all, or this one",
                       .target = &words.challenge,
                       .values = std::move(values),
                       .default_text = "auto",
                       .group = group});
    options.push_back({.name = "webroot",
                       .label = "DIR",
                       .text = "write the answers under DIR/.well-known/acme-challenge instead of listening",
                       .target = &words.webroot,
                       .complete = Complete::directory,
                       .group = group});
    options.push_back({.name = "http01-port",
                       .label = "PORT",
                       .text = "where to listen for http-01",
                       .target = &words.http01_port,
                       .default_text = "80",
                       .group = group});
}

void add_certificate_options(Options& options, Words& words) {
    options.push_back({.name = "profile",
                       .label = "P",
                       .text = "the server's profile",
                       .target = &words.profile,
                       .default_text = "the directory's own"});
    options.push_back(key_type_option(words.key_type));
    options.back().conflicts = {"csr"};
    options.push_back(validity_option(words.validity, "the server decides"));
    options.push_back(csr_option(words.csr));
    options.push_back({.name = "reuse-key",
                       .text = "keep the key, now and at renewals",
                       .target = &words.reuse_key,
                       .conflicts = {"csr"}});
    options.push_back({.name = "out",
                       .label = "DIR",
                       .text = "where to save it",
                       .target = &words.out,
                       .complete = Complete::directory,
                       .default_text = "certificates/<first name> of the store"});
    add_format_options(options, words.format);
    options.push_back({.name = "exec",
                       .label = "CMD",
                       .text = "run this, directly and without a shell, after new files are in place",
                       .target = &words.exec});
    add_ownership_options(options, words.ownership);
    options.push_back({.name = "force", .text = "get a new one whatever is there", .target = &words.force});
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
    "A program named with --exec runs as the caller, with SIGNET_HOOK_DIR, _NAMES, _SERIAL, _OLD_SERIAL, _NOT_AFTER, "
    "_CERT, _KEY and _CA in its environment. When it fails, the next run tries again though nothing is due.";

}  // namespace

Command fetch_command() {
    auto words = std::make_shared<Words>();
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
        .exit_codes = {{k_exit_done, "a certificate that is good is in place, new or kept"},
                       {k_exit_refused, "the server refuses, its root has another hash, or what came back is wrong"},
                       {k_exit_usage, "wrong usage, or a file that cannot be read"},
                       {k_exit_environment, "no permission, a full disk, a port in use"},
                       {k_exit_network, "the server cannot be reached or fails; worth a retry"},
                       {k_exit_not_in_effect, "the files are in place, but --exec failed"}},
        .see_also = {"renew", "serve-acme", "token create", "verify"},
        .run = [words](Context& context) { return run(context, *words); }};
    add_server_options(command.options, *words);
    add_binding_options(command.options, *words);
    add_conversation_options(command.options, *words);
    add_challenge_options(command.options, *words);
    add_certificate_options(command.options, *words);
    add_name_argument(command, words->names, false);
    return command;
}

}  // namespace signet::cli
