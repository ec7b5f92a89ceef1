#include "net/resolver.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <doctest/doctest.h>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "net/system_lookup.h"
#include "net/transport.h"
#include "support/background_program.h"
#include "support/dns_responder.h"
#include "support/programs.h"
#include "support/scripted_server.h"

using namespace signet;
using namespace signet::net;
using namespace std::chrono_literals;
using test::DnsResponder;

namespace {

using Answer = DnsResponder::Answer;

base::Bytes v4(std::uint8_t last) { return {10, 0, 0, last}; }
base::Bytes v6(std::uint8_t last) { return {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}; }

Answer script(const std::string& name, int type) {
    const bool a = type == DnsResponder::k_a;
    const bool txt = type == DnsResponder::k_txt;
    if (name == "servfail.test") return {DnsResponder::k_servfail, {}};
    if (name == "refused.test") return {DnsResponder::k_refused, {}};
    if (name == "silent.test") return {.silent = true};
    if (name == "garbage.test") return {.garbage = true};
    if (name == "empty.test") return {};
    if (name == "both.test" && !txt) return {0, {{name, type, a ? v4(1) : v6(1)}}};
    if (name == "four.test") return a ? Answer{0, {{name, type, v4(4)}}} : Answer{};
    if (name == "six.test") return type == DnsResponder::k_aaaa ? Answer{0, {{name, type, v6(6)}}} : Answer{};
    if (name == "alias.test" && !txt) {
        return {0,
                {{name, DnsResponder::k_cname, DnsResponder::wire_name("both.test")},
                 {"both.test", type, a ? v4(1) : v6(1)}}};
    }
    if (name == "alias.test") return {0, {{name, DnsResponder::k_cname, DnsResponder::wire_name("_x.texts.test")}}};
    if (name == "loop.test") return {0, {{name, DnsResponder::k_cname, DnsResponder::wire_name("loop.test")}}};
    if (name == "many.test" && a) {
        Answer answer;
        for (std::uint8_t i = 1; i <= 60; ++i) answer.records.push_back({name, type, v4(i)});
        return answer;
    }
    if (name == "many.test" && txt) {
        Answer answer;
        for (int i = 0; i < 100; ++i)
            answer.records.push_back({name, type, DnsResponder::txt({"t" + std::to_string(i)})});
        return answer;
    }
    if (name == "_x.texts.test" && txt) {
        return {0,
                {{name, type, DnsResponder::txt({"one"})},
                 {name, type, DnsResponder::txt({"two ", "in pieces"})},
                 {name, type, DnsResponder::txt({""})}}};
    }
    if (type == DnsResponder::k_caa && name == "caa.test") {
        return {0,
                {{name, type, DnsResponder::caa(0, "issue", "ca.test; a=b")},
                 {name, type, DnsResponder::caa(0x80, "tbs", "x")},
                 {name, type, DnsResponder::caa(1, "IssueWild", ";")}}};
    }
    if (type == DnsResponder::k_caa && name == "far.caa.test") {  // the alias and what it leads to in one answer
        return {0,
                {{name, DnsResponder::k_cname, DnsResponder::wire_name("caa.test")},
                 {"caa.test", type, DnsResponder::caa(0, "issue", "ca.test")}}};
    }
    if (type == DnsResponder::k_caa && name == "further.caa.test") {
        return {0, {{name, DnsResponder::k_cname, DnsResponder::wire_name("caa.test")}}};
    }
    if (type == DnsResponder::k_caa && name == "much.caa.test") {
        Answer answer;
        for (int i = 0; i < 65; ++i) answer.records.push_back({name, type, DnsResponder::caa(0, "issue", ";")});
        return answer;
    }
    if (type == DnsResponder::k_caa && name == "cut.caa.test") return {0, {{name, type, {0, 5, 'i', 's'}}}};
    return {DnsResponder::k_nxdomain, {}};
}

std::vector<std::string> texts_of(const std::vector<Address>& addresses) {
    std::vector<std::string> texts;
    for (const auto& address : addresses) texts.push_back(address.text());
    std::sort(texts.begin(), texts.end());
    return texts;
}

bool is_dns_error(Resolver& resolver, const std::string& name, bool texts) {
    try {
        if (texts) {
            resolver.texts(name);
        } else {
            resolver.addresses(name);
        }
        return false;
    } catch (const base::Error& error) {
        return error.kind() == base::Kind::dns && error.message().find(name) != std::string::npos;
    }
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("resolver: addresses of both families, aliases followed") {
    const DnsResponder dns(script);
    const auto resolver = make_resolver(dns.address());
    CHECK(texts_of(resolver->addresses("both.test")) == Texts{"10.0.0.1", "fd00::1"});
    CHECK(texts_of(resolver->addresses("four.test")) == Texts{"10.0.0.4"});
    CHECK(texts_of(resolver->addresses("six.test")) == Texts{"fd00::6"});
    CHECK(texts_of(resolver->addresses("alias.test")) == Texts{"10.0.0.1", "fd00::1"});
    CHECK(resolver->addresses("many.test").size() == 32);
    CHECK(resolver->addresses("empty.test").empty());
    CHECK(resolver->addresses("nowhere.test").empty());
    CHECK(texts_of(resolver->addresses("192.0.2.1")) == Texts{"192.0.2.1"});
}

TEST_CASE("resolver: text records whole, over TCP when cut, aliases followed") {
    const DnsResponder dns(script);
    const auto resolver = make_resolver(dns.address());
    CHECK(resolver->texts("_x.texts.test") == Texts{"one", "two in pieces", ""});
    CHECK(resolver->texts("alias.test") == Texts{"one", "two in pieces", ""});
    CHECK(dns.tcp_queries() == 0);
    CHECK(resolver->texts("many.test").size() == 64);
    CHECK(dns.tcp_queries() == 1);
    CHECK(resolver->texts("empty.test").empty());
    CHECK(resolver->texts("nowhere.test").empty());
}

TEST_CASE("resolver: failures are errors, not empty answers") {
    const DnsResponder dns(script);
    const auto resolver = make_resolver(dns.address(), 300ms);
    for (const char* name : {"servfail.test", "refused.test", "silent.test", "garbage.test"}) {
        CAPTURE(name);
        CHECK(is_dns_error(*resolver, name, true));
        CHECK(is_dns_error(*resolver, name, false));
    }
    CHECK(is_dns_error(*resolver, "loop.test", true));
    const auto nobody = make_resolver("127.0.0.1:1", 300ms);
    CHECK(is_dns_error(*nobody, "both.test", false));
}

TEST_CASE("resolver: CAA records with their flag, aliases followed, too many refused") {
    const DnsResponder dns(script);
    const auto resolver = make_resolver(dns.address(), 2s);
    const auto found = resolver->caa("caa.test");
    REQUIRE(found.size() == 3);
    CHECK((found[0].tag == "issue" && found[0].value == "ca.test; a=b" && !found[0].critical));
    CHECK((found[1].tag == "tbs" && found[1].value == "x" && found[1].critical));
    CHECK((found[2].tag == "IssueWild" && found[2].value == ";" && !found[2].critical));
    REQUIRE(resolver->caa("far.caa.test").size() == 1);
    CHECK(resolver->caa("far.caa.test")[0].value == "ca.test");
    CHECK(resolver->caa("further.caa.test").size() == 3);
    CHECK(resolver->caa("empty.test").empty());
    CHECK(resolver->caa("nowhere.test").empty());
    for (const char* name : {"much.caa.test", "cut.caa.test", "servfail.test", "refused.test", "garbage.test"}) {
        CAPTURE(name);
        CHECK_THROWS_AS(resolver->caa(name), base::Error);
    }
}

TEST_CASE("resolver: each lookup asks anew, whatever the one before found") {
    std::atomic<std::uint8_t> last = 1;
    const DnsResponder dns([&](const std::string& name, int type) -> Answer {
        if (last == 3) return {DnsResponder::k_servfail, {}};
        return type == DnsResponder::k_a ? Answer{0, {{name, type, v4(last)}}} : Answer{};
    });
    const auto resolver = make_resolver(dns.address(), 2s);
    CHECK(texts_of(resolver->addresses("moves.test")) == Texts{"10.0.0.1"});
    last = 2;
    CHECK(texts_of(resolver->addresses("moves.test")) == Texts{"10.0.0.2"});
    last = 3;
    CHECK_THROWS_AS(resolver->addresses("moves.test"), base::Error);
    last = 4;
    CHECK(texts_of(resolver->addresses("moves.test")) == Texts{"10.0.0.4"});
}

TEST_CASE("resolver: one resolver serves many threads") {
    const DnsResponder dns(script);
    const auto resolver = make_resolver(dns.address());
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 10; ++i) {
                if (resolver->addresses("four.test").size() == 1 && resolver->texts("_x.texts.test").size() == 3)
                    ++good;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(good == 80);
}

TEST_CASE("resolver: without a server the system answers, its hosts file too") {
    const auto resolver = make_resolver("");
    const auto found = texts_of(resolver->addresses("localhost"));
    CHECK_FALSE(found.empty());
    for (const auto& text : found) CHECK((text == "::1" || text.starts_with("127.")));
}

TEST_CASE("resolver: a server is an address with a port") {
    for (const char* text : {"dns.test:53", "127.0.0.1", "127.0.0.1:0", "::1:53", ":53"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(make_resolver(text), base::Error);
    }
    CHECK_NOTHROW(make_resolver("[::1]:53"));
}

TEST_CASE("resolver: understands a DNS server that we did not write") {
    if (!test::installed("pebble-challtestsrv")) {
        MESSAGE("skipped: pebble-challtestsrv is not installed");
        return;
    }
    const auto free_port = [] { return test::ScriptedServer([](test::ScriptedServer::Connection&) {}).port(); };
    const auto dns = "127.0.0.1:" + std::to_string(free_port());
    const auto management = "127.0.0.1:" + std::to_string(free_port());
    std::vector<std::string> command{"pebble-challtestsrv",
                                     "-dns01",
                                     dns,
                                     "-management",
                                     management,
                                     "-http01",
                                     "",
                                     "-https01",
                                     "",
                                     "-tlsalpn01",
                                     "",
                                     "-defaultIPv4",
                                     "10.1.2.3",
                                     "-defaultIPv6",
                                     ""};
    // Newer ones serve DNS over HTTPS too unless told otherwise, and end without its certificate.
    if (test::run({"pebble-challtestsrv", "-help"}).find("-doh") != std::string::npos)
        command.insert(command.end(), {"-doh", ""});
    test::BackgroundProgram server(command);
    REQUIRE(server.wait_for("management"));
    TransportSettings settings;
    settings.allow_http = true;
    OutboundRequest set;
    set.method = "POST";
    set.url = "http://" + management + "/set-txt";
    set.body = R"({"host":"_acme-challenge.a.test.","value":"a value"})";
    bool added = false;
    for (int i = 0; i < 500 && !added; ++i) {  // it says "management" before it listens
        try {
            added = make_http_transport(settings)->send(set).status == 200;
        } catch (const base::Error&) {
            std::this_thread::sleep_for(10ms);
        }
    }
    REQUIRE(added);
    const auto resolver = make_resolver(dns);
    CHECK(resolver->texts("_acme-challenge.a.test") == Texts{"a value"});
    OutboundRequest caa;
    caa.method = "POST";
    caa.url = "http://" + management + "/add-caa";
    caa.body = R"({"host":"a.test.","policies":[{"tag":"issue","value":"ca.test; validationmethods=dns-01"}]})";
    REQUIRE(make_http_transport(settings)->send(caa).status == 200);
    const auto policies = resolver->caa("a.test");
    REQUIRE(policies.size() == 1);
    CHECK((policies[0].tag == "issue" && policies[0].value == "ca.test; validationmethods=dns-01"));
    CHECK(resolver->caa("b.test").empty());
    CHECK(texts_of(resolver->addresses("a.test")) == Texts{"10.1.2.3"});
}

TEST_CASE("resolver: lookups that the system does not end are counted, and no more of them begun than may be") {
    std::mutex mutex;
    std::condition_variable changed;
    bool go_on = false;
    std::atomic<int> running = 0;
    SystemLookups lookups(2, [&](const std::string& host) -> std::vector<Address> {
        if (host != "slow.test") return {Address::parse("10.0.0.1").value()};
        ++running;
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return go_on; });
        --running;
        throw std::runtime_error("on purpose");
    });
    const auto message = [&](const std::string& host, std::chrono::milliseconds span) {
        try {
            const auto found = lookups.addresses(host, Deadline(span));
            return found.empty() ? std::string("none") : found.front().text();
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::Kind::dns);
            return error.message();
        }
    };
    CHECK(message("quick.test", 30s) == "10.0.0.1");
    for (int i = 0; i < 2; ++i) CHECK(message("slow.test", 10ms) == "the system has not resolved slow.test in time");
    CHECK(message("slow.test", 30s) == "cannot resolve slow.test: too many lookups are under way");
    CHECK(message("quick.test", 30s) == "cannot resolve quick.test: too many lookups are under way");
    CHECK(message("192.0.2.1", 30s) == "192.0.2.1");  // needs no lookup
    {
        const std::lock_guard lock(mutex);
        go_on = true;
    }
    changed.notify_all();
    std::string again;
    for (int i = 0; i < 3000 && again != "10.0.0.1"; ++i) {
        again = message("quick.test", 30s);
        std::this_thread::sleep_for(10ms);
    }
    CHECK(again == "10.0.0.1");
    CHECK(message("slow.test", 30s) == "cannot resolve slow.test: on purpose");
    CHECK(running == 0);
}
