#include "ca/rotation.h"

#include "acme/certificate_id.h"
#include "fixture.h"
#include "x509/certificate.h"
#include "x509/pem.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

struct Rotating {
    ServerFixture server;
    AcmeClient owner = server.registered();
    base::OsRandom random;

    void rotate(bool root, bool compromised = false) {
        server.clock.advance(1h);
        ca::RotateRequest request;
        request.root = root;
        request.compromised = compromised;
        ca::rotate_authority(server.store(), request, server.clock, random);
    }
    /// URL of a new certificate.
    std::string issue() {
        const auto order = owner.new_order({"a.test"});
        REQUIRE(order.status == 201);
        const auto done = owner.finalize(order_of(order).finalize, csr_for({"a.test"}));
        REQUIRE(done.status == 200);
        return order_of(done).certificate;
    }
    std::vector<x509::Certificate> chain(const std::string& url) {
        return x509::parse_certificates(owner.post(url, "").body, "chain");
    }
    base::Json window(const x509::Certificate& leaf) {
        return json_of(owner.get("/acme/renewal-info/" + *acme::certificate_id(leaf)))["suggestedWindow"];
    }
};

}  // namespace

// RFC 8555 section 7.4.2
TEST_CASE("rotation: while two roots count, the shorter chain is the alternate") {
    Rotating fixture;
    const auto old_url = fixture.issue();
    CHECK(fixture.owner.post(old_url, "").status == 200);
    CHECK_PROBLEM(fixture.owner.post(old_url + "/alternate", ""), 404, "malformed");
    fixture.rotate(true);
    const auto url = fixture.issue();
    const auto response = fixture.owner.post(url, "");
    const auto links = net::find_header(response.headers, "Link");
    REQUIRE(links != nullptr);
    bool offered = false;
    for (const auto& [name, value] : response.headers) offered |= value == "<" + url + "/alternate>;rel=\"alternate\"";
    CHECK(offered);
    const auto longer = fixture.chain(url), shorter = fixture.chain(url + "/alternate");
    REQUIRE(longer.size() == 3);
    REQUIRE(shorter.size() == 2);
    CHECK(longer[0] == shorter[0]);
    CHECK(longer[1] == shorter[1]);
    CHECK(longer[2].subject() == shorter[1].issuer());
    CHECK(fixture.chain(old_url).size() == 3);
    auto stranger = fixture.server.registered();
    CHECK(stranger.post(url + "/alternate", "").status >= 400);
    CHECK(fixture.owner.post(url + "/alternate", "{}").status == 400);
}

TEST_CASE("rotation: anchors, certificates and CRLs of every generation are served without a restart") {
    Rotating fixture;
    const auto first = ca::read_authority_files(fixture.server.store().layout(), "default");
    const auto anchors = [&] { return x509::parse_certificates(fixture.owner.get("/ca.pem").body, "anchors").size(); };
    CHECK(anchors() == 1);
    fixture.rotate(true);
    CHECK(anchors() == 2);
    const auto second = ca::read_authority_files(fixture.server.store().layout(), "default");
    for (const auto& ca : {first.root, *first.issuing, second.root, *second.issuing}) {
        const auto id = ca::authority_id(ca);
        CHECK(fixture.owner.get("/ca/default/" + id + ".der").body == base::to_text(ca.der()));
        CHECK(fixture.owner.get("/crl/default/" + id + ".crl").status == 200);
    }
    fixture.rotate(true, true);
    CHECK(anchors() == 1);
}

// RFC 9773 section 4.2
TEST_CASE("rotation: renewal information moves what former generations have signed") {
    Rotating fixture;
    const auto leaf = fixture.chain(fixture.issue()).front();
    const auto usual = fixture.window(leaf);
    fixture.rotate(false);
    const auto moved = fixture.window(leaf);
    CHECK(moved != usual);
    const auto start = base::parse_time(moved["start"].get<std::string>(), "start");
    CHECK(start >= fixture.server.clock.now());
    CHECK(start < fixture.server.clock.now() + 12h);
    const auto next = fixture.chain(fixture.issue()).front();
    CHECK(base::parse_time(fixture.window(next)["start"].get<std::string>(), "start") >
          fixture.server.clock.now() + 11h);
    fixture.rotate(true, true);
    CHECK(base::parse_time(fixture.window(next)["end"].get<std::string>(), "end") < fixture.server.clock.now());
}
