#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "acme/messages.h"
#include "acme/problem.h"
#include "base/encoding.h"
#include "jose/jws.h"
#include "net/http.h"
#include "x509/build.h"
#include "x509/csr.h"
#include "x509/pem.h"

namespace signet::test {

/// What a request in a test may do otherwise than a good client.
struct Twist {
    std::optional<std::string> url;    // in the JWS
    std::optional<std::string> nonce;  // "" leaves it out
    std::optional<std::string> kid;
    bool with_jwk = false;  // sign with jwk where kid is due
    std::string content_type = "application/jose+json";
    std::optional<std::string> body;  // instead of the JWS
    std::string method = "POST";
};

/// An ACME client without sockets: signs with jose, speaks to a handler, takes its nonces from the answers. It has no
/// other logic than a test wants: what comes back is looked at by the test.
class AcmeClient {
public:
    AcmeClient(net::Handler handler, crypto::KeyType type = crypto::KeyType::ec_p256)
        : AcmeClient(std::move(handler), crypto::PrivateKey::generate(type)) {}
    AcmeClient(net::Handler handler, crypto::PrivateKey key) : handler_(std::move(handler)), key_(std::move(key)) {}

    std::string host = "ca.test:8443";
    std::string scheme = "https";
    std::string remote = "192.0.2.1";
    std::string kid;
    std::string nonce;  // the next one

    const crypto::PrivateKey& key() const { return key_; }
    std::string base() const { return scheme + "://" + host; }

    net::Response get(const std::string& path, const std::string& method = "GET") {
        return send({.method = method, .path = path, .scheme = scheme, .host = host, .remote_address = remote});
    }
    void need_nonce() {
        if (nonce.empty()) get("/acme/new-nonce", "HEAD");
    }
    net::Response post(const std::string& target, const std::string& payload, const Twist& twist = {}) {
        return send(signed_request(target, payload, twist));
    }
    /// The signed request itself, to be sent by the test: twice, or from many threads.
    net::Request signed_request(const std::string& target, const std::string& payload, const Twist& twist = {}) {
        need_nonce();
        const auto path = target.starts_with("http") ? target.substr(target.find('/', 8)) : target;
        const auto query = path.find('?');
        jose::JwsHeader header{.url = twist.url.value_or(base() + path), .nonce = twist.nonce.value_or(nonce)};
        if (header.nonce->empty()) header.nonce.reset();
        if (!twist.with_jwk && !kid.empty()) header.kid = twist.kid.value_or(kid);
        net::Request request{.method = twist.method,
                             .path = path.substr(0, query),
                             .scheme = scheme,
                             .host = host,
                             .remote_address = remote};
        if (query != std::string::npos) request.query = path.substr(query + 1);
        request.headers = {{"Content-Type", twist.content_type}};
        request.body = twist.body.value_or(jose::sign_jws(key_, header, payload));
        nonce.clear();
        return request;
    }
    net::Response send(const net::Request& request) {
        auto response = handler_(request);
        if (const auto* fresh = net::find_header(response.headers, "Replay-Nonce")) nonce = *fresh;
        return response;
    }

    net::Response register_account(const std::string& path = "/acme/new-account", const std::string& payload = "{}") {
        kid.clear();
        auto response = post(path, payload);
        if (const auto* location = net::find_header(response.headers, "Location")) kid = *location;
        return response;
    }
    net::Response new_order(const std::vector<std::string>& names, const std::string& path = "/acme/new-order",
                            const std::string& profile = {}) {
        acme::NewOrderMessage message;
        for (const auto& name : names) message.identifiers.push_back(x509::Identifier::parse(name));
        if (!profile.empty()) message.profile = profile;
        return post(path, base::dump_json(acme::encode_new_order(message)));
    }
    net::Response finalize(const std::string& url, const base::Bytes& csr_der, const Twist& twist = {}) {
        return post(url, finalize_payload(csr_der), twist);
    }
    static std::string finalize_payload(const base::Bytes& csr_der) {
        return R"({"csr":")" + base::base64url_encode(csr_der) + "\"}";
    }

private:
    net::Handler handler_;
    crypto::PrivateKey key_;
};

inline base::Json json_of(const net::Response& response) { return base::parse_json(response.body, "answer"); }
inline std::string header_of(const net::Response& response, const char* name) {
    const auto* value = net::find_header(response.headers, name);
    return value == nullptr ? std::string{} : *value;
}
inline acme::OrderMessage order_of(const net::Response& response) { return acme::parse_order(json_of(response)); }
inline base::Bytes csr_for(const std::vector<std::string>& names, const crypto::PrivateKey& key) {
    std::vector<x509::Identifier> identifiers;
    for (const auto& name : names) identifiers.push_back(x509::Identifier::parse(name));
    return x509::build_csr(key, identifiers);
}
inline base::Bytes csr_for(const std::vector<std::string>& names) {
    return csr_for(names, crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
}

}  // namespace signet::test
