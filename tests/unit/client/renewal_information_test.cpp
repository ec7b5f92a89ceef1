#include "client/renewal_information.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "support/make_chain.h"
#include "support/scripted_transport.h"

using namespace signet;
using namespace std::chrono_literals;

namespace {

const base::Time k_now = base::from_unix(1'800'000'000);

x509::Certificate issued_with_serial(base::Bytes serial) {
    test::ChainMaker maker(k_now);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    auto content = maker.leaf_template({"db.internal"});
    content.serial = std::move(serial);
    return maker.issue(root, content).certificate;
}

net::Response window_response(const std::string& body) {
    return {.status = 200, .headers = {{"Content-Type", "application/json"}}, .body = body};
}

constexpr char k_window[] =
    R"({"suggestedWindow":{"start":"2027-01-15T08:00:00Z","end":"2027-01-16T08:00:00Z"},"explanationURL":"https://e.x/"})";

}  // namespace

TEST_CASE("renewal information: the identifier keeps a leading zero of the serial") {
    const auto leaf = issued_with_serial({0x00, 0x87, 0x65, 0x43, 0x21});
    const auto id = client::certificate_id(leaf);
    REQUIRE(id);
    const auto dot = id->find('.');
    CHECK(id->substr(0, dot) == base::base64url_encode(*leaf.authority_key_id()));
    CHECK(id->substr(dot + 1) == "AIdlQyE");  // the example of RFC 9773 section 4.1
}

TEST_CASE("renewal information: a window is read, an empty or reversed one is malformed") {
    const auto window = client::parse_renewal_window(base::parse_json(k_window, "test"));
    CHECK(window.end - window.start == 24h);
    CHECK(window.explanation_url == "https://e.x/");
    for (const char* text : {
             R"({})",
             R"([])",
             R"({"suggestedWindow":{}})",
             R"({"suggestedWindow":7})",
             R"({"suggestedWindow":{"start":"2027-01-15T08:00:00Z","end":"2027-01-15T08:00:00Z"}})",
             R"({"suggestedWindow":{"start":"2027-01-16T08:00:00Z","end":"2027-01-15T08:00:00Z"}})",
             R"({"suggestedWindow":{"start":"soon","end":"later"}})",
         }) {
        CAPTURE(text);
        CHECK_THROWS_AS(client::parse_renewal_window(base::parse_json(text, "test")), base::Error);
    }
}

TEST_CASE("renewal information: the moment lies in the window and is the same at each call") {
    const client::RenewalWindow window{k_now, k_now + 24h, ""};
    base::Time first{};
    bool spread = false;
    for (std::uint8_t i = 1; i < 10; ++i) {
        const auto leaf = issued_with_serial({0x11, i});
        const auto at = client::renewal_time(window, leaf);
        CHECK(at >= window.start);
        CHECK(at < window.end);
        CHECK(at == client::renewal_time(window, leaf));
        if (i > 1 && at != first) spread = true;
        first = at;
    }
    CHECK(spread);
}

TEST_CASE("renewal information: asked at the right address, and no trouble is an error") {
    const auto leaf = issued_with_serial({0x42});
    test::ScriptedTransport good([](const net::OutboundRequest&) { return window_response(k_window); });
    CHECK(client::ask_renewal_window(good, "https://ca/renewal-info", leaf, k_now));
    REQUIRE(good.requests.size() == 1);
    CHECK(good.requests[0].url == "https://ca/renewal-info/" + *client::certificate_id(leaf));
    CHECK(good.requests[0].method == "GET");
    CHECK(good.requests[0].timeout <= 10s);

    CHECK_FALSE(client::ask_renewal_window(good, "", leaf, k_now));
    test::ScriptedTransport absent([](const net::OutboundRequest&) { return net::Response::text(404, "no"); });
    CHECK_FALSE(client::ask_renewal_window(absent, "https://ca/ri/", leaf, k_now));
    test::ScriptedTransport html([](const net::OutboundRequest&) { return net::Response::text(200, "<html>"); });
    CHECK_FALSE(client::ask_renewal_window(html, "https://ca/ri/", leaf, k_now));
    test::ScriptedTransport broken(
        [](const net::OutboundRequest&) -> net::Response { throw base::Error(base::Kind::connection, "refused"); });
    CHECK_FALSE(client::ask_renewal_window(broken, "https://ca/ri/", leaf, k_now));
}

TEST_CASE("renewal information: Retry-After says when to ask again, within bounds") {
    const auto leaf = issued_with_serial({0x43});
    const auto wait_for = [&](const std::string& value) {
        test::ScriptedTransport transport([&](const net::OutboundRequest&) {
            auto response = window_response(k_window);
            if (!value.empty()) response.set("Retry-After", value);
            return response;
        });
        return client::ask_renewal_window(transport, "https://ca/ri", leaf, k_now)->ask_after - k_now;
    };
    CHECK(wait_for("") == 6h);
    CHECK(wait_for("7200") == 2h);
    CHECK(wait_for("0") == 1min);
    CHECK(wait_for("99999999999") == 24h);
    CHECK(wait_for("soon") == 6h);
}
