#include <algorithm>
#include <set>

#include "fixture.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

// Every state of RFC 8555 section 7.1.6 with everything a client can send to a resource in it. A row says what is
// answered and what state the resource is in afterwards; a pair without a row fails the test.

namespace {

const std::string k_problem = R"({"type":"urn:ietf:params:acme:error:connection","detail":"nobody there"})";

/// An order for one name in challenge mode, brought into a state by what the server itself does to its rows.
struct World {
    ServerFixture server{"challenge"};
    AcmeClient client = server.registered();
    std::string order, finalize, authorization, challenge;
    base::Json as_made;

    World() {
        const auto made = client.new_order({"a.test"});
        as_made = json_of(made);
        order = header_of(made, "Location");
        finalize = order_of(made).finalize;
        authorization = order_of(made).authorizations.at(0);
        challenge = json_of(client.post(authorization, ""))["challenges"][0]["url"];
    }
    static std::string id(const std::string& url) { return url.substr(url.rfind('/') + 1); }
    std::int64_t now() { return base::to_unix(server.clock.now()); }
    void write(const std::function<void(store::Transaction&)>& work) { server.store().write(work); }
    void start() {
        write([&](store::Transaction& t) { REQUIRE(store::start_challenge(t, id(challenge), now())); });
    }
    void settle(const std::string& problem) {
        start();
        write([&](store::Transaction& t) { store::settle_challenge(t, id(challenge), problem, now(), now() + 3600); });
    }
    void deactivate() { REQUIRE(client.post(authorization, R"({"status":"deactivated"})").status == 200); }
    void pass(base::Duration time) {
        server.clock.advance(time);
        client.nonce.clear();  // it ended too
    }
    /// The authorization's state as if something had revoked it: no event of this server does yet.
    void revoke() {
        settle({});
        write([&](store::Transaction& t) {
            t.run("UPDATE authorizations SET status = 'revoked' WHERE id = ?1", id(authorization));
        });
    }
    void bring_to(const std::string& resource, const std::string& state);
};

void World::bring_to(const std::string& resource, const std::string& state) {
    const auto at = resource + " " + state;
    if (state == "pending") return;
    if (at == "order ready" || state == "valid") settle({});
    if (at == "order valid") client.finalize(finalize, csr_for({"a.test"}));
    if (at == "order processing") {
        settle({});
        write([&](store::Transaction& t) {
            store::move_order(t, id(order), store::OrderStatus::ready, store::OrderStatus::processing);
        });
    }
    if (at == "challenge processing" || at == "authorization being validated") start();
    if (state == "invalid") settle(k_problem);
    if (state == "given up") deactivate();
    if (state == "deactivated") deactivate();
    if (state == "revoked") revoke();
    if (state == "expired") settle({});
    if (state == "expired" || state == "too late") pass(24h + 1s);
}

struct Row {
    std::string resource, state, event;
    int status;
    std::string answer;  // the error's type, or the resource's state
    std::string after;   // empty: as the answer says
};

// "too late" and "given up" are what time and the client did to a pending one, as RFC 8555 shows it: invalid.
const std::vector<Row> k_rows = {
    {"order", "pending", "read", 200, "pending", ""},
    {"order", "pending", "write", 400, "malformed", "pending"},
    {"order", "pending", "finalize", 403, "orderNotReady", "pending"},
    {"order", "pending", "finalize wrongly", 403, "orderNotReady", "pending"},
    {"order", "ready", "read", 200, "ready", ""},
    {"order", "ready", "write", 400, "malformed", "ready"},
    {"order", "ready", "finalize", 200, "valid", ""},
    {"order", "ready", "finalize wrongly", 400, "badCSR", "ready"},
    {"order", "processing", "read", 200, "processing", ""},
    {"order", "processing", "write", 400, "malformed", "processing"},
    {"order", "processing", "finalize", 403, "orderNotReady", "processing"},
    {"order", "processing", "finalize wrongly", 403, "orderNotReady", "processing"},
    {"order", "valid", "read", 200, "valid", ""},
    {"order", "valid", "write", 400, "malformed", "valid"},
    {"order", "valid", "finalize", 403, "orderNotReady", "valid"},
    {"order", "valid", "finalize wrongly", 403, "orderNotReady", "valid"},
    {"order", "invalid", "read", 200, "invalid", ""},
    {"order", "invalid", "write", 400, "malformed", "invalid"},
    {"order", "invalid", "finalize", 403, "orderNotReady", "invalid"},
    {"order", "invalid", "finalize wrongly", 403, "orderNotReady", "invalid"},
    {"order", "given up", "read", 200, "invalid", ""},
    {"order", "given up", "write", 400, "malformed", "invalid"},
    {"order", "given up", "finalize", 403, "orderNotReady", "invalid"},
    {"order", "given up", "finalize wrongly", 403, "orderNotReady", "invalid"},
    {"order", "too late", "read", 200, "invalid", ""},
    {"order", "too late", "write", 400, "malformed", "invalid"},
    {"order", "too late", "finalize", 403, "orderNotReady", "invalid"},
    {"order", "too late", "finalize wrongly", 403, "orderNotReady", "invalid"},

    {"authorization", "pending", "read", 200, "pending", ""},
    {"authorization", "pending", "deactivate", 200, "deactivated", ""},
    {"authorization", "pending", "make valid", 400, "malformed", "pending"},
    {"authorization", "pending", "write", 400, "malformed", "pending"},
    {"authorization", "being validated", "read", 200, "pending", ""},
    {"authorization", "being validated", "deactivate", 200, "deactivated", ""},
    {"authorization", "being validated", "make valid", 400, "malformed", "pending"},
    {"authorization", "being validated", "write", 400, "malformed", "pending"},
    {"authorization", "valid", "read", 200, "valid", ""},
    {"authorization", "valid", "deactivate", 200, "deactivated", ""},
    {"authorization", "valid", "make valid", 400, "malformed", "valid"},
    {"authorization", "valid", "write", 400, "malformed", "valid"},
    {"authorization", "invalid", "read", 200, "invalid", ""},
    {"authorization", "invalid", "deactivate", 200, "invalid", ""},
    {"authorization", "invalid", "make valid", 400, "malformed", "invalid"},
    {"authorization", "invalid", "write", 400, "malformed", "invalid"},
    {"authorization", "deactivated", "read", 200, "deactivated", ""},
    {"authorization", "deactivated", "deactivate", 200, "deactivated", ""},
    {"authorization", "deactivated", "make valid", 400, "malformed", "deactivated"},
    {"authorization", "deactivated", "write", 400, "malformed", "deactivated"},
    {"authorization", "expired", "read", 200, "expired", ""},
    {"authorization", "expired", "deactivate", 200, "expired", ""},
    {"authorization", "expired", "make valid", 400, "malformed", "expired"},
    {"authorization", "expired", "write", 400, "malformed", "expired"},
    {"authorization", "revoked", "read", 200, "revoked", ""},
    {"authorization", "revoked", "deactivate", 200, "revoked", ""},
    {"authorization", "revoked", "make valid", 400, "malformed", "revoked"},
    {"authorization", "revoked", "write", 400, "malformed", "revoked"},
    {"authorization", "too late", "read", 200, "invalid", ""},
    {"authorization", "too late", "deactivate", 200, "invalid", ""},
    {"authorization", "too late", "make valid", 400, "malformed", "invalid"},
    {"authorization", "too late", "write", 400, "malformed", "invalid"},

    // A repeated response is answered with what is there; clients in the field send it (RFC 8555 section 7.5.1).
    {"challenge", "pending", "read", 200, "pending", ""},
    {"challenge", "pending", "respond", 200, "processing", ""},
    {"challenge", "pending", "respond with no object", 400, "malformed", "pending"},
    {"challenge", "processing", "read", 200, "processing", ""},
    {"challenge", "processing", "respond", 200, "processing", ""},
    {"challenge", "processing", "respond with no object", 400, "malformed", "processing"},
    {"challenge", "valid", "read", 200, "valid", ""},
    {"challenge", "valid", "respond", 200, "valid", ""},
    {"challenge", "valid", "respond with no object", 400, "malformed", "valid"},
    {"challenge", "invalid", "read", 200, "invalid", ""},
    {"challenge", "invalid", "respond", 200, "invalid", ""},
    {"challenge", "invalid", "respond with no object", 400, "malformed", "invalid"},
    {"challenge", "given up", "read", 200, "pending", ""},
    {"challenge", "given up", "respond", 200, "pending", ""},
    {"challenge", "given up", "respond with no object", 400, "malformed", "pending"},
    {"challenge", "too late", "read", 200, "pending", ""},
    {"challenge", "too late", "respond", 200, "pending", ""},
    {"challenge", "too late", "respond with no object", 400, "malformed", "pending"},
};

net::Response send(World& world, const std::string& url, const std::string& event) {
    if (event == "read") return world.client.post(url, "");
    if (event == "write" || event == "respond") return world.client.post(url, "{}");
    if (event == "respond with no object") return world.client.post(url, "[]");
    if (event == "deactivate") return world.client.post(url, R"({"status":"deactivated"})");
    if (event == "make valid") return world.client.post(url, R"({"status":"valid"})");
    if (event == "finalize") return world.client.finalize(world.finalize, csr_for({"a.test"}));
    REQUIRE(event == "finalize wrongly");
    return world.client.finalize(world.finalize, csr_for({"b.test"}));
}

// What RFC 8555 sections 7.1.3, 7.1.4 and 8 require of an object in each state.
void check_members(const World& world, const std::string& resource, const base::Json& json) {
    CAPTURE(json.dump());
    const bool valid = json["status"] == "valid";
    if (resource == "order") {
        if (valid || json["status"] == "pending") CHECK(json.contains("expires"));
        CHECK(json.contains("certificate") == valid);
        CHECK(json["identifiers"] == world.as_made["identifiers"]);
        CHECK(json["authorizations"] == world.as_made["authorizations"]);
        CHECK(json["finalize"] == world.as_made["finalize"]);
    } else if (resource == "authorization") {
        if (valid) CHECK(json.contains("expires"));
        CHECK(json["challenges"].size() == 3);
    } else {
        CHECK(json.contains("validated") == valid);
        CHECK(json.contains("error") == (json["status"] == "invalid"));
        CHECK(json.contains("token"));
    }
}

}  // namespace

TEST_CASE("states: every event in every state of order, authorization and challenge") {
    for (const auto& row : k_rows) {
        CAPTURE(row.resource);
        CAPTURE(row.state);
        CAPTURE(row.event);
        World world;
        world.bring_to(row.resource, row.state);
        const auto& url = row.resource == "order"           ? world.order
                          : row.resource == "authorization" ? world.authorization
                                                            : world.challenge;
        const auto response = send(world, url, row.event);
        CAPTURE(response.body);
        CHECK(response.status == row.status);
        if (row.status >= 400) {
            CHECK_PROBLEM(response, row.status, row.answer);
        } else {
            CHECK(json_of(response)["status"] == row.answer);
            check_members(world, row.resource, json_of(response));
        }
        CHECK_FALSE(header_of(response, "Replay-Nonce").empty());
        const auto after = json_of(world.client.post(url, ""));
        CHECK(after["status"] == (row.after.empty() ? row.answer : row.after));
        check_members(world, row.resource, after);
    }
}

TEST_CASE("states: no pair of state and event is forgotten") {
    for (const std::string resource : {"order", "authorization", "challenge"}) {
        std::set<std::string> states, events;
        std::size_t count = 0;
        for (const auto& row : k_rows) {
            if (row.resource != resource) continue;
            states.insert(row.state);
            events.insert(row.event);
            ++count;
        }
        CAPTURE(resource);
        CHECK(count == states.size() * events.size());
        for (const auto& state : states) {
            for (const auto& event : events) {
                CAPTURE(state);
                CAPTURE(event);
                CHECK(std::ranges::count_if(k_rows, [&](const Row& row) {
                          return row.resource == resource && row.state == state && row.event == event;
                      }) == 1);
            }
        }
    }
}
