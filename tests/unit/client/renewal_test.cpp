#include "client/renewal.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support/make_chain.h"

using namespace signet;
using namespace std::chrono_literals;

namespace {

const base::Time k_start = base::from_unix(1'800'000'000);

x509::Certificate certificate_for(base::Duration lifetime) {
    test::ChainMaker maker(k_start);
    auto content = maker.leaf_template({"db.internal"});
    content.not_before = k_start;
    content.not_after = k_start + lifetime - 1s;
    return maker.self_signed(content).certificate;
}

}  // namespace

TEST_CASE("renewal: due when a third is left, half for lifetimes under ten days") {
    struct Row {
        const char* name;
        base::Duration lifetime, lead;
    };
    const Row rows[] = {
        {"a day", 24h, 12h},
        {"an hour", 1h, 30min},
        {"just under ten days", 239h, 119h + 30min},
        {"ten days", 240h, 80h},
        {"ninety days", 24h * 90, 24h * 30},
        {"a year", 24h * 366, 24h * 122},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto leaf = certificate_for(row.lifetime);
        CHECK(client::renewal_lead(leaf, std::nullopt) == row.lead);
        CHECK(client::due_at(leaf, std::nullopt) == leaf.not_after() - row.lead);
    }
}

TEST_CASE("renewal: --before only ever makes it earlier") {
    const auto leaf = certificate_for(24h * 90);
    CHECK(client::renewal_lead(leaf, client::parse_before("10d")) == 24h * 30);
    CHECK(client::renewal_lead(leaf, client::parse_before("10%")) == 24h * 30);
    CHECK(client::renewal_lead(leaf, client::parse_before("45d")) == 24h * 45);
    CHECK(client::renewal_lead(leaf, client::parse_before("50%")) == 24h * 45);
    CHECK(client::renewal_lead(leaf, client::parse_before("89d")) == 24h * 89);
}

TEST_CASE("renewal: a --before that is not below the lifetime is wrong usage") {
    struct Row {
        base::Duration lifetime;
        const char* before;
    };
    // The minute is the backdate: what was asked for as 24h.
    for (const auto& row : {Row{24h, "24h"}, Row{24h + 1min, "24h"}, Row{24h + 1min, "30d"}, Row{1h + 1min, "60m"}}) {
        CAPTURE(row.before);
        const auto leaf = certificate_for(row.lifetime);
        try {
            client::renewal_lead(leaf, client::parse_before(row.before));
            FAIL("accepted");
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::Kind::usage);
        }
    }
    CHECK(client::renewal_lead(certificate_for(24h + 1min), client::parse_before("23h")) == 23h);
}

TEST_CASE("renewal: texts of --before") {
    CHECK(client::parse_before("33%").share == doctest::Approx(0.33));
    CHECK(client::parse_before("12.5%").share == doctest::Approx(0.125));
    CHECK(client::parse_before("36h").duration == 36h);
    for (const char* text : {"", "%", "0%", "100%", "-5%", "33", "3x", "1e1%", "0d", "33%%", " 5%"}) {
        CAPTURE(text);
        try {
            client::parse_before(text);
            FAIL("accepted");
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::Kind::usage);
        }
    }
}
