#include "bench/acme_client.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/encoding.h"
#include "base/text.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "x509/csr.h"

namespace signet::bench {
namespace {

using base::Json;
using std::chrono::milliseconds;

constexpr int k_most_nonce_retries = 10;
constexpr milliseconds k_first_poll(5), k_longest_poll(250), k_poll_patience(10'000);

/// Waits between polls: 5 ms, then half as long again each time. Retry-After is not obeyed, so that a server's
/// politeness does not hide its speed.
class Polling {
public:
    explicit Polling(const char* step) : step_(step) {}
    void wait() {
        if (waited_ > k_poll_patience) throw Failure{std::string(step_) + ": still not done after 10 s", true};
        std::this_thread::sleep_for(pause_);
        waited_ += pause_;
        pause_ = std::min(pause_ * 3 / 2, k_longest_poll);
    }

private:
    const char* step_;
    milliseconds pause_ = k_first_poll;
    milliseconds waited_{0};
};

Json parse(const char* step, std::string_view text) {
    try {
        return base::parse_json(text, step);
    } catch (const base::Error& error) {
        throw Failure{error.message(), false};
    }
}

std::string member(const char* step, const Json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) throw Failure{std::string(step) + ": no \"" + name + '"', false};
    return found->get<std::string>();
}

/// "newOrder: 400 badNonce".
std::string problem_text(const char* step, const Answer& answer) {
    std::string type = "no problem document";
    try {
        const Json problem = base::parse_json(answer.body, step);
        type = problem.value("type", type);
        const std::size_t colon = type.rfind(':');
        if (colon != std::string::npos) type = type.substr(colon + 1);
        type += ' ' + problem.value("detail", std::string());
    } catch (const std::exception&) {
    }
    return std::string(step) + ": " + std::to_string(answer.status) + ' ' + base::printable(type, 120);
}

Json http01_of(const Json& authorization) {
    for (const Json& challenge : authorization.value("challenges", Json::array())) {
        if (challenge.value("type", "") == "http-01") return challenge;
    }
    throw Failure{"authorization: no http-01 challenge", false};
}

}  // namespace

Leaf Leaf::make(const std::string& name) {
    const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    const base::Bytes csr = x509::build_csr(key, {x509::Identifier::dns(name)});
    return {name, R"({"csr":")" + base::base64url_encode(csr) + "\"}", key.public_key().spki_der()};
}

Directory read_directory(Wire& wire, const std::string& path) {
    const Answer answer = wire.exchange("GET", path, "");
    if (answer.status != 200) throw Failure{problem_text("directory", answer), false};
    const Json json = parse("directory", answer.body);
    return {member("directory", json, "newNonce"), member("directory", json, "newAccount"),
            member("directory", json, "newOrder")};
}

AcmeClient::AcmeClient(std::shared_ptr<ssl_ctx_st> context, const Url& server, Directory directory, int timeout_seconds,
                       Responder* responder)
    : wire_(std::move(context), server.host, server.port, timeout_seconds),
      directory_(std::move(directory)),
      responder_(responder),
      key_(crypto::PrivateKey::generate(crypto::KeyType::ec_p256)) {}

Answer AcmeClient::request(const char* step, std::string_view method, const std::string& url, std::string_view body) {
    ++requests_;
    try {
        Answer answer = wire_.exchange(method, Url::parse(url).path, body);
        if (!answer.nonce.empty()) nonce_ = answer.nonce;
        return answer;
    } catch (const base::Error& error) {
        throw Failure{std::string(step) + ": " + error.message(), error.kind() == base::Kind::timeout};
    }
}

Answer AcmeClient::post(const char* step, const std::string& url, std::string_view payload) {
    for (int attempt = 0; attempt < k_most_nonce_retries; ++attempt) {
        if (nonce_.empty()) request("newNonce", "HEAD", directory_.new_nonce, "");
        jose::JwsHeader header{.url = url, .nonce = std::exchange(nonce_, {})};
        if (!kid_.empty()) header.kid = kid_;
        Answer answer = request(step, "POST", url, jose::sign_jws(key_, header, payload));
        if (answer.status < 400) return answer;
        if (answer.body.find(":badNonce") == std::string::npos) throw Failure{problem_text(step, answer), false};
        ++nonce_retries_;
    }
    throw Failure{std::string(step) + ": badNonce ten times in a row", false};
}

Json AcmeClient::post_for_json(const char* step, const std::string& url, std::string_view payload) {
    return parse(step, post(step, url, payload).body);
}

void AcmeClient::register_account() {
    kid_ = post("newAccount", directory_.new_account, R"({"termsOfServiceAgreed":true})").location;
    if (kid_.empty()) throw Failure{"newAccount: no Location", false};
}

void AcmeClient::prove(const std::string& authorization_url) {
    Json authorization = post_for_json("authorization", authorization_url, "");
    if (member("authorization", authorization, "status") == "valid") return;
    const Json challenge = http01_of(authorization);
    const std::string token = member("challenge", challenge, "token");
    if (responder_ != nullptr) responder_->answer(token, token + '.' + jose::thumbprint(key_.public_key()));
    post("challenge", member("challenge", challenge, "url"), "{}");
    Polling polling("authorization");
    while (member("authorization", authorization, "status") == "pending") {
        polling.wait();
        authorization = post_for_json("authorization", authorization_url, "");
    }
    if (responder_ != nullptr) responder_->forget(token);
    const std::string status = member("authorization", authorization, "status");
    if (status != "valid") throw Failure{"authorization: " + status, false};
}

std::string AcmeClient::draw_nonce() {
    const Answer answer = request("newNonce", "HEAD", directory_.new_nonce, "");
    if (answer.nonce.empty()) throw Failure{"newNonce: no nonce", false};
    return answer.nonce;
}

void AcmeClient::issue(const Leaf& leaf) {
    const std::string payload = R"({"identifiers":[{"type":"dns","value":")" + leaf.name + "\"}]}";
    const Answer created = post("newOrder", directory_.new_order, payload);
    Json order = parse("newOrder", created.body);
    if (member("newOrder", order, "status") != "ready") {
        for (const Json& url : order.value("authorizations", Json::array())) prove(url.get<std::string>());
    }
    order = post_for_json("finalize", member("newOrder", order, "finalize"), leaf.finalize_payload);
    Polling polling("order");
    while (member("finalize", order, "status") == "processing" || member("finalize", order, "status") == "ready") {
        polling.wait();
        order = post_for_json("order", created.location, "");
    }
    const std::string status = member("order", order, "status");
    if (status != "valid") throw Failure{"order: " + status, false};
    take_certificate(member("order", order, "certificate"), leaf);
}

void AcmeClient::take_certificate(const std::string& url, const Leaf& leaf) {
    const Answer answer = post("certificate", url, "");
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----", end = "-----END CERTIFICATE-----";
    const std::size_t from = answer.body.find(begin), to = answer.body.find(end);
    if (from == std::string::npos || to == std::string::npos || to < from) {
        throw Failure{"certificate: no PEM certificate", false};
    }
    const std::string_view text = std::string_view(answer.body).substr(from + begin.size(), to - from - begin.size());
    const auto der = base::base64_decode(text, true);
    if (!der) throw Failure{"certificate: no base64 within the PEM", false};
    const auto holds = [&](base::ByteView part) {
        return std::search(der->begin(), der->end(), part.begin(), part.end()) != der->end();
    };
    if (!holds(leaf.spki_der)) throw Failure{"certificate: not for the key of the CSR", false};
    if (!holds(base::bytes_of(leaf.name))) throw Failure{"certificate: not for the name ordered", false};
}

}  // namespace signet::bench
