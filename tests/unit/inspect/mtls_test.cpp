#include "inspect/mtls.h"

#include <doctest/doctest.h>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "support/make_chain.h"
#include "x509/pem.h"

using namespace signet;
using State = inspect::Door::State;

namespace {

const base::Time k_at = base::parse_time("2027-01-15T08:00:00Z", "test");

/// A server that is a function of what it is shown.
struct ScriptedDialer final : net::TlsDialer {
    std::function<std::optional<std::string>(const net::TlsDialRequest&)> answer;  // throws to refuse
    bool asks = true;
    net::TlsHandshake dial(const net::TlsDialRequest& request) override {
        net::TlsHandshake out{"TLSv1.3", "", "", "", {}, asks, net::Address::from_octets(base::Bytes{127, 0, 0, 1})};
        out.answer = answer(request);
        return out;
    }
};

[[noreturn]] void alert(const char* name) {
    throw base::Error{base::Kind::tls, std::string("x refused the connection: TLS alert ") + name};
}

struct Fixture {
    test::ChainMaker maker{k_at};
    test::Member root = maker.self_signed(maker.ca_template("Root"));
    test::Member client = maker.issue(root, maker.leaf_template({"worker.internal"}));
    base::Secret key = client.key->to_pem();
    inspect::ProbeRequest endpoint;
    ScriptedDialer dialer;
    std::vector<inspect::ClientFault> issued;

    Fixture() {
        endpoint.host = "localhost";
        endpoint.port = 443;
        endpoint.certificate_pem = x509::encode_certificates({client.certificate});
        endpoint.key_pem = &key;
    }
    inspect::MtlsReport report(bool with_ca = true) {
        inspect::MtlsRequest request{endpoint, {}, k_at};
        request.issue = [&](inspect::ClientFault fault) -> inspect::ThrowAwayPair {
            issued.push_back(fault);
            if (!with_ca) throw base::Error{base::Kind::not_found, "there is no store"};
            return {x509::encode_certificates({client.certificate, root.certificate}), client.key->to_pem()};
        };
        return inspect::check_mtls(dialer, request);
    }
    bool is_own(const net::TlsDialRequest& request) const {
        return request.certificate_pem == endpoint.certificate_pem && !request.version;
    }
};

std::string states(const inspect::MtlsReport& report) {
    std::string out;
    for (const auto& door : report.doors) out += std::string(inspect::door_state_name(door.state)) + " ";
    return out;
}

}  // namespace

TEST_CASE("mtls: a server that refuses all but its own is tight") {
    Fixture made;
    std::vector<net::TlsDialRequest> dialled;
    made.dialer.answer = [&](const net::TlsDialRequest& request) -> std::optional<std::string> {
        dialled.push_back(request);
        if (!made.is_own(request)) alert("certificate_required");
        return "HTTP/1.1 200 OK\r\n\r\n";
    };
    const auto report = made.report();
    CHECK(report.accepted);
    CHECK(report.tight());
    CHECK(states(report) == "refused refused refused refused refused refused ");
    CHECK(made.issued == std::vector{inspect::ClientFault::expired, inspect::ClientFault::not_for_clients});
    REQUIRE(dialled.size() == 7);
    CHECK(dialled[1].certificate_pem.empty());
    CHECK(dialled[1].key_pem == nullptr);
    const auto foreign = x509::parse_certificates(dialled[2].certificate_pem, "foreign");
    CHECK(foreign[0].names() == made.client.certificate.names());
    CHECK(foreign[0].issuer() == made.client.certificate.issuer());
    CHECK_FALSE(foreign[0].signed_by(made.root.certificate.public_key()));
    CHECK(foreign[0].not_after() - foreign[0].not_before() == std::chrono::minutes(1));
    CHECK(dialled[5].version == net::TlsVersion::v1_0);
    CHECK(dialled[6].version == net::TlsVersion::v1_1);
    CHECK(inspect::mtls_json(report)["tight"] == true);
}

TEST_CASE("mtls: a refusal may come by HTTP, or by closing without an answer") {
    Fixture made;
    std::string answer;
    made.dialer.answer = [&](const net::TlsDialRequest& request) -> std::optional<std::string> {
        if (request.version) alert("protocol_version");
        return made.is_own(request) ? "HTTP/1.1 404 Not Found\r\n\r\n" : answer;
    };
    for (const char* refusal : {"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1.1 403 Forbidden\r\n\r\n", ""}) {
        CAPTURE(refusal);
        answer = refusal;
        CHECK(made.report().tight());
    }
    for (const char* served : {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\n", "hello\r\n"}) {
        CAPTURE(served);
        answer = served;
        CHECK(states(made.report()) == "open open open open refused refused ");
    }
}

TEST_CASE("mtls: what a silent server does not refuse is open") {
    Fixture made;
    made.dialer.answer = [](const net::TlsDialRequest&) -> std::optional<std::string> { return std::nullopt; };
    CHECK(states(made.report()) == "open open open open open open ");
    CHECK_FALSE(made.report().tight());
}

TEST_CASE("mtls: without the CA two doors are untested, and do not count") {
    Fixture made;
    made.dialer.answer = [&](const net::TlsDialRequest& request) -> std::optional<std::string> {
        if (!made.is_own(request)) alert("unknown_ca");
        return std::nullopt;
    };
    const auto report = made.report(false);
    CHECK(states(report) == "refused refused untested untested refused refused ");
    CHECK(report.doors[2].detail == "there is no store");
    CHECK(report.tight());
}

TEST_CASE("mtls: when the client's own certificate is refused, nothing is proved") {
    Fixture made;
    made.dialer.answer = [](const net::TlsDialRequest&) -> std::optional<std::string> { alert("unknown_ca"); };
    const auto report = made.report();
    CHECK_FALSE(report.accepted);
    CHECK_FALSE(report.tight());
    CHECK(report.acceptance.find("unknown_ca") != std::string::npos);
    CHECK(states(report) == "untested untested untested untested untested untested ");
    CHECK(made.issued.empty());
}

TEST_CASE("mtls: a server that asks nobody for a certificate has accepted nobody's") {
    Fixture made;
    made.dialer.asks = false;
    made.dialer.answer = [](const net::TlsDialRequest&) -> std::optional<std::string> { return std::nullopt; };
    const auto report = made.report();
    CHECK_FALSE(report.accepted);
    CHECK(report.doors[0].state == State::open);
    CHECK(report.doors[0].detail == "the server asks for no certificate");
}

TEST_CASE("mtls: what is no refusal is no proof") {
    Fixture made;
    made.dialer.answer = [&](const net::TlsDialRequest& request) -> std::optional<std::string> {
        if (!made.is_own(request)) throw base::Error{base::Kind::timeout, "no answer in time"};
        return std::nullopt;
    };
    CHECK(states(made.report()) == "untested untested untested untested untested untested ");
    made.dialer.answer = [](const net::TlsDialRequest&) -> std::optional<std::string> {
        throw base::Error{base::Kind::connection, "cannot connect"};
    };
    CHECK_THROWS_AS(made.report(), base::Error);
}

TEST_CASE("probe: the identity to read is the SPIFFE ID, then a name, then with a warning the CN") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    const auto identity = [&](const std::vector<std::string>& names, const char* cn) {
        auto content = maker.leaf_template(names);
        if (cn != nullptr) content.subject.add("CN", cn);
        const auto found = inspect::identity_of(maker.issue(root, content).certificate);
        return found.kind + " " + found.value + (found.warning.empty() ? "" : " !");
    };
    CHECK(identity({"10.0.0.7", "db.internal", "https://x.internal/y", "spiffe://mesh.internal/db"}, "x") ==
          "uri spiffe://mesh.internal/db");
    CHECK(identity({"10.0.0.7", "db.internal"}, "x") == "dns db.internal");
    CHECK(identity({"10.0.0.7"}, "x") == "ip 10.0.0.7");
    CHECK(identity({}, "x") == "cn x !");
}

TEST_CASE("probe: what is odd in a chain as it was sent is said, though it verifies") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    const auto issuing = maker.issue(root, maker.ca_template("Issuing"));
    const auto other = maker.issue(root, maker.ca_template("Other"));
    const auto leaf = maker.issue(issuing, maker.leaf_template({"db.internal"}));
    inspect::VerifyReport report;
    report.chain = {leaf.certificate, issuing.certificate, root.certificate};
    const auto count = [&](const std::vector<x509::Certificate>& sent) {
        return inspect::remarks_on(sent, report).size();
    };
    CHECK(count({leaf.certificate, issuing.certificate}) == 0);
    CHECK(count({leaf.certificate}) == 1);                                          // missing
    CHECK(count({leaf.certificate, issuing.certificate, root.certificate}) == 1);   // the root
    CHECK(count({leaf.certificate, root.certificate, issuing.certificate}) == 2);   // order, and the root
    CHECK(count({leaf.certificate, issuing.certificate, other.certificate}) == 2);  // extra, and out of order
}
