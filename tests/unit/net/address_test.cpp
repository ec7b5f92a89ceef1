#include "net/address.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace signet;
using namespace signet::net;

namespace {

struct Row {
    const char* address;
    const char* refusal;  // "" when permitted
};

const Row k_rows[] = {
    {"127.0.0.1", "127.0.0.1 is a loopback address"},
    {"127.0.0.0", "127.0.0.0 is a loopback address"},
    {"127.255.255.255", "127.255.255.255 is a loopback address"},
    {"126.255.255.255", ""},
    {"128.0.0.0", ""},
    {"::1", "::1 is a loopback address"},
    {"::ffff:127.0.0.1", "127.0.0.1 is a loopback address"},
    {"::ffff:7f00:1", "127.0.0.1 is a loopback address"},
    {"0:0:0:0:0:ffff:127.1.2.3", "127.1.2.3 is a loopback address"},
    {"0.0.0.0", "0.0.0.0 is an unspecified address"},
    {"0.0.0.1", "0.0.0.1 is an unspecified address"},
    {"0.255.255.255", "0.255.255.255 is an unspecified address"},
    {"1.0.0.0", ""},
    {"::", ":: is the unspecified address"},
    {"::ffff:0.0.0.0", "0.0.0.0 is an unspecified address"},
    {"169.254.0.0", "169.254.0.0 is a link-local address"},
    {"169.254.169.254", "169.254.169.254 is a link-local address"},
    {"169.253.255.255", ""},
    {"169.255.0.0", ""},
    {"::ffff:169.254.169.254", "169.254.169.254 is a link-local address"},
    {"fe80::1", "fe80::1 is a link-local address"},
    {"febf:ffff::1", "febf:ffff::1 is a link-local address"},
    {"fec0::1", ""},
    {"fe7f::1", ""},
    {"224.0.0.0", "224.0.0.0 is a multicast address"},
    {"239.255.255.255", "239.255.255.255 is a multicast address"},
    {"223.255.255.255", ""},
    {"240.0.0.1", ""},
    {"ff00::1", "ff00::1 is a multicast address"},
    {"ff02::1", "ff02::1 is a multicast address"},
    {"::ffff:224.0.0.1", "224.0.0.1 is a multicast address"},
    {"255.255.255.255", "255.255.255.255 is the broadcast address"},
    {"255.255.255.254", ""},
    {"10.0.0.1", ""},
    {"172.16.0.1", ""},
    {"192.168.1.1", ""},
    {"100.64.0.1", ""},
    {"fd00::1", ""},
    {"fc00::1", ""},
    {"2001:db8::1", ""},
    {"8.8.8.8", ""},
    {"64:ff9b::7f00:1", "64:ff9b::7f00:1 stands for an IPv4 address: 127.0.0.1 is a loopback address"},
    {"64:ff9b::169.254.169.254",
     "64:ff9b::a9fe:a9fe stands for an IPv4 address: 169.254.169.254 is a link-local address"},
    {"64:ff9b::808:808", ""},
    {"2002:7f00:1::1", "2002:7f00:1::1 stands for an IPv4 address: 127.0.0.1 is a loopback address"},
    {"2002:808:808::1", ""},
    {"::127.0.0.1", "::127.0.0.1 stands for an IPv4 address: 127.0.0.1 is a loopback address"},
    {"::ffff:0:127.0.0.1", "::ffff:0:7f00:1 stands for an IPv4 address: 127.0.0.1 is a loopback address"},
};

Address address(const char* text) {
    const auto parsed = Address::parse(text);
    REQUIRE(parsed);
    return *parsed;
}

}  // namespace

TEST_CASE("address: which targets are refused by default, and why") {
    const AddressPolicy policy;
    for (const auto& row : k_rows) {
        CAPTURE(row.address);
        CHECK(policy.refusal(address(row.address)).value_or("") == row.refusal);
    }
}

TEST_CASE("address: allow opens, deny closes, deny wins") {
    AddressPolicy policy;
    policy.allow = {Cidr::parse("127.0.0.0/8", "t"), Cidr::parse("::1", "t")};
    policy.deny = {Cidr::parse("10.0.0.0/8", "t"), Cidr::parse("127.0.0.53/32", "t")};
    CHECK_FALSE(policy.refusal(address("127.0.0.1")));
    CHECK_FALSE(policy.refusal(address("::ffff:127.0.0.1")));
    CHECK_FALSE(policy.refusal(address("::1")));
    CHECK(policy.refusal(address("127.0.0.53")) == "127.0.0.53 is in a denied network");
    CHECK(policy.refusal(address("10.1.2.3")) == "10.1.2.3 is in a denied network");
    CHECK(policy.refusal(address("64:ff9b::a01:203")));
    CHECK_FALSE(policy.refusal(address("11.0.0.1")));
}

TEST_CASE("address: text that is no address") {
    for (const char* text : {"", "127.1", "0177.0.0.1", "0x7f000001", "2130706433", "1.2.3.256", "1.2.3.4.5",
                             " 1.2.3.4", "fe80::1%eth0", "[::1]", ":::1", "::1::", "12345::", "localhost"}) {
        CAPTURE(text);
        CHECK_FALSE(Address::parse(text));
    }
    CHECK_FALSE(Address::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST_CASE("address: canonical text") {
    CHECK(address("2001:DB8:0:0:0:0:0:1").text() == "2001:db8::1");
    CHECK(address("::ffff:1.2.3.4").text() == "1.2.3.4");
    CHECK_FALSE(address("::ffff:1.2.3.4").is_v6());
}

TEST_CASE("cidr: networks contain what they say") {
    const auto contains = [](const char* cidr, const char* text) {
        return Cidr::parse(cidr, "t").contains(address(text));
    };
    CHECK(contains("10.0.0.0/8", "10.255.0.1"));
    CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
    CHECK(contains("10.1.2.3/8", "10.9.9.9"));
    CHECK(contains("192.168.0.0/17", "192.168.127.1"));
    CHECK_FALSE(contains("192.168.0.0/17", "192.168.128.1"));
    CHECK(contains("0.0.0.0/0", "1.2.3.4"));
    CHECK_FALSE(contains("::/0", "1.2.3.4"));
    CHECK_FALSE(contains("0.0.0.0/0", "::2"));
    CHECK(contains("fd00::/8", "fd12::1"));
    CHECK(contains("::ffff:10.0.0.0/104", "10.1.1.1"));
    CHECK(Cidr::parse("10.1.2.3/8", "t").text() == "10.0.0.0/8");
    CHECK(Cidr::parse("fd00::1", "t").text() == "fd00::1/128");
    for (const char* text : {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "::/129", "a/8", "10.0.0.0/8/8",
                             "::ffff:0:0/95"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(Cidr::parse(text, "t"), base::Error);
    }
}
