#include "server/router.h"

#include <algorithm>
#include <array>

namespace signet::server {
namespace {

constexpr auto k_get = "GET";
constexpr auto k_post = "POST";
constexpr auto k_acme = Family::acme;

// All that is left of the path: base64 in an OCSP request has slashes of its own (RFC 6960 appendix A.1).
constexpr std::string_view k_rest = "/{rest...}";

// Every URL of the server. HEAD is answered wherever GET is.
constexpr std::array<Route, 35> k_routes{{
    {"/acme/directory", k_get, Proof::none, Resource::none, k_acme, show_directory},
    {"/acme/new-nonce", k_get, Proof::none, Resource::none, k_acme, new_nonce},
    {"/acme/new-account", k_post, Proof::jwk, Resource::none, k_acme, new_account},
    {"/acme/new-order", k_post, Proof::kid, Resource::none, k_acme, new_order},
    {"/acme/new-authz", k_post, Proof::kid, Resource::none, k_acme, new_authorization},
    {"/acme/profile/{profile}/directory", k_get, Proof::none, Resource::none, k_acme, show_directory},
    {"/acme/profile/{profile}/new-nonce", k_get, Proof::none, Resource::none, k_acme, new_nonce},
    {"/acme/profile/{profile}/new-account", k_post, Proof::jwk, Resource::none, k_acme, new_account},
    {"/acme/profile/{profile}/new-order", k_post, Proof::kid, Resource::none, k_acme, new_order},
    {"/acme/profile/{profile}/new-authz", k_post, Proof::kid, Resource::none, k_acme, new_authorization},
    {"/acme/account/{id}", k_post, Proof::kid, Resource::account, k_acme, account},
    {"/acme/account/{id}/orders", k_post, Proof::kid, Resource::account, k_acme, account_orders},
    {"/acme/order/{id}", k_post, Proof::kid, Resource::order, k_acme, order},
    {"/acme/order/{id}/finalize", k_post, Proof::kid, Resource::finalize, k_acme, finalize},
    {"/acme/authorization/{id}", k_post, Proof::kid, Resource::authorization, k_acme, authorization},
    {"/acme/challenge/{id}", k_post, Proof::kid, Resource::challenge, k_acme, challenge},
    {"/acme/certificate/{id}", k_post, Proof::kid, Resource::certificate, k_acme, certificate},
    {"/acme/certificate/{id}/alternate", k_post, Proof::kid, Resource::certificate, k_acme, alternate_certificate},
    {"/acme/key-change", k_post, Proof::kid, Resource::none, k_acme, change_key},
    {"/acme/renewal-info/{id}", k_get, Proof::none, Resource::none, k_acme, renewal_info},
    {"/acme/revoke-cert", k_post, Proof::kid_or_certificate_key, Resource::none, k_acme, revoke},
    {"/acme/terms/{id}/{key}", k_get, Proof::none, Resource::none, k_acme, show_terms},
    {"/acme/terms/{id}/{key}", k_post, Proof::none, Resource::none, k_acme, agree_to_terms},
    {"/ca.pem", k_get, Proof::none, Resource::none, Family::https_only, default_anchors},
    {"/root-ca.pem", k_get, Proof::none, Resource::none, Family::https_only, default_anchors},
    {"/ca/{name}.pem", k_get, Proof::none, Resource::none, Family::https_only, anchors},
    {"/ca/{name}/{id}.der", k_post, Proof::kid, Resource::none, k_acme, issuer_certificate},
    {"/ca/{name}/{id}.der", k_get, Proof::none, Resource::none, Family::any_listener, ca_certificate},
    {"/crl/{name}.crl", k_get, Proof::none, Resource::none, Family::any_listener, current_crl},
    {"/crl/{name}/{id}.crl", k_get, Proof::none, Resource::none, Family::any_listener, crl},
    {"/ocsp/{name}", k_post, Proof::none, Resource::none, Family::any_listener, ocsp},
    {"/ocsp/{name}/{rest...}", k_get, Proof::none, Resource::none, Family::any_listener, ocsp},
    {"/health", k_get, Proof::none, Resource::none, Family::any_listener, health},
    {"/ready", k_get, Proof::none, Resource::none, Family::any_listener, ready},
    {"/metrics", k_get, Proof::none, Resource::none, Family::any_listener, metrics},
}};

std::string_view next_segment(std::string_view& path) {
    path.remove_prefix(1);  // the slash
    const auto end = std::min(path.find('/'), path.size());
    const auto segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

// One segment against its pattern: a word, "{id}" or "{id}.der".
bool match_segment(std::string_view pattern, std::string_view segment, Match& match, std::size_t& count) {
    if (!pattern.starts_with('{')) return pattern == segment;
    const auto end = pattern.find('}');
    const auto suffix = pattern.substr(end + 1);
    if (segment.size() <= suffix.size() || !segment.ends_with(suffix)) return false;
    segment.remove_suffix(suffix.size());
    if (pattern.substr(1, end - 1) == "profile") {
        match.profile = segment;
    } else {
        match.parameters[count++] = segment;
    }
    return true;
}

bool match_path(std::string_view pattern, std::string_view path, Match& match) {
    std::size_t count = 0;
    while (!pattern.empty() && !path.empty()) {
        if (pattern == k_rest) {
            match.parameters[count] = path.substr(1);
            return path.size() > 1;
        }
        if (!match_segment(next_segment(pattern), next_segment(path), match, count)) return false;
    }
    return pattern.empty() && path.empty();
}

}  // namespace

std::span<const Route> routes() { return k_routes; }

Match find_route(std::string_view method, std::string_view path) {
    Match known;
    if (!path.starts_with('/')) return known;
    for (const auto& route : k_routes) {
        if (!path.starts_with(route.path.substr(0, route.path.find('{')))) continue;
        Match match;
        if (!match_path(route.path, path, match)) continue;
        match.path_known = true;
        match.allow = (known.path_known ? known.allow + ", " : "") + (route.method == k_get ? "GET, HEAD" : "POST");
        if (route.method == method || (route.method == k_get && method == "HEAD")) {
            match.route = &route;
            return match;
        }
        known = std::move(match);
    }
    return known;
}

}  // namespace signet::server
