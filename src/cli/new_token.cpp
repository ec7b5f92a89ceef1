#include "cli/new_token.h"

#include <unistd.h>

#include <charconv>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/authority_files.h"
#include "ca/pattern.h"
#include "crypto/digest.h"
#include "net/http.h"
#include "server/readiness.h"
#include "store/audit.h"
#include "store/meta.h"
#include "store/tokens.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr std::int64_t k_most_uses = 1'000'000'000;
constexpr std::string_view k_default_directory = "/acme/directory";

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

const ca::Profile& profile_of(const Settings& settings, const TokenWords& words) {
    const auto& name = words.profile ? *words.profile : settings.server.default_profile;
    if (name.empty()) {
        throw Error{Kind::usage, "a token is for one profile, and signet.toml has no default_profile",
                    "name one with --profile"};
    }
    return ca::find_profile(settings.profiles, name);
}

/// The server's address alone, or a directory as it stands.
std::string directory_at(const std::string& address, const std::string& what, const TokenWords& words) {
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

std::string directory_of(store::Store& store, const Settings& settings, const TokenWords& words) {
    if (words.server) return directory_at(*words.server, "--server", words);
    const auto noted = [&](std::string_view key) {
        const auto value =
            store.query([&](store::Transaction& transaction) { return store::get_meta(transaction, key); });
        return value ? base::to_text(*value) : std::string{};
    };
    // An option of serve-acme stands above its settings file.
    const auto given = noted(server::k_external_url);
    const auto& external = given.empty() ? settings.server.external_url : given;
    if (!external.empty()) return directory_at(external, "external_url", words);
    const auto last = noted(server::k_directory_url);
    if (!last.empty()) return directory_at(last, "the server's last address", words);
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

store::TokenRecord make_record(const Context& context, const ca::Profile& profile, const TokenWords& words) {
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

store::AuditRecord audit_of(const store::TokenRecord& record) {
    store::AuditRecord entry{};
    entry.at = record.created_at;
    entry.action = "token.created";
    entry.actor = "operator uid " + std::to_string(::getuid());
    entry.profile = record.profile;
    for (const auto* patterns : {&record.dns, &record.ip, &record.uri}) {
        entry.names.insert(entry.names.end(), patterns->begin(), patterns->end());
    }
    entry.detail = "token " + record.kid + " " + token_terms(record);
    return entry;
}

}  // namespace

std::string token_terms(const store::TokenRecord& record) {
    return "for profile " + record.profile + ", " +
           (record.uses ? std::to_string(*record.uses) + (*record.uses == 1 ? " account" : " accounts")
                        : std::string("any number of accounts")) +
           ", " +
           (record.expires_at ? "until " + base::format_time(base::from_unix(*record.expires_at))
                              : std::string("without an end"));
}

NewToken create_token(const Context& context, store::Store& store, const Settings& settings, const TokenWords& words) {
    NewToken made{make_record(context, profile_of(settings, words), words), {}};
    made.token.directory = directory_of(store, settings, words);
    made.token.root_sha256 = crypto::sha256(root_of(store.layout(), settings).der());
    made.token.binding = {made.record.kid, base::Secret(base::to_text(made.record.mac_key))};
    store.write([&](store::Transaction& transaction) {
        store::insert_token(transaction, made.record);
        store::append_audit(transaction, audit_of(made.record));
    });
    return made;
}

}  // namespace signet::cli
