// Whole enrolments against our own server, without sockets.
#include <doctest/doctest.h>
#include <filesystem>

#include "client/fetch.h"
#include "client/first_run.h"
#include "unit/client/flow_fixture.h"

using namespace signet;
using namespace std::chrono_literals;
using base::Error;
using base::Kind;
using test::FlowFixture;

TEST_CASE_FIXTURE(FlowFixture, "flow: fetch leaves files that fit, anchors of /ca.pem and a record") {
    const auto enrolled = fetch();
    const auto there = deliver::installed(target());
    REQUIRE(there);
    CHECK(there->key_fits);
    CHECK(there->chain.front() == enrolled.leaf);
    CHECK(there->chain.front().names() == record.names);
    CHECK(there->anchors == record.server_roots);
    const auto kept = client::load_renewal_record(target());
    REQUIRE(kept);
    CHECK(kept->server == record.server);
    CHECK(kept->names == record.names);
    CHECK_FALSE(client::reason_to_replace(target(), record, server.clock.now()));
}

TEST_CASE_FIXTURE(FlowFixture, "flow: what is there is replaced for a reason only") {
    CHECK(client::reason_to_replace(target(), record, server.clock.now()) == "there is none yet");
    fetch();
    auto other = record;
    other.names = {x509::Identifier::parse("web.internal")};
    CHECK(client::reason_to_replace(target(), other, server.clock.now()) == "10.0.0.7 was not asked for");
    std::swap(record.names[0], record.names[1]);
    CHECK_FALSE(client::reason_to_replace(target(), record, server.clock.now()));
    CHECK_FALSE(client::reason_to_replace(target(), record, server.clock.now() + 11h));
    CHECK(client::reason_to_replace(target(), record, server.clock.now() + 13h) == "it is due");
    CHECK(client::reason_to_replace(target(), record, server.clock.now() + 25h) == "it has expired");
    CHECK(client::reason_to_replace(target(), record, server.clock.now() - 1h) == "it is not valid yet");
    std::filesystem::remove(target() / "tls.key");
    CHECK(client::reason_to_replace(target(), record, server.clock.now()) == "its key does not fit");
}

TEST_CASE_FIXTURE(FlowFixture, "flow: any one answer may get lost on the way") {
    fetch();
    const int usual = requests;
    REQUIRE(usual > 5);
    for (int lost = 1; lost <= usual; ++lost) {
        CAPTURE(lost);
        requests = 0;
        after = [&](const net::OutboundRequest&, net::Response&) {
            if (requests == lost) throw Error(Kind::connection, "closed while reading");
        };
        const auto old = serial_there();
        fetch();
        CHECK(serial_there() != old);
        CHECK(deliver::installed(target())->key_fits);
    }
}

TEST_CASE_FIXTURE(FlowFixture, "flow: any one answer may be a server in trouble, or its proxy") {
    fetch();
    const int usual = requests;
    for (int broken = 1; broken <= usual; ++broken) {
        CAPTURE(broken);
        requests = 0;
        after = [&](const net::OutboundRequest&, net::Response& response) {
            if (requests == broken) response = net::Response::text(503, "<html>no upstream</html>");
        };
        fetch();
    }
}

TEST_CASE_FIXTURE(FlowFixture, "flow: nonsense at any step is a clear error, and what was there stays") {
    fetch();
    const int usual = requests;
    int refused = 0;
    for (const char* nonsense : {"<html>hello</html>", "", "{}", "[1,2,3]", "-----BEGIN PRIVATE KEY-----\nAAAA\n"}) {
        for (int broken = 1; broken <= usual; ++broken) {
            CAPTURE(broken);
            CAPTURE(nonsense);
            const auto old = serial_there();
            requests = 0;
            bool harmless = false;
            after = [&](const net::OutboundRequest& request, net::Response& response) {
                if (requests != broken) return;
                response.body = nonsense;
                // /ca.pem may be anything at a server that is not ours; nonces and accounts say all in headers.
                harmless = request.url.ends_with("/ca.pem") || request.method == "HEAD" ||
                           request.url.ends_with("/new-account");
            };
            try {
                fetch();
                CHECK(harmless);
            } catch (const Error& error) {
                CAPTURE(error.message());
                CHECK((error.kind() == Kind::remote_problem || error.kind() == Kind::refused));
                CHECK_FALSE(error.message().empty());
                CHECK(serial_there() == old);
                ++refused;
            }
        }
    }
    CHECK(refused >= 4 * 5);  // directory, order, finalize, certificate at least
}

TEST_CASE_FIXTURE(FlowFixture, "flow: a certificate URL that brings a key or text beside certificates is refused") {
    for (const char* extra : {"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAA\n-----END PRIVATE KEY-----\n",
                              "subject=CN = someone\n", "<script>"}) {
        CAPTURE(extra);
        for (const bool in_front : {true, false}) {
            after = [&](const net::OutboundRequest&, net::Response& response) {
                const auto* type = net::find_header(response.headers, "Content-Type");
                if (type == nullptr || !type->starts_with("application/pem-certificate-chain")) return;
                response.body = in_front ? extra + response.body : response.body + extra;
            };
            try {
                fetch();
                FAIL("accepted");
            } catch (const Error& error) {
                CHECK(error.kind() == Kind::remote_problem);
            }
            CHECK_FALSE(std::filesystem::exists(target() / "tls.crt"));
        }
    }
}

TEST_CASE_FIXTURE(FlowFixture, "flow: a server that finalizes slowly is polled") {
    int slow = 2;
    after = [&](const net::OutboundRequest&, net::Response& response) {
        const auto at = response.body.find(R"("status":"valid")");
        if (response.body.find(R"("finalize")") == std::string::npos || at == std::string::npos || slow-- <= 0) return;
        response.body.replace(at, 16, R"("status":"processing")");
        const auto certificate = response.body.find(R"(,"certificate")");
        if (certificate != std::string::npos) {
            response.body.erase(certificate, response.body.find('"', certificate + 16) + 1 - certificate);
        }
        response.set("Retry-After", "4");
    };
    fetch();
    CHECK(slow <= 0);
    const auto waits = server.clock.waits();
    CHECK(std::ranges::find(waits, base::Duration(4s)) != waits.end());
}

TEST_CASE_FIXTURE(FlowFixture, "flow: what policy refuses is told name by name, and nothing is written") {
    record.names.push_back(x509::Identifier::parse("ca.test"));
    try {
        fetch();
        FAIL("accepted");
    } catch (const Error& error) {
        CAPTURE(error.message());
        CHECK(error.kind() == Kind::rejected_identifier);
    }
    CHECK_FALSE(std::filesystem::exists(target() / "tls.crt"));
    record.names.pop_back();
    record.profile = "nosuch";
    CHECK_THROWS_AS(fetch(), Error);
    record.profile = "";
    record.validity = 24h * 500;
    CHECK_THROWS_AS(fetch(), Error);
    record.validity = 2h;
    const auto leaf = fetch().leaf;
    CHECK(leaf.not_after() - server.clock.now() <= 2h);
}

TEST_CASE_FIXTURE(FlowFixture, "flow: a request must name what the order names") {
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    record.csr = x509::CertificateRequest::from_der(x509::build_csr(key, {record.names[0]}));
    try {
        fetch();
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == Kind::usage);
    }
    CHECK(requests == 0);
    record.csr = x509::CertificateRequest::from_der(x509::build_csr(key, record.names));
    CHECK(fetch().leaf.public_key() == key.public_key());
    CHECK_FALSE(client::reason_to_replace(target(), record, server.clock.now()));
}

TEST_CASE("flow: --challenge none says what the server wants") {
    FlowFixture f("challenge");
    f.record.challenge = "none";
    f.record.names = {x509::Identifier::parse("web.internal")};
    try {
        f.fetch();
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == Kind::refused);
        CHECK(error.message().find("http-01") != std::string::npos);
    }
}

TEST_CASE("flow: http-01 is answered from a web root, and the answer is taken back") {
    FlowFixture f("challenge");
    f.record.names = {x509::Identifier::parse("web.internal")};
    f.record.webroot = (f.directory / "www").string();
    std::filesystem::create_directories(f.record.webroot);
    // Nobody serves the web root here: the order must fail, and say for which name.
    f.server.resolver.set("web.internal", {"127.0.0.1"});
    bool seen = false;
    f.before = [&](net::OutboundRequest&) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(f.record.webroot)) {
            seen = seen || entry.is_regular_file();
        }
    };
    try {
        f.fetch();
        FAIL("accepted");
    } catch (const Error& error) {
        CAPTURE(error.message());
        CHECK(error.message().find("web.internal") != std::string::npos);
    }
    CHECK(seen);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(f.record.webroot)) {
        CHECK_FALSE(entry.is_regular_file());
    }
}

TEST_CASE_FIXTURE(FlowFixture, "flow: a failure before there is an account leaves nothing, not even the directory") {
    const auto attempt = [&] {
        const client::FirstRun lock(target());
        fetch();
    };
    after = [](const net::OutboundRequest& request, net::Response& response) {
        if (request.url.ends_with("/new-account")) response = net::Response::text(403, "no");
    };
    CHECK_THROWS_AS(attempt(), base::Error);
    CHECK(base::file_facts(target() / ".signet").has_value());  // an answer that is no refusal: there may be an account
    std::filesystem::remove_all(target());

    record.profile = "absent";  // refused after the account was registered: it is kept
    after = {};
    CHECK_THROWS_AS(attempt(), base::Error);
    CHECK(base::file_facts(target() / ".signet" / "account.key").has_value());
    std::filesystem::remove_all(target());

    record.server = "https://ca.test/acme/profile/absent/directory";
    CHECK_THROWS_AS(attempt(), base::Error);
    CHECK_FALSE(base::file_facts(target()).has_value());
    base::make_directories(target(), 0755);
    CHECK_THROWS_AS(attempt(), base::Error);
    CHECK(base::file_facts(target()).has_value());
    CHECK_FALSE(base::file_facts(target() / ".signet").has_value());
}

TEST_CASE_FIXTURE(FlowFixture, "flow: the record says by which account, and under which profile") {
    fetch();
    auto saved = client::load_renewal_record(target());
    REQUIRE(saved);
    CHECK(saved->account.starts_with("https://ca.test/acme/account/"));
    CHECK(saved->issued_profile == "default");
    server.clock.advance(std::chrono::hours(23));
    const auto renewed = renew();
    REQUIRE(renewed.changed);
    REQUIRE(renewed.record);
    CHECK(renewed.record->account == saved->account);
    CHECK(renewed.record->issued_profile == "default");
}
