#include "server/authorize_command.h"

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "fixture.h"
#include "support/temporary_directory.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

std::string script(const TemporaryDirectory& directory, const std::string& name, const std::string& body) {
    const auto file = directory / name;
    base::write_file(file, "#!/bin/sh\n" + body + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file.string();
}

base::Kind kind_of_ask(server::AuthorizeGate& gate, const std::string& command) {
    try {
        gate.ask(command, {}, base::Json::object());
    } catch (const base::Error& error) {
        return error.kind();
    }
    return base::Kind::usage;  // none of what it throws
}

}  // namespace

TEST_CASE("authorize_command: a sample validator decides in place of challenges, within the profile") {
    const TemporaryDirectory directory;
    ServerFixture server;  // trust
    // An operator's own rule: this network's accounts get names under web.test.
    server.profile().acme.authorize_command =
        "python3 " +
        script(directory, "rule.py",
               "import ipaddress, json, sys\n"
               "order = json.load(sys.stdin)\n"
               "json.dump(order, open(" +
                   ("'" + (directory / "seen.json").string() + "'") +
                   ", 'w'))\n"
                   "if ipaddress.ip_address(order['address']) not in ipaddress.ip_network('192.0.2.0/24'):\n"
                   "    sys.exit('not from there')\n"
                   "bad = [i['value'] for i in order['identifiers'] if not i['value'].endswith('.web.test')]\n"
                   "if bad:\n"
                   "    print('nobody may have\\n' + ', '.join(bad) + '\\x1b[31m')\n"
                   "    sys.exit(1)\n");
    server.profile().permit_dns = {"**.test"};
    server.reconfigure();
    auto client = server.client();
    client.register_account("/acme/new-account", R"({"contact":["mailto:a@b.test"]})");

    CHECK(order_of(client.new_order({"a.web.test", "b.web.test"})).status == "ready");
    const auto seen = base::parse_json(base::read_file(directory / "seen.json", 1 << 16), "seen");
    CHECK(seen["profile"] == "default");
    CHECK(seen["mode"] == "trust");
    CHECK(seen["account"] == ServerFixture::account_id(client));
    CHECK(seen["thumbprint"].get<std::string>().size() == 43);
    CHECK(seen["contacts"] == base::Json::array({"mailto:a@b.test"}));
    CHECK(seen["address"] == "192.0.2.1");
    CHECK(seen["identifiers"][1] == base::Json{{"type", "dns"}, {"value", "b.web.test"}});

    const auto refused = client.new_order({"a.web.test", "db.test"});
    CHECK_PROBLEM(refused, 403, "unauthorized");
    CHECK(json_of(refused)["detail"] == "nobody may have db.test\\x1b[31m");
    CHECK(server.audited("order.refused") == 1);
    CHECK_PROBLEM(client.post("/acme/new-authz", R"({"identifier":{"type":"dns","value":"db.test"}})"), 403,
                  "unauthorized");
    CHECK_PROBLEM(client.new_order({"a.web.example"}), 400, "rejectedIdentifier");         // the profile decides first
    CHECK(client.new_order({"db.test"}, "/acme/profile/server/new-order").status == 201);  // another profile's rules

    client.remote = "198.51.100.1";  // sys.exit(text) is 1 in Python, and the text on standard error
    const auto elsewhere = client.new_order({"a.web.test"});
    CHECK_PROBLEM(elsewhere, 403, "unauthorized");
    CHECK(json_of(elsewhere)["detail"] == "not from there");
}

TEST_CASE("authorize_command: what it is asked counts, and its refusals do not fill the audit log") {
    const TemporaryDirectory directory;
    ServerFixture server;
    server.configuration.settings.trusted_proxies = {net::Cidr::parse("10.0.0.0/8", "x")};
    server.profile().acme.authorize_command =
        script(directory, "no", "echo \"$SIGNET_HOOK_ADDRESS\"; cat >/dev/null; exit 1");
    server.reconfigure();
    auto client = server.registered();
    client.remote = "10.0.0.1";
    auto request = client.signed_request("/acme/new-order", R"({"identifiers":[{"type":"dns","value":"a.test"}]})");
    request.headers.emplace_back("x-forwarded-for", "203.0.113.9");
    const auto behind_proxy = server.app->handle(request);
    CHECK_PROBLEM(behind_proxy, 403, "unauthorized");
    CHECK(json_of(behind_proxy)["detail"] == "203.0.113.9");
    client.nonce.clear();
    for (int i = 0; i < 15; ++i) CHECK_PROBLEM(client.new_order({"a.test"}), 403, "unauthorized");
    CHECK(server.audited("order.refused") == 10);

    server.profile().acme.rate_limits.orders_per_account = ca::RateLimit::parse("2/1h");
    server.reconfigure();
    CHECK_PROBLEM(client.new_order({"a.test"}), 403, "unauthorized");
    CHECK_PROBLEM(client.new_order({"a.test"}), 403, "unauthorized");
    CHECK_PROBLEM(client.new_order({"a.test"}), 429, "rateLimited");
}

TEST_CASE("authorize_command: it stands before every mode, and what is neither yes nor no is our fault") {
    const TemporaryDirectory directory;
    for (const char* mode : {"challenge", "manual", "trust"}) {
        CAPTURE(mode);
        ServerFixture server(mode);
        auto client = server.registered();
        const auto with = [&](const std::string& command) {
            server.profile().acme.authorize_command = command;
            server.reconfigure();
            return client.new_order({"a.test"});
        };
        CHECK(with("true").status == 201);
        CHECK_PROBLEM(with("false"), 403, "unauthorized");
        for (const auto& command : {script(directory, "two", "echo secret >&2; exit 2"),
                                    script(directory, "killed", "kill -9 $$"), std::string("/nonexistent/rule")}) {
            CAPTURE(command);
            const auto response = with(command);
            CHECK_PROBLEM(response, 500, "serverInternal");
            CHECK(response.body.find("secret") == std::string::npos);
        }
    }
}

TEST_CASE("authorize_command: no shell, quotes as a shell cuts them, a clean environment") {
    const TemporaryDirectory directory;
    server::WaitingPlaces places;
    server::AuthorizeGate gate(places);
    const auto print = script(directory, "print", "echo \"$#|$1|$2|${SECRET:-none}|$SIGNET_HOOK_NAMES\"; exit 1");
    ::setenv("SECRET", "canary", 1);
    try {
        gate.ask(print + " 'a b' '$(id);*'", {{"SIGNET_HOOK_NAMES", "a.test b.test"}}, base::Json::object());
        FAIL("it was let through");
    } catch (const base::Error& error) {
        CHECK(error.message() == "2|a b|$(id);*|none|a.test b.test");
    }
    ::unsetenv("SECRET");
}

TEST_CASE("authorize_command: a reason is one line, printable and bounded") {
    CHECK(server::gate_reason("", " said\non\terror \n") == "said on error");
    CHECK(server::gate_reason("out", "err") == "out");
    CHECK(server::gate_reason("\x1b]0;x\x07", "").find('\x1b') == std::string::npos);
    CHECK(server::gate_reason(std::string(10'000, 'x'), "").size() == 500);
    CHECK(server::gate_reason(std::string(10'000, '\x80'), "").size() == 500);
    CHECK(server::gate_reason("", "").empty());
}

TEST_CASE("authorize_command: one that hangs is ended, and holds up no more requests than it may") {
    const TemporaryDirectory directory;
    const auto hang = script(directory, "hang", "trap '' TERM; while :; do sleep 1; done");
    server::WaitingPlaces places;
    server::AuthorizeGate gate(
        places, {.deadline = std::chrono::milliseconds(300), .running = 2, .waiting = 1, .crowd_patience = 1ms});
    CHECK(kind_of_ask(gate, hang) == base::Kind::environment);

    // Of ten at once two run, one waits, and the others are turned away; after that the gate is as it was.
    std::atomic<int> crowded = 0, hung = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 10; ++i) {
            threads.emplace_back([&] {
                const auto kind = kind_of_ask(gate, hang);
                if (kind == base::Kind::rate_limited) ++crowded;
                if (kind == base::Kind::environment) ++hung;
            });
        }
    }
    CHECK(hung >= 2);
    CHECK(crowded >= 6);
    CHECK(hung + crowded == 10);
    CHECK_NOTHROW(gate.ask("true", {}, base::Json::object()));
}

TEST_CASE("authorize_command: shares its places with all else that waits for something outside") {
    using server::WaitingPlaces;
    WaitingPlaces places({.places = 2, .crowd = 1, .patience = 1ms});
    server::AuthorizeGate gate(places);
    CHECK_NOTHROW(gate.ask("true", {}, base::Json::object()));
    {
        const WaitingPlaces::Place one(places), other(places);
        CHECK(kind_of_ask(gate, "true") == base::Kind::rate_limited);
    }
    const WaitingPlaces::Place one(places);
    CHECK_NOTHROW(gate.ask("true", {}, base::Json::object()));
}

TEST_CASE("authorize_command: who waits for a place gets one that becomes free, and the crowd that waits is bounded") {
    using server::WaitingPlaces;
    WaitingPlaces places({.places = 1, .crowd = 1, .patience = std::chrono::minutes(5)});
    std::optional<WaitingPlaces::Place> first(std::in_place, places);
    std::atomic<int> served = 0, refused = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {
            try {
                const WaitingPlaces::Place place(places);
                ++served;
            } catch (const base::Error& error) {
                CHECK(error.kind() == base::Kind::rate_limited);
                ++refused;
            }
        });
    }
    while (refused == 0) std::this_thread::sleep_for(1ms);  // one of the two; the other is the crowd
    CHECK(served == 0);
    first.reset();
    threads.clear();
    CHECK(served == 1);
}
