#include "server/hosts.h"

#include <doctest/doctest.h>

using namespace signet;
using server::Hosts;
using x509::Identifier;

namespace {
server::Settings settings(std::vector<std::string> names, std::string external = {}) {
    server::Settings result;
    result.hostnames = std::move(names);
    result.external_url = std::move(external);
    return result;
}
net::Request request(std::string host, std::string scheme = "https") {
    return {.scheme = std::move(scheme), .host = std::move(host)};
}
}  // namespace

TEST_CASE("hosts: an ACME request must call the server by one of its names") {
    const Hosts hosts(settings({"ca.test", "10.0.0.7", "fd00::7"}, "https://acme.example:444/"));
    CHECK(hosts.base_of(request("ca.test:8443")) == "https://ca.test:8443");
    CHECK(hosts.base_of(request("CA.TEST")) == "https://CA.TEST");
    CHECK(hosts.base_of(request("10.0.0.7:1")) == "https://10.0.0.7:1");
    CHECK(hosts.base_of(request("[fd00::7]:1")) == "https://[fd00::7]:1");
    CHECK(hosts.base_of(request("acme.example:444", "http")) == "https://acme.example:444");
    for (const char* other :
         {"", "localhost", "ca.test.evil", "xca.test", "acme.example.evil", "[fd00::8]", "127.0.0.1:8443"}) {
        CAPTURE(other);
        CHECK_FALSE(hosts.base_of(request(other)));
    }
    CHECK(hosts.first() == "ca.test");
}

TEST_CASE("hosts: the host of external_url counts under any port, and answers name the URL as it was set") {
    const Hosts hosts(settings({"ca.test"}, "https://acme.example:444"));
    for (const char* host : {"acme.example", "ACME.example:8443", "acme.example.", "acme.example.:444"}) {
        CAPTURE(host);
        CHECK(hosts.base_of(request(host)) == "https://acme.example:444");
    }
    // One that is in hostnames too is called as the client calls it.
    const Hosts both(settings({"ca.test"}, "https://ca.test"));
    CHECK(both.base_of(request("ca.test:8443")) == "https://ca.test:8443");
    CHECK(both.base_of(request("ca.test")) == "https://ca.test");
}

TEST_CASE("hosts: a name with the root's dot is the same name") {
    const Hosts hosts(settings({"ca.test"}));
    CHECK(hosts.base_of(request("ca.test.")) == "https://ca.test.");
    CHECK(hosts.base_of(request("ca.test.:8443")) == "https://ca.test.:8443");
    CHECK_FALSE(hosts.base_of(request("ca.test..")));
}

TEST_CASE("hosts: without hostnames the machine's name and the loopback ones do") {
    const Hosts hosts(settings({}));
    CHECK(hosts.first() == server::machine_name());
    CHECK(hosts.base_of(request("localhost:8443")));
    CHECK(hosts.base_of(request("127.0.0.1")));
    CHECK(hosts.base_of(request("[::1]:8443")));
    CHECK_FALSE(hosts.base_of(request("ca.internal")));
}

TEST_CASE("hosts: the CA's own names, and wildcards over them, are its own") {
    const Hosts hosts(settings({"ca.test", "10.0.0.7"}, "https://acme.example"));
    CHECK(hosts.is_own(Identifier::dns("ca.test")));
    CHECK(hosts.is_own(Identifier::dns("acme.example")));
    CHECK(hosts.is_own(Identifier::ip("10.0.0.7")));
    const Hosts deep(settings({"ca.corp.test"}));
    CHECK(deep.is_own(Identifier::dns("*.corp.test")));
    CHECK_FALSE(deep.is_own(Identifier::dns("www.corp.test")));
    CHECK_FALSE(deep.is_own(Identifier::dns("*.ca.corp.test")));
}

TEST_CASE("hosts: what is on the server's certificate, and wildcards over it") {
    const Hosts loopback(settings({}));
    for (const char* name : {"localhost", "127.0.0.1", "::1"}) {
        CAPTURE(name);
        CHECK(loopback.is_on_certificate(Identifier::parse(name)));
        CHECK_FALSE(loopback.is_own(Identifier::parse(name)));
    }
    CHECK(loopback.is_on_certificate(Identifier::parse(server::machine_name())));
    CHECK_FALSE(loopback.is_on_certificate(Identifier::ip("127.0.0.2")));
    const Hosts named(settings({"ca.corp.test"}, "https://acme.example"));
    for (const char* name : {"ca.corp.test", "*.corp.test", "acme.example"})
        CHECK(named.is_on_certificate(Identifier::dns(name)));
    for (const char* name : {"localhost", "127.0.0.1"}) CHECK_FALSE(named.is_on_certificate(Identifier::parse(name)));
}

TEST_CASE("hosts: a kid is ours under any of our names and ports") {
    const Hosts hosts(settings({"ca.test"}, "https://acme.example"));
    CHECK(hosts.path_of("https://ca.test:1/acme/account/x") == "/acme/account/x");
    CHECK(hosts.path_of("https://acme.example/acme/account/x") == "/acme/account/x");
    for (const char* other :
         {"", "/acme/account/x", "https://ca.test", "https://evil/acme/account/x", "https://ca.test@evil/a"}) {
        CAPTURE(other);
        CHECK_FALSE(hosts.path_of(other));
    }
}
