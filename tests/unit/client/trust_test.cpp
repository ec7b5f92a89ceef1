#include "client/trust.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "support/make_chain.h"
#include "support/manual_clock.h"
#include "support/scripted_transport.h"
#include "x509/pem.h"

using namespace signet;
using namespace std::chrono_literals;
using base::Error;
using base::Kind;
using Mode = net::Trust::Mode;

namespace {

constexpr char k_directory[] = "https://ca.internal:8443/acme/directory";

template <class F>
Error error_of(F action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    return {Kind::internal, "nothing was thrown"};
}

// Transports that answer /ca.pem by whom they are told to believe.
struct Fixture {
    test::ManualClock clock;
    test::ChainMaker maker{clock.now()};
    x509::Certificate root = maker.self_signed(maker.ca_template("Root")).certificate;
    x509::Certificate second = maker.self_signed(maker.ca_template("Second Root")).certificate;
    x509::Certificate stranger = maker.self_signed(maker.ca_template("Stranger")).certificate;
    std::vector<net::TransportSettings> made;
    std::vector<std::pair<Mode, net::OutboundRequest>> sent;
    std::string unverified = x509::encode_certificates({stranger, root});
    std::string verified = x509::encode_certificates({root, second});
    int status = 200;

    client::MakeTransport make = [this](net::TransportSettings settings) -> std::unique_ptr<net::Transport> {
        made.push_back(settings);
        const auto mode = settings.trust.mode;
        return std::make_unique<test::ScriptedTransport>([this, mode](const net::OutboundRequest& request) {
            sent.emplace_back(mode, request);
            return net::Response::text(status, mode == Mode::none ? unverified : verified);
        });
    };
    client::TrustedServer trust(const client::ServerTrust& wish) {
        return client::trust_server(wish, make, clock, {clock, 60s}, [](std::string_view) {});
    }
};

}  // namespace

TEST_CASE("trust: names and URLs of servers") {
    CHECK(client::directory_url("letsencrypt", false) == "https://acme-v02.api.letsencrypt.org/directory");
    CHECK(client::directory_url("letsencrypt-staging", false) ==
          "https://acme-staging-v02.api.letsencrypt.org/directory");
    CHECK(client::directory_url(k_directory, false) == k_directory);
    CHECK(client::directory_url("https://ca.internal:8443", false) == "https://ca.internal:8443/acme/directory");
    CHECK(client::directory_url("https://ca.internal:8443/", false) == "https://ca.internal:8443/acme/directory");
    CHECK(client::directory_url("https://ca.internal/d", false) == "https://ca.internal/d");
    CHECK(client::directory_url("http://localhost:8080/d", true) == "http://localhost:8080/d");
    for (const char* text : {"http://localhost:8080/d", "ca.internal", "", "ftp://x/", "https://", "letsencrypt2"}) {
        CAPTURE(text);
        CHECK(error_of([&] { client::directory_url(text, false); }).kind() == Kind::usage);
    }
}

TEST_CASE("trust: forms of a hash") {
    const std::string plain(64, 'a');
    CHECK(client::parse_root_hash(plain) == plain);
    CHECK(client::parse_root_hash(" " + std::string(64, 'A') + "\n") == plain);
    for (const auto& text : {std::string(), std::string(63, 'a'), std::string(66, 'a'), std::string(64, 'g')}) {
        CHECK(error_of([&] { client::parse_root_hash(text); }).kind() == Kind::usage);
    }
}

TEST_CASE_FIXTURE(Fixture, "trust: without anything the system decides, with a root that one alone") {
    auto server = trust({k_directory, {}, "", false});
    CHECK(server.roots.empty());
    CHECK(made.back().trust.mode == Mode::system);
    server = trust({k_directory, {root}, "", false});
    CHECK(made.back().trust.mode == Mode::anchors);
    CHECK(made.back().trust.anchors == std::vector{root});
    CHECK(made.back().user_agent.starts_with("signet/"));
    CHECK_FALSE(made.back().allow_http);
    CHECK(sent.empty());
}

TEST_CASE_FIXTURE(Fixture, "trust: a hash picks one member of /ca.pem, and only the copy that it verifies counts") {
    auto server = trust({k_directory, {}, root.fingerprint_sha256(), false});
    CHECK(server.roots == std::vector{root});
    REQUIRE(made.size() == 2);
    CHECK(made[0].trust.mode == Mode::none);
    CHECK(made[1].trust.mode == Mode::anchors);
    CHECK(made[1].trust.anchors == std::vector{root});
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].second.url == "https://ca.internal:8443/ca.pem");
    CHECK(sent[0].second.method == "GET");
    CHECK(sent[0].second.body.empty());

    const auto anchors =
        client::published_anchors(k_directory, *server.transport, clock, {clock, 60s}, [](std::string_view) {});
    CHECK(anchors == std::vector{root, second});  // not the stranger that the first copy held
    CHECK(sent.back().first == Mode::anchors);
}

TEST_CASE_FIXTURE(Fixture, "trust: a wrong hash is refused and shown beside the right one") {
    const std::string wrong(64, '0');
    const auto error = error_of([&] { trust({k_directory, {}, wrong, false}); });
    CHECK(error.kind() == Kind::refused);
    CHECK(error.message().find(wrong) != std::string::npos);
    CHECK(error.message().find(root.fingerprint_sha256()) != std::string::npos);
    CHECK(made.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "trust: a hash without a /ca.pem, or over plain http, is no good") {
    status = 404;
    CHECK(error_of([&] { trust({k_directory, {}, root.fingerprint_sha256(), false}); }).kind() == Kind::refused);
    status = 200;
    unverified = "<html>hello</html>";
    CHECK(error_of([&] { trust({k_directory, {}, root.fingerprint_sha256(), false}); }).kind() == Kind::remote_problem);
    CHECK(error_of([&] {
              trust({"http://ca.internal/d", {}, root.fingerprint_sha256(), true});
          }).kind() == Kind::usage);
}

TEST_CASE_FIXTURE(Fixture, "trust: a server that publishes no anchors has none") {
    auto server = trust({k_directory, {root}, "", false});
    const auto anchors = [&](const char* directory) {
        return client::published_anchors(directory, *server.transport, clock, {clock, 60s}, [](std::string_view) {});
    };
    CHECK(anchors(k_directory).size() == 2);
    CHECK(anchors("http://ca.internal/d").empty());
    status = 404;
    CHECK(anchors(k_directory).empty());
    status = 200;
    verified = "<html>hello</html>";
    CHECK(anchors(k_directory).empty());
    // A server in trouble must not look like one without anchors: its chain would be checked less.
    status = 500;
    CHECK(error_of([&] { anchors(k_directory); }).kind() == Kind::remote_problem);
}

TEST_CASE("trust: pinned roots follow a rotation that they vouch for, and nothing else") {
    test::ManualClock clock;
    test::ChainMaker maker{clock.now()};
    const auto old_root = maker.self_signed(maker.ca_template("Old Root"));
    const auto new_root = maker.self_signed(maker.ca_template("New Root"));
    const auto stranger = maker.self_signed(maker.ca_template("Stranger"));
    const auto cross = maker.issue_for(old_root, maker.ca_template("New Root"), new_root.key->public_key());
    const auto forged = maker.issue_for(stranger, maker.ca_template("New Root"), new_root.key->public_key());
    const auto now = clock.now();
    using Certificates = std::vector<x509::Certificate>;
    const Certificates pinned{old_root.certificate};
    const Certificates both{old_root.certificate, new_root.certificate};
    CHECK(client::roots_from_now_on(pinned, both, {cross}, now) == both);
    CHECK(client::roots_from_now_on(both, {new_root.certificate}, {}, now) == Certificates{new_root.certificate});
    CHECK(client::roots_from_now_on(pinned, both, {}, now) == pinned);
    CHECK(client::roots_from_now_on(pinned, both, {forged}, now) == pinned);
    CHECK(client::roots_from_now_on(pinned, {old_root.certificate, stranger.certificate}, {cross}, now) == pinned);
    CHECK(client::roots_from_now_on(pinned, {stranger.certificate}, {}, now) == pinned);
    CHECK(client::roots_from_now_on(pinned, {}, {}, now) == pinned);
    CHECK(client::roots_from_now_on({}, both, {cross}, now).empty());
}
