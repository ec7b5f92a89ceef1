#include "fixture.h"
#include "x509/certificate.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

net::Response order_for(AcmeClient& client, std::optional<base::Time> not_before, std::optional<base::Time> not_after) {
    acme::NewOrderMessage message;
    message.identifiers = {x509::Identifier::dns("a.test")};
    message.not_before = not_before;
    message.not_after = not_after;
    return client.post("/acme/new-order", base::dump_json(acme::encode_new_order(message)));
}

}  // namespace

TEST_CASE("wished lifetime: given to the second, however long the order took") {
    ServerFixture server;
    auto client = server.registered();
    const auto from = base::from_unix(base::to_unix(server.clock.now())), to = from + 36h;
    const auto made = order_for(client, from, to);
    REQUIRE(made.status == 201);
    CHECK(order_of(made).not_before == from);
    CHECK(order_of(made).not_after == to);
    server.clock.advance(2h);
    client.nonce.clear();
    const auto done = client.finalize(order_of(made).finalize, csr_for({"a.test"}));
    CAPTURE(done.body);
    REQUIRE(done.status == 200);
    const auto leaf = x509::parse_certificates(client.post(order_of(done).certificate, "").body, "test").front();
    CHECK(leaf.not_before() == from);
    CHECK(leaf.not_after() == to);
    CHECK(order_of(done).not_before == from);
}

TEST_CASE("wished lifetime: what the profile does not permit is refused, never changed") {
    using Wish = std::optional<base::Duration>;  // from now
    struct Row {
        const char* what;
        Wish from, to;
        bool permitted;
    };
    const Row rows[] = {
        {"an end alone", {}, 1h, true},
        {"a begin alone", 0s, {}, true},
        {"later", 24h, 48h, true},
        {"the backdate", -1min, 1h, true},
        {"the maximum", {}, 24h * 398, true},
        {"further back", -2min, 1h, false},
        {"beyond the maximum", {}, 24h * 398 + 2s, false},
        {"beyond it by a late begin", 24h * 398, 24h * 399, false},
        {"past", {}, -1h, false},
        {"the wrong way round", 2h, 1h, false},
        {"nothing", 1h, 1h, false},
    };
    ServerFixture server;
    auto client = server.registered();
    const auto now = base::from_unix(base::to_unix(server.clock.now()));
    const auto at = [&](const Wish& wish) { return wish ? std::optional(now + *wish) : std::nullopt; };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        const auto made = order_for(client, at(row.from), at(row.to));
        CAPTURE(made.body);
        CHECK(made.status == (row.permitted ? 201 : 403));
        if (!row.permitted) CHECK(error_type(made) == "unauthorized");
        if (row.permitted) CHECK(order_of(made).not_after == at(row.to));
    }
}
