#pragma once

#include <span>
#include <string>
#include <string_view>

#include "server/exchange.h"

namespace signet::server {

/// How a request proves who asks: not at all (GET), by a key in the JWS that may be an account's, by an account's URL
/// in the JWS, by that or by the key of a certificate (revocation: such a key speaks for no account).
enum class Proof { none, jwk, kid, kid_or_certificate_key };

/// What a route belongs to: ACME (nonces, problem documents, Link), or the CA's public files by listener.
enum class Family { acme, https_only, any_listener };

struct Route {
    std::string_view path;  // "/acme/order/{id}": {…} is one segment, or the start of one; {rest...} all that follows
    std::string_view method;
    Proof proof;
    Resource resource;  // what the first {…} names: the router's caller checks whose it is
    Family family;
    net::Response (*run)(Exchange&);
};

std::span<const Route> routes();

struct Match {
    const Route* route = nullptr;  // nullptr: no such path, or not by this method
    bool path_known = false;
    std::string allow;  // methods of that path
    std::string parameters[2];
    std::string profile;  // {profile}
};
Match find_route(std::string_view method, std::string_view path);

// The routes, each in its resource's file.
net::Response show_directory(Exchange& exchange);
net::Response new_nonce(Exchange& exchange);
net::Response new_account(Exchange& exchange);
net::Response account(Exchange& exchange);
net::Response account_orders(Exchange& exchange);
net::Response new_order(Exchange& exchange);
net::Response new_authorization(Exchange& exchange);
net::Response order(Exchange& exchange);
net::Response finalize(Exchange& exchange);
net::Response authorization(Exchange& exchange);
net::Response challenge(Exchange& exchange);
net::Response certificate(Exchange& exchange);
net::Response alternate_certificate(Exchange& exchange);
net::Response show_terms(Exchange& exchange);
net::Response agree_to_terms(Exchange& exchange);
net::Response change_key(Exchange& exchange);
net::Response renewal_info(Exchange& exchange);
net::Response revoke(Exchange& exchange);
net::Response default_anchors(Exchange& exchange);
net::Response anchors(Exchange& exchange);
net::Response ca_certificate(Exchange& exchange);
net::Response issuer_certificate(Exchange& exchange);
net::Response current_crl(Exchange& exchange);
net::Response crl(Exchange& exchange);
net::Response ocsp(Exchange& exchange);
net::Response health(Exchange& exchange);
net::Response ready(Exchange& exchange);
net::Response metrics(Exchange& exchange);

}  // namespace signet::server
