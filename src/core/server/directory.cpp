#include <algorithm>
#include <nlohmann/json.hpp>

#include "acme/challenge_dns_persist01.h"
#include "acme/messages.h"
#include "server/authorization_modes.h"
#include "server/router.h"

namespace signet::server {
namespace {

std::string describe(const ca::Profile& profile) {
    const char* usage = profile.server && profile.client ? "server and client" : profile.server ? "server" : "client";
    return std::string(usage) + " certificates, " + base::format_duration(profile.default_validity) + " by default";
}

// An order at any directory may name any profile.
bool offers_dns_persist(const ca::Profiles& profiles) {
    return std::ranges::any_of(profiles, [](const auto& row) {
        return std::ranges::find(row.second.acme.challenges, "dns-persist-01") != row.second.acme.challenges.end();
    });
}

}  // namespace

net::Response show_directory(Exchange& exchange) {
    const auto prefix = exchange.directory.substr(0, exchange.directory.rfind('/') + 1);
    const auto& settings = exchange.live->settings;
    acme::DirectoryMessage directory;
    directory.new_nonce = prefix + "new-nonce";
    directory.new_account = prefix + "new-account";
    directory.new_order = prefix + "new-order";
    directory.new_authz = prefix + "new-authz";
    directory.renewal_info = exchange.url("/acme/renewal-info");
    directory.key_change = exchange.url("/acme/key-change");
    directory.revoke_cert = exchange.url("/acme/revoke-cert");
    directory.terms_of_service = settings.terms_of_service;
    directory.website = settings.website;
    directory.caa_identities = settings.caa_identities;
    if (offers_dns_persist(exchange.live->profiles)) {
        directory.issuer_domain_names = exchange.live->issuer_names;
        directory.account_hash_prefix = exchange.url(acme::k_account_hash_path);
    }
    const auto own = exchange.live->profiles.find(exchange.profile);
    directory.external_account_required =
        own != exchange.live->profiles.end() && requires_binding(own->second, settings);
    for (const auto& [name, profile] : exchange.live->profiles)
        directory.profiles.emplace_back(name, describe(profile));
    return json_response(200, acme::encode_directory(directory));
}

// RFC 8555 section 7.2; the nonce itself is added to the answer with every other header.
net::Response new_nonce(Exchange& exchange) {
    net::Response response;
    response.status = exchange.request.method == "HEAD" ? 200 : 204;
    return response;
}

}  // namespace signet::server
