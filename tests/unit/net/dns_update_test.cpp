#include "net/dns_update.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"

using namespace signet;
using base::Error;
using base::Kind;
using net::DnsUpdateAction;

namespace {

const base::Time k_now = base::from_unix(1'800'000'000);

std::string hex(const net::DnsUpdateServer& server, DnsUpdateAction action) {
    return base::hex_encode(
        net::encode_text_update(server, action, "example.test", "_acme-challenge.Example.test", "abc", 0x1234, k_now));
}

}  // namespace

TEST_CASE("dns update: the messages of RFC 2136") {
    const net::DnsUpdateServer server{"ns.test", 53, {}};
    const std::string zone = "076578616d706c6504746573740000060001";
    const std::string record = "0f5f61636d652d6368616c6c656e6765076578616d706c650474657374000010";
    CHECK(hex(server, DnsUpdateAction::add) == "123428000001000000010000" + zone + record + "00010000003c000403616263");
    CHECK(hex(server, DnsUpdateAction::remove) ==
          "123428000001000000010000" + zone + record + "00fe00000000000403616263");
}

TEST_CASE("dns update: a key adds one record with its name, its algorithm and the time") {
    net::DnsUpdateServer server{"ns.test", 53, {}};
    const auto plain = hex(server, DnsUpdateAction::add);
    server.key = net::parse_update_key("key k { algorithm hmac-sha256; secret c2VjcmV0; };", "key");
    const auto text = hex(server, DnsUpdateAction::add);
    CHECK(text.substr(0, 20) == plain.substr(0, 20));
    CHECK(text.substr(20, 4) == "0001");
    CHECK(text.substr(24, plain.size() - 24) == plain.substr(24));
    const auto tsig = text.substr(plain.size());
    CHECK(tsig.starts_with("016b0000fa00ff00000000003d0b686d61632d73686132353600"));
    CHECK(tsig.find("00006b49d200012c0020") != std::string::npos);  // time, fudge, length of the MAC
    CHECK(tsig.ends_with("123400000000"));
}

TEST_CASE("dns update: names that no message can carry") {
    const net::DnsUpdateServer server{"ns.test", 53, {}};
    for (const auto& name : {std::string("a..test"), std::string(64, 'a') + ".test", std::string(300, 'a')}) {
        CAPTURE(name);
        CHECK_THROWS_AS(net::encode_text_update(server, DnsUpdateAction::add, "test", name, "abc", 1, k_now), Error);
    }
}

TEST_CASE("dns update: files of tsig-keygen") {
    const auto key = net::parse_update_key(
        "# made by hand\nkey \"Update.Key.\" {\n\talgorithm hmac-sha512;  // strong\n\tsecret \"c2VjcmV0\";\n};\n",
        "k");
    CHECK(key.name == "update.key.");
    CHECK(key.algorithm == "hmac-sha512");
    CHECK(key.secret.reveal() == "secret");
    for (const char* text :
         {"", "key", "key x { algorithm hmac-md5; secret c2VjcmV0; };", "key x { algorithm hmac-sha256; };",
          "key x { algorithm hmac-sha256; secret \"?\"; };", "key x { secret c2VjcmV0; };", "\"", "{{{{"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(net::parse_update_key(text, "k"), Error);
    }
}

TEST_CASE("dns update: servers") {
    CHECK(net::parse_update_server("ns.example.test", "s").port == 53);
    CHECK(net::parse_update_server("192.0.2.1:5353", "s").port == 5353);
    CHECK(net::parse_update_server("[2001:db8::1]", "s").host == "2001:db8::1");
    CHECK(net::parse_update_server("[2001:db8::1]:5353", "s").port == 5353);
    CHECK_THROWS_AS(net::parse_update_server("", "s"), Error);
}
