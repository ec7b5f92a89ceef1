#include <map>
#include <set>

#include "fixture.h"
#include "net/http_server.h"
#include "server/validation_queue.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

// Every type of problem that acme/problem.cpp knows, got from the server as a client gets it. To add one: a row in
// `k_producers`.

namespace {

struct Wire {
    ServerFixture server;
    AcmeClient client = server.registered();

    explicit Wire(const std::string& mode = "trust") : server(mode) {}
    /// What a challenge for this name comes to: the type in its error.
    std::string challenge_error(const std::string& name, const std::string& type = "http-01") {
        const auto order = order_of(client.new_order({name}));
        std::string url;
        const auto authorization = json_of(client.post(order.authorizations.at(0), ""));
        for (const auto& each : authorization["challenges"])
            if (each["type"] == type) url = each["url"];
        client.post(url, "{}");
        server.app->run_validations();
        const auto answer = json_of(client.post(url, ""));
        CAPTURE(answer.dump());
        REQUIRE(answer["status"] == "invalid");
        CHECK_FALSE(answer["error"]["detail"].get<std::string>().empty());
        const auto error = answer["error"]["type"].get<std::string>();
        return error.substr(error.rfind(':') + 1);
    }
    std::string certificate(const std::string& name) {
        const auto done = client.finalize(order_of(client.new_order({name})).finalize, csr_for({name}));
        const auto pem = client.post(order_of(done).certificate, "").body;
        return R"({"certificate":")" + base::base64url_encode(x509::parse_certificates(pem, "chain").at(0).der()) + '"';
    }
};

/// A problem document as RFC 8555 section 6.7 wants it; its type.
std::string type_of(const net::Response& response) {
    CAPTURE(response.body);
    CHECK(response.status >= 400);
    CHECK(header_of(response, "Content-Type") == "application/problem+json");
    CHECK_FALSE(header_of(response, "Replay-Nonce").empty());
    CHECK(json_of(response)["status"] == response.status);
    CHECK_FALSE(json_of(response)["detail"].get<std::string>().empty());
    CHECK(response.body.find("null") == std::string::npos);
    CHECK_FALSE(json_of(response).contains("identifier"));  // of subproblems alone (section 6.7.1)
    return acme::problem_type(response);
}

std::string order(Wire& wire, const std::string& members) {
    return type_of(wire.client.post("/acme/new-order", members));
}
std::string account(Wire& wire, const std::string& members) {
    wire.client = wire.server.client();
    return type_of(wire.client.post("/acme/new-account", members));
}

std::string already_replaced() {
    Wire wire;
    const auto made = wire.client.new_order({"a.test"});
    const auto done = wire.client.finalize(order_of(made).finalize, csr_for({"a.test"}));
    const auto leaf = x509::parse_certificates(wire.client.post(order_of(done).certificate, "").body, "chain").at(0);
    const auto id = base::base64url_encode(*leaf.authority_key_id()) + "." + base::base64url_encode(leaf.serial());
    const auto again = R"({"identifiers":[{"type":"dns","value":"a.test"}],"replaces":")" + id + "\"}";
    REQUIRE(wire.client.post("/acme/new-order", again).status == 201);
    return order(wire, again);
}

/// What a web server that answers everything with "no" brings a challenge of this type to.
std::string at_a_web_server(const std::string& challenge_type) {
    net::HttpServer target{
        {{"127.0.0.1:0", false}}, [](const net::Request&) { return net::Response::text(200, "no"); }, 1};
    target.start();
    Wire wire("challenge");
    auto& settings = wire.server.configuration.settings;
    settings.http01_port = settings.tls_alpn01_port = target.port(0);
    settings.allow_targets = {net::Cidr::parse("127.0.0.0/8", "test")};
    wire.server.reconfigure();
    wire.server.resolver.set("www.test", {"127.0.0.1"});
    const auto type = wire.challenge_error("www.test", challenge_type);
    target.stop(1s);
    return type;
}

std::string connection() {
    net::HttpServer target{{{"127.0.0.1:0", false}}, [](const net::Request&) { return net::Response{}; }, 1};
    target.start();
    const int port = target.port(0);
    target.stop(1s);  // nobody listens there now
    Wire wire("challenge");
    wire.server.configuration.settings.http01_port = port;
    wire.server.configuration.settings.allow_targets = {net::Cidr::parse("127.0.0.0/8", "test")};
    wire.server.reconfigure();
    wire.server.resolver.set("www.test", {"127.0.0.1"});
    return wire.challenge_error("www.test");
}

// One challenge more than an account may have waiting.
std::string rate_limited() {
    Wire wire("challenge");
    constexpr int count = static_cast<int>(server::ValidationQueue::k_waiting_per_account) + 1;
    wire.server.profile().max_names = count;
    wire.server.reconfigure();
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back("n" + std::to_string(i) + ".test");
    net::Response response;
    for (const auto& url : order_of(wire.client.new_order(names)).authorizations) {
        REQUIRE(response.status <= 200);
        response = wire.client.post(json_of(wire.client.post(url, ""))["challenges"][0]["url"], "{}");
    }
    CHECK_FALSE(header_of(response, "Retry-After").empty());
    return type_of(response);
}

using Producer = std::function<std::string()>;

/// `f` with a server of its own, in trust mode.
Producer with_wire(std::function<std::string(Wire&)> f) {
    return [f = std::move(f)] {
        Wire wire;
        return f(wire);
    };
}

const std::map<std::string, Producer> k_producers = {
    {"accountDoesNotExist", with_wire([](Wire& w) { return account(w, R"({"onlyReturnExisting":true})"); })},
    {"alreadyReplaced", already_replaced},
    {"alreadyRevoked", with_wire([](Wire& w) {
         const auto payload = w.certificate("a.test") + "}";
         REQUIRE(w.client.post("/acme/revoke-cert", payload).status == 200);
         return type_of(w.client.post("/acme/revoke-cert", payload));
     })},
    {"badCSR", with_wire([](Wire& w) {
         return type_of(w.client.finalize(order_of(w.client.new_order({"a.test"})).finalize, csr_for({"b.test"})));
     })},
    {"badNonce", with_wire([](Wire& w) { return type_of(w.client.post(w.client.kid, "", {.nonce = "AA"})); })},
    {"badPublicKey", with_wire([](Wire& w) {
         const auto key = crypto::PrivateKey::generate(crypto::KeyType::rsa_2048);
         w.server.profile().key_types = {crypto::KeyType::ec_p256};
         w.server.reconfigure();
         return type_of(w.client.finalize(order_of(w.client.new_order({"a.test"})).finalize, csr_for({"a.test"}, key)));
     })},
    {"badRevocationReason", with_wire([](Wire& w) {
         return type_of(w.client.post("/acme/revoke-cert", w.certificate("a.test") + R"(,"reason":6})"));
     })},
    {"badSignatureAlgorithm", with_wire([](Wire& w) {
         w.client.need_nonce();
         const auto header =
             base::base64url_encode(base::to_bytes(R"({"alg":"HS256","nonce":")" + w.client.nonce + R"(","url":")" +
                                                   w.client.kid + R"(","kid":")" + w.client.kid + "\"}"));
         const auto body = R"({"protected":")" + header + R"(","payload":"","signature":"AAAA"})";
         const auto response = w.client.post(w.client.kid, "", {.body = body});
         CHECK(json_of(response)["algorithms"].size() >= 4);
         return type_of(response);
     })},
    {"caa", with_wire([](Wire& w) {
         w.server.profile().acme.caa = true;
         w.server.reconfigure();
         w.server.resolver.set_caa("a.test", {{false, "issue", ";"}});
         return type_of(w.client.finalize(order_of(w.client.new_order({"a.test"})).finalize, csr_for({"a.test"})));
     })},
    {"compound", with_wire([](Wire& w) {
         w.server.profile().permit_dns = {"**.test"};
         w.server.reconfigure();
         return order(w, R"({"identifiers":[{"type":"dns","value":"a.example"}],"notAfter":")" +
                             base::format_time(w.server.clock.now() + 24h * 5000) + "\"}");
     })},
    {"connection", connection},
    {"dns",
     [] {
         Wire wire("challenge");
         return wire.challenge_error("nowhere.test");
     }},
    {"externalAccountRequired", with_wire([](Wire& w) {
         w.server.profile().acme.require_eab = true;
         w.server.reconfigure();
         return account(w, "{}");
     })},
    {"incorrectResponse", [] { return at_a_web_server("http-01"); }},
    {"invalidContact", with_wire([](Wire& w) { return account(w, R"({"contact":["mailto:a@b.test,c@d.test"]})"); })},
    {"invalidProfile",
     with_wire([](Wire& w) { return type_of(w.client.new_order({"a.test"}, "/acme/new-order", "x")); })},
    {"malformed", with_wire([](Wire& w) { return order(w, "[]"); })},
    {"orderNotReady",
     [] {
         Wire wire("challenge");
         return type_of(
             wire.client.finalize(order_of(wire.client.new_order({"a.test"})).finalize, csr_for({"a.test"})));
     }},
    {"rateLimited", rate_limited},
    {"rejectedIdentifier", with_wire([](Wire& w) { return type_of(w.client.new_order({"ca.test"})); })},
    {"serverInternal", with_wire([](Wire& w) {
         w.server.profile().acme.authorize_command = "/nonexistent/rule";
         w.server.reconfigure();
         return type_of(w.client.new_order({"a.test"}));
     })},
    {"tls", [] { return at_a_web_server("tls-alpn-01"); }},
    {"unauthorized",
     with_wire([](Wire& w) { return type_of(w.client.post(w.client.kid, "", {.url = "https://x/"})); })},
    {"unsupportedContact", with_wire([](Wire& w) { return account(w, R"({"contact":["tel:+4930"]})"); })},
    {"unsupportedIdentifier",
     with_wire([](Wire& w) { return order(w, R"({"identifiers":[{"type":"permanent-identifier","value":"x"}]})"); })},
    {"userActionRequired", with_wire([](Wire& w) {
         w.server.configuration.settings.default_profile.clear();
         w.server.reconfigure();
         return type_of(w.client.new_order({"a.test"}));
     })},
};

/// The registry "ACME Error Types": RFC 8555 section 6.7, RFC 9773 section 7.4, draft-ietf-acme-profiles section 6.
const std::set<std::string> k_registered = {
    "accountDoesNotExist",
    "alreadyReplaced",
    "alreadyRevoked",
    "badCSR",
    "badNonce",
    "badPublicKey",
    "badRevocationReason",
    "badSignatureAlgorithm",
    "caa",
    "compound",
    "connection",
    "dns",
    "externalAccountRequired",
    "incorrectResponse",
    "invalidContact",
    "invalidProfile",
    "malformed",
    "orderNotReady",
    "rateLimited",
    "rejectedIdentifier",
    "serverInternal",
    "tls",
    "unauthorized",
    "unsupportedContact",
    "unsupportedIdentifier",
    "userActionRequired",
};

/// What acme/problem.cpp can make of any error.
std::set<std::string> known_types() {
    std::set<std::string> types = {"compound"};
    for (int kind = 0; kind <= static_cast<int>(base::Kind::internal); ++kind) {
        const auto type = acme::to_problem(base::Error{static_cast<base::Kind>(kind), "x"}, {}).type;
        types.insert(type.substr(type.rfind(':') + 1));
    }
    return types;
}

}  // namespace

TEST_CASE("error types: each is given over the wire, in the form that RFC 8555 section 6.7 wants") {
    for (const auto& [type, produce] : k_producers) {
        CAPTURE(type);
        CHECK(produce() == type);
    }
}

TEST_CASE("error types: all are registered, and none is forgotten") { CHECK(known_types() == k_registered); }

TEST_CASE("error types: none is without a row") {
    for (const auto& type : known_types()) {
        CAPTURE(type);
        CHECK(k_producers.contains(type));
    }
}
