#include <unistd.h>

#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "acme/enrolment_token.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/authority_files.h"
#include "ca/pattern.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "crypto/digest.h"
#include "server/readiness.h"
#include "store/audit.h"
#include "store/meta.h"
#include "store/store.h"
#include "store/tokens.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr std::int64_t k_most_uses = 1'000'000'000;
constexpr std::string_view k_default_directory = "/acme/directory";

struct Words {
    std::optional<std::string> profile, server;
    std::vector<std::string> dns, ip, uri;
    std::string uses = "1";
    std::string expires = "1h";
};

std::vector<std::string> canonical(const std::vector<std::string>& patterns, std::string (*form)(std::string_view)) {
    std::vector<std::string> result;
    for (const auto& pattern : patterns) result.push_back(form(pattern));
    return result;
}

std::optional<std::int64_t> parse_uses(const std::string& text) {
    if (text == "unlimited") return std::nullopt;
    std::int64_t uses = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uses);
    if (error != std::errc() || end != text.data() + text.size() || uses < 1 || uses > k_most_uses) {
        throw Error{Kind::usage, "--uses '" + base::printable(text, 40) + "' is no number of accounts",
                    "give 1 or more, or unlimited"};
    }
    return uses;
}

std::optional<std::int64_t> parse_expiry(const std::string& text, base::Time now) {
    if (text == "never") return std::nullopt;
    const auto lifetime = base::parse_duration(text, "--expires");
    if (lifetime < std::chrono::seconds(1)) {
        throw Error{Kind::usage, "--expires " + text + " would end it at once", "give a duration such as 1h, or never"};
    }
    return base::to_unix(now + lifetime);
}

const ca::Profile& profile_of(const Settings& settings, const Words& words) {
    const auto& name = words.profile ? *words.profile : settings.server.default_profile;
    if (name.empty()) {
        throw Error{Kind::usage, "a token is for one profile, and signet.toml has no default_profile",
                    "name one with --profile"};
    }
    return ca::find_profile(settings.profiles, name);
}

/// The server's address alone, or a directory as it stands.
std::string directory_at(const std::string& address, const std::string& what, const Words& words) {
    const auto own =
        words.profile ? "/acme/profile/" + *words.profile + "/directory" : std::string(k_default_directory);
    try {
        auto url = net::parse_url(address);
        if (url.scheme != "https") {
            throw Error{Kind::usage, what + " is " + address + ", and a token is for an https:// server"};
        }
        if (url.target == "/" || url.target == k_default_directory) url.target = own;
        return url.text();
    } catch (const Error& error) {
        throw Error{Kind::usage, error.message(), "give the server's URL: https://ca.internal:8443"};
    }
}

std::string directory_of(store::Store& store, const Settings& settings, const Words& words) {
    if (words.server) return directory_at(*words.server, "--server", words);
    if (!settings.server.external_url.empty()) return directory_at(settings.server.external_url, "external_url", words);
    const auto last = store.query(
        [](store::Transaction& transaction) { return store::get_meta(transaction, server::k_directory_url); });
    if (last) return directory_at(base::to_text(*last), "the server's last address", words);
    throw Error{Kind::usage, "where the server is reached is not known: serve-acme was never ready on this store",
                "name it with --server https://ca.internal:8443, set external_url, or start serve-acme first"};
}

/// The root that the server's own certificate hangs on: that of the default profile's CA.
x509::Certificate root_of(const store::Layout& layout, const Settings& settings) {
    const auto found = settings.profiles.find(settings.server.default_profile);
    return ca::read_authority_files(layout, found == settings.profiles.end() ? "default" : found->second.ca).root;
}

base::Bytes random_bytes(base::Random& random, std::size_t size) {
    base::Bytes bytes(size);
    random.fill(bytes);
    return bytes;
}

// One whose text starts with a dash would be taken for an option by the clients that it is pasted to.
base::Bytes new_mac_key(base::Random& random) {
    auto key = random_bytes(random, 32);
    while (base::base64url_encode(key).starts_with('-')) key = random_bytes(random, 32);
    return key;
}

store::TokenRecord make_record(const Context& context, const ca::Profile& profile, const Words& words) {
    const auto now = context.seams.clock.now();
    store::TokenRecord record{};
    record.kid = base::hex_encode(random_bytes(context.seams.random, 16));
    record.mac_key = new_mac_key(context.seams.random);
    record.profile = profile.name;
    record.dns = canonical(words.dns, ca::canonical_dns_pattern);
    record.ip = canonical(words.ip, ca::canonical_cidr);
    record.uri = canonical(words.uri, ca::canonical_uri_pattern);
    record.uses = parse_uses(words.uses);
    record.expires_at = parse_expiry(words.expires, now);
    record.created_at = base::to_unix(now);
    return record;
}

std::string terms(const store::TokenRecord& record) {
    return "for profile " + record.profile + ", " +
           (record.uses ? std::to_string(*record.uses) + (*record.uses == 1 ? " account" : " accounts")
                        : std::string("any number of accounts")) +
           ", " +
           (record.expires_at ? "until " + base::format_time(base::from_unix(*record.expires_at))
                              : std::string("without an end"));
}

store::AuditRecord audit(const store::TokenRecord& record) {
    store::AuditRecord entry{};
    entry.at = record.created_at;
    entry.action = "token.created";
    entry.actor = "operator uid " + std::to_string(::getuid());
    entry.profile = record.profile;
    for (const auto* patterns : {&record.dns, &record.ip, &record.uri}) {
        entry.names.insert(entry.names.end(), patterns->begin(), patterns->end());
    }
    entry.detail = "token " + record.kid + " " + terms(record);
    return entry;
}

void print(Context& context, const store::TokenRecord& record, const acme::EnrolmentToken& token) {
    const auto text = acme::encode_token(token);
    if (!context.out.json()) {
        context.out.progress("token " + record.kid + " " + terms(record));
        context.out.line(text.reveal());
        return;
    }
    base::Json json;
    json["token"] = std::string(text.reveal());
    json["eab_kid"] = record.kid;
    json["eab_hmac_key"] = base::base64url_encode(record.mac_key);
    json["directory"] = token.directory;
    json["root_sha256"] = base::hex_encode(token.root_sha256);
    json["expires"] = record.expires_at ? base::Json(base::format_time(base::from_unix(*record.expires_at))) : nullptr;
    json["profile"] = record.profile;
    json["uses"] = record.uses ? base::Json(*record.uses) : base::Json("unlimited");
    context.out.document(json);
}

int run(Context& context, const Words& words) {
    const auto store = store::Store::open(context.store());
    const auto settings = context.settings();
    const auto record = make_record(context, profile_of(settings, words), words);
    acme::EnrolmentToken token;
    token.directory = directory_of(*store, settings, words);
    token.root_sha256 = crypto::sha256(root_of(store->layout(), settings).der());
    token.binding = {record.kid, base::Secret(base::to_text(record.mac_key))};
    store->write([&](store::Transaction& transaction) {
        store::insert_token(transaction, record);
        store::append_audit(transaction, audit(record));
    });
    print(context, record, token);
    return k_exit_done;
}

constexpr char k_description[] =
    "Prints one string that holds all that a new machine needs: the URL of the ACME directory, the SHA-256 of the root "
    "that the server's certificate hangs on, and an external account binding (RFC 8555 section 7.3.4). `signet fetch "
    "--token` takes it whole. For other ACME clients --json has its parts: token, eab_kid, eab_hmac_key (base64url), "
    "directory, root_sha256, expires (null: never), profile, uses.\n\n"
    "The string is a secret until it is used up: pass it in a file or an environment variable (SIGNET_TOKEN_FILE, "
    "SIGNET_TOKEN) rather than on a command line that others can see. The store keeps its key, the audit log only who "
    "made it.\n\n"
    "A token is for one profile; accounts that it binds get nothing under another. They may have what the token and "
    "the "
    "profile permit, in every mode. Without a pattern the profile alone decides; once one kind of name is given, the "
    "other kinds are not permitted. Under a profile with auth = \"token\" names need no challenges; with require_eab "
    "they are validated all the same.\n\n"
    "--uses counts accounts, not certificates. Caddy, at its first start, makes an account for each of its sites at "
    "once and wants as many uses. --expires ends binding only: the accounts that are bound go on renewing until "
    "`signet token revoke`.";

Options options(Words& words) {
    const std::string names = "What its accounts may have";
    return {{.name = "profile",
             .label = "P",
             .text = "the profile that it is for",
             .target = &words.profile,
             .complete = Complete::profile,
             .default_text = "default_profile of signet.toml"},
            {.name = "uses",
             .label = "N",
             .text = "how many accounts it may bind, or unlimited",
             .target = &words.uses,
             .default_text = "1"},
            {.name = "expires",
             .label = "DURATION",
             .text = "how long it may bind accounts, or never to end",
             .target = &words.expires,
             .default_text = "1h"},
            {.name = "server",
             .label = "URL",
             .text = "where the server is reached",
             .target = &words.server,
             .default_text = "external_url, else where serve-acme was last ready"},
            {.name = "dns",
             .label = "PATTERN",
             .text = "DNS names: `x.y` itself, `*.y` one label under y, `**.y` any depth, `**` all",
             .target = &words.dns,
             .group = names},
            {.name = "ip", .label = "CIDR", .text = "IP addresses", .target = &words.ip, .group = names},
            {.name = "uri",
             .label = "PATTERN",
             .text = "URIs: `*` within a path segment, `**` across",
             .target = &words.uri,
             .group = names}};
}

}  // namespace

Command token_create_command() {
    auto words = std::make_shared<Words>();
    return {.name = "token create",
            .summary = "make a token that lets a machine enrol",
            .description = k_description,
            .options = options(*words),
            .examples = {{"signet token create --dns '*.db.internal'", "for one account, within the hour"},
                         {"signet token create --uses unlimited --expires never", "for a fleet"}},
            .exit_codes = {{k_exit_done, "the token is printed"},
                           {k_exit_refused, "no such profile"},
                           {k_exit_usage, "wrong usage, or it is not known where the server is reached"},
                           {k_exit_environment, "no store"}},
            .see_also = {"token list", "token revoke", "fetch", "serve-acme"},
            .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
