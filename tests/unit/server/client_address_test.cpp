#include "server/client_address.h"

#include <doctest/doctest.h>

using namespace signet;

TEST_CASE("client address: X-Forwarded-For counts from trusted proxies only, from the right") {
    struct Row {
        const char *name, *peer;
        std::vector<std::string> fields;
        const char* client;
    };
    const Row rows[] = {
        {"no proxy", "192.0.2.9", {"198.51.100.1"}, "192.0.2.9"},
        {"a proxy without the field", "10.0.0.1", {}, "10.0.0.1"},
        {"one proxy", "10.0.0.1", {"198.51.100.1"}, "198.51.100.1"},
        {"what the client wrote itself", "10.0.0.1", {"127.0.0.1, 198.51.100.1"}, "198.51.100.1"},
        {"two proxies", "10.0.0.1", {"203.0.113.7, 198.51.100.1, 10.9.9.9"}, "198.51.100.1"},
        {"two fields", "10.0.0.1", {"203.0.113.7", "198.51.100.1,10.9.9.9"}, "198.51.100.1"},
        {"a field of a proxy behind a forged one", "10.0.0.1", {"10.1.1.1", "198.51.100.1"}, "198.51.100.1"},
        {"proxies only", "10.0.0.1", {"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
        {"no address", "10.0.0.1", {"198.51.100.1, unknown"}, "10.0.0.1"},
        {"no address behind a proxy", "10.0.0.1", {"198.51.100.1, _hidden, 10.0.0.2"}, "10.0.0.2"},
        {"an empty field", "10.0.0.1", {""}, "10.0.0.1"},
        {"with ports", "10.0.0.1", {"198.51.100.1:4711"}, "198.51.100.1"},
        {"IPv6", "10.0.0.1", {"2001:DB8::1"}, "2001:db8::1"},
        {"IPv6 in brackets", "fd00::1", {"[2001:db8::1]:4711"}, "2001:db8::1"},
        {"mapped", "::ffff:10.0.0.1", {"::ffff:198.51.100.1"}, "198.51.100.1"},
    };
    const std::vector<net::Cidr> proxies{net::Cidr::parse("10.0.0.0/8", "x"), net::Cidr::parse("fd00::/8", "x")};
    for (const auto& row : rows) {
        CAPTURE(row.name);
        net::Request request;
        request.remote_address = row.peer;
        for (const auto& field : row.fields) request.headers.emplace_back("x-forwarded-for", field);
        CHECK(server::client_address(request, proxies) == row.client);
        CHECK(server::client_address(request, {}) == row.peer);
    }
}
