#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/toml.h"
#include "net/address.h"
#include "server/notify_settings.h"

namespace signet::server {

/// [server], [validation], [retention], [notify] and [audit] of signet.toml.
struct Settings {
    std::string default_profile =
        "default";  // top level of the file; empty: newOrder at /acme/directory names the profiles
    std::string listen = "0.0.0.0:8443";
    std::string http_listen = "0.0.0.0:8080";
    std::vector<std::string> hostnames;
    std::string external_url;
    bool external_url_given = false;  // by --external-url: signet.toml does not tell
    bool insecure_http_acme = false;
    std::string public_http_url;
    std::vector<net::Cidr> trusted_proxies;  // whose X-Forwarded-For counts
    std::string terms_of_service, website;
    std::vector<std::string> caa_identities;
    base::Duration nonce_lifetime{}, order_lifetime{}, authorization_lifetime{};

    std::string resolver;  // ADDR:PORT or empty
    int http01_port = 80, tls_alpn01_port = 443;
    std::vector<net::Cidr> allow_targets, deny_targets;
    int concurrency = 64;  // validations of one challenge type at a time

    std::optional<base::Duration> keep_expired;  // rows of certificates that have ended; nullopt: for ever

    NotifySettings notify;
    std::string audit_export;  // where the audit log is copied to (audit_export.h); empty: nowhere

    std::string auth;  // --auth: mode of profiles that set none; empty: challenge
};

/// Reads the tables [server], [validation], [retention], [notify] and [audit] and the key default_profile of the file.
/// Throws bad_input with line and nearest key.
Settings read_settings(base::TomlTable& file);

}  // namespace signet::server
