#include "server/self_certificate.h"

#include "fixture.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

struct Own {
    TemporaryStore store;
    ManualClock clock;
    base::OsRandom random;
    ca::Authorities authorities{(*store).layout(), clock};
    ca::Issuer issuer{*store, authorities, clock, random};
    server::SelfCertificate self{issuer, clock};
    server::Configuration configuration;
    Own() {
        ca::init_authority(*store, {}, clock, random);
        configuration.profiles = ca::ready_made_profiles();
        configuration.settings.hostnames = {"ca.test", "10.0.0.7"};
    }
    x509::Certificate renewed() {
        const auto identity = self.renew_if_due(configuration);
        REQUIRE(identity);
        const auto chain = x509::parse_certificates(identity->chain_pem, "own chain");
        CHECK(chain.size() == 2);
        CHECK(crypto::PrivateKey::from_pem(identity->key_pem.reveal(), "own key").public_key() ==
              chain[0].public_key());
        return chain[0];
    }
};

}  // namespace

TEST_CASE("self certificate: carries the server's names, whatever the profiles permit") {
    Own own;
    own.configuration.profiles.at("default").permit_dns.clear();
    own.configuration.settings.external_url = "https://acme.example:444";
    const auto certificate = own.renewed();
    CHECK(certificate.names() == std::vector{x509::Identifier::dns("ca.test"), x509::Identifier::ip("10.0.0.7"),
                                             x509::Identifier::dns("acme.example")});
    CHECK(*certificate.extended_key_usage() == std::vector<std::string>{x509::k_server_auth});
}

TEST_CASE("self certificate: renewed when a third of its life is left, and not before") {
    Own own;
    const auto first = own.renewed();
    CHECK_FALSE(own.self.renew_if_due(own.configuration));
    const auto life = first.not_after() - own.clock.now();
    own.clock.advance(life * 2 / 3 - 1min);
    CHECK_FALSE(own.self.renew_if_due(own.configuration));
    own.clock.advance(2min);
    const auto second = own.renewed();
    CHECK(second.serial_hex() != first.serial_hex());
    CHECK(second.not_after() > first.not_after());
    CHECK_FALSE(own.self.renew_if_due(own.configuration));
}

TEST_CASE("self certificate: renewed at once when the names are others") {
    Own own;
    own.renewed();
    own.configuration.settings.hostnames = {"other.test"};
    CHECK(own.renewed().names() == std::vector{x509::Identifier::dns("other.test")});
}

TEST_CASE("self certificate: under an expired CA it is signed by its own key, until the CA is good again") {
    Own own;
    const auto begin = own.clock.now();
    own.clock.advance(24h * 365 * 6);
    const auto identity = own.self.renew_if_due(own.configuration);
    REQUIRE(identity);
    const auto chain = x509::parse_certificates(identity->chain_pem, "own chain");
    REQUIRE(chain.size() == 1);
    CHECK(chain[0].signed_by(chain[0].public_key()));
    CHECK(chain[0].names().size() == 2);
    CHECK_THROWS_AS(own.self.renew_if_due(own.configuration), base::Error);
    own.clock.set(begin);
    CHECK(own.renewed().issuer().text() == "CN=default Issuing CA");
}

TEST_CASE("self certificate: names that the CA may not sign are told as the server's own") {
    Own own;
    ca::init_authority(*own.store, {.name = "narrow", .permit = {.dns = {"mesh.test"}, .ip = {}, .uri = {}}}, own.clock,
                       own.random);
    own.configuration.profiles.at("default").ca = "narrow";
    try {
        own.self.renew_if_due(own.configuration);
        FAIL("it has a certificate");
    } catch (const base::Error& error) {
        CHECK(error.message().starts_with("the server cannot certify its own names: "));
        CHECK(error.hint().find("hostnames") != std::string::npos);
        CHECK(error.parts().size() >= 2);
    }
}
