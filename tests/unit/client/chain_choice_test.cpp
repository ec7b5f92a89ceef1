#include "client/chain_choice.h"

#include <doctest/doctest.h>

#include "support/make_chain.h"
#include "support/manual_clock.h"

using namespace signet;

TEST_CASE("chain choice: URLs of Link headers") {
    const std::string url = "https://ca.test/acme/certificate/1";
    net::Response response;
    CHECK(client::alternate_urls(response, url).empty());
    response.headers = {{"Link", "<https://ca.test/acme/directory>;rel=\"index\""},
                        {"link", "</acme/certificate/1/1>;rel=\"alternate\", <2>; title=\"a, <b>\"; REL=alternate"},
                        {"Link", "<https://ca.test/3>; rel=\"up alternate\""},
                        {"Link", "<ftp://ca.test/4>;rel=\"alternate\""},
                        {"Link", "<https://ca.test/5;rel=alternate"},
                        {"Link", "nonsense, <>, <https://ca.test/6>; rel=alternative"},
                        {"X-Link", "<https://ca.test/7>;rel=\"alternate\""}};
    CHECK(client::alternate_urls(response, url) == std::vector<std::string>{"https://ca.test/acme/certificate/1/1",
                                                                            "https://ca.test/acme/certificate/2",
                                                                            "https://ca.test/3"});
    for (int i = 0; i < 100; ++i) response.headers.emplace_back("Link", "</x>;rel=\"alternate\"");
    CHECK(client::alternate_urls(response, url).size() == 12);
}

TEST_CASE("chain choice: by the CA above the chain, and by what it reaches") {
    test::ManualClock clock;
    test::ChainMaker maker{clock.now()};
    const auto root = maker.self_signed(maker.ca_template("One Root"));
    const auto other = maker.self_signed(maker.ca_template("Other Root"));
    const std::vector chain{root.certificate};
    CHECK(client::ends_below(chain, "One Root"));
    CHECK_FALSE(client::ends_below(chain, "Other Root"));
    CHECK_FALSE(client::ends_below({}, "One Root"));
    CHECK(client::reaches(chain, {}, clock.now()));
    CHECK(client::reaches(chain, {root.certificate}, clock.now()));
    CHECK_FALSE(client::reaches(chain, {other.certificate}, clock.now()));
}
