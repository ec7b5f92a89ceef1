#include "server/settings.h"

#include "base/error.h"
#include "base/text.h"
#include "net/address.h"
#include "net/http.h"
#include "server/audit_export.h"
#include "x509/identifier.h"

namespace signet::server {
namespace {

// A key whose value has a syntax of its own: what its parser says is pointed at the key's line.
template <class Parse>
void check(const base::TomlTable& table, std::string_view key, Parse parse) {
    try {
        parse();
    } catch (const base::Error& error) {
        std::string_view why = error.message();
        if (const auto named = std::string(key) + ": "; why.starts_with(named)) why.remove_prefix(named.size());
        table.refuse(key, "cannot be used: " + std::string(why), error.hint());
    }
}

void check_url(const base::TomlTable& table, std::string_view key, const std::string& url, const std::string& scheme) {
    if (url.empty()) return;
    net::Url parsed{};
    check(table, key, [&] { parsed = net::parse_url(url); });
    if (parsed.target != "/") table.refuse(key, "cannot have a path", "leave everything after host and port away");
    if (parsed.scheme != scheme) {
        table.refuse(key, "must start with " + scheme + "://", "write it as " + scheme + "://" + parsed.authority());
    }
}

std::vector<net::Cidr> read_cidrs(base::TomlTable& table, std::string_view key) {
    std::vector<net::Cidr> cidrs;
    for (const auto& text : table.texts(key, {})) {
        check(table, key, [&] { cidrs.push_back(net::Cidr::parse(text, key)); });
    }
    return cidrs;
}

void read_server(base::TomlTable& table, Settings& settings) {
    settings.listen = table.text("listen", settings.listen);
    check(table, "listen", [&] { net::parse_host_port(settings.listen, "listen"); });
    settings.http_listen = table.text("http_listen", settings.http_listen);
    check(table, "http_listen", [&] {
        if (!settings.http_listen.empty()) net::parse_host_port(settings.http_listen, "http_listen");
    });
    for (const auto& name : table.texts("hostnames", {})) {
        check(table, "hostnames", [&] { settings.hostnames.push_back(x509::Identifier::parse(name).text()); });
    }
    settings.external_url = table.text("external_url", "");
    check_url(table, "external_url", settings.external_url, "https");
    settings.insecure_http_acme = table.boolean("insecure_http_acme", false);
    settings.public_http_url = table.text("public_http_url", "");
    check_url(table, "public_http_url", settings.public_http_url, "http");
    settings.trusted_proxies = read_cidrs(table, "trusted_proxies");
    settings.terms_of_service = table.text("terms_of_service", "");
    settings.website = table.text("website", "");
    for (const auto& name : table.texts("caa_identities", {})) {
        check(table, "caa_identities", [&] { settings.caa_identities.push_back(x509::Identifier::dns(name).text()); });
        if (name.starts_with('*')) table.refuse("caa_identities", "cannot have " + name + ", a wildcard");
    }
    settings.nonce_lifetime = table.duration("nonce_lifetime", "1h");
    settings.order_lifetime = table.duration("order_lifetime", "24h");
    settings.authorization_lifetime = table.duration("authorization_lifetime", "24h");
    table.finish();
}

void read_validation(base::TomlTable& table, Settings& settings) {
    settings.resolver = table.text("resolver", "");
    check(table, "resolver", [&] {
        if (settings.resolver.empty()) return;
        const auto [host, port] = net::parse_host_port(settings.resolver, "resolver");
        if (!net::Address::parse(host) || port == 0)
            throw base::Error{base::Kind::bad_input, "is not ADDRESS:PORT", "write it like 10.0.0.53:53"};
    });
    settings.http01_port = static_cast<int>(table.integer("http01_port", settings.http01_port, 1, 65535));
    settings.tls_alpn01_port = static_cast<int>(table.integer("tls_alpn01_port", settings.tls_alpn01_port, 1, 65535));
    settings.allow_targets = read_cidrs(table, "allow_targets");
    settings.deny_targets = read_cidrs(table, "deny_targets");
    settings.concurrency = static_cast<int>(table.integer("concurrency", settings.concurrency, 1, 1024));
    table.finish();
}

void read_retention(base::TomlTable& table, Settings& settings) {
    const auto text = table.text("expired", "90d");
    if (text != "never") {
        check(table, "expired", [&] { settings.keep_expired = base::parse_duration(text, "expired"); });
        if (*settings.keep_expired < std::chrono::hours(1))
            table.refuse("expired", "is less than an hour", "give a time such as 90d, or \"never\"");
    }
    table.finish();
}

}  // namespace

Settings read_settings(base::TomlTable& file) {
    Settings settings;
    settings.default_profile = file.text("default_profile", "");
    auto server = file.table("server");
    read_server(server, settings);
    auto validation = file.table("validation");
    read_validation(validation, settings);
    auto retention = file.table("retention");
    read_retention(retention, settings);
    settings.notify = read_notify_settings(file);
    auto audit = file.table("audit");
    settings.audit_export = audit.text("export", "");
    check(audit, "export", [&] { check_export_target(settings.audit_export); });
    audit.finish();
    return settings;
}

}  // namespace signet::server
