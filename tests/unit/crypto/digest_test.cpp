#include "crypto/digest.h"

#include <doctest/doctest.h>

#include "base/encoding.h"

using namespace signet::crypto;
using signet::base::bytes_of;
using signet::base::hex_encode;

TEST_CASE("digest: the vectors of FIPS 180-4 for \"abc\"") {
    CHECK(hex_encode(sha256(bytes_of("abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex_encode(sha1(bytes_of("abc"))) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hex_encode(sha384(bytes_of("abc"))) ==
          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
    CHECK(hex_encode(sha512(bytes_of("abc"))).starts_with("ddaf35a193617abacc417349ae204131"));
    CHECK(hex_encode(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("digest: HMAC of RFC 4231, and of nothing") {
    CHECK(hex_encode(hmac_sha256(bytes_of("Jefe"), bytes_of("what do ya want for nothing?"))) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(hex_encode(hmac_sha256({}, {})) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("digest: a MAC under a key made ready is the same, time and again") {
    for (const std::size_t size : {0U, 1U, 32U, 63U, 64U, 65U, 131U}) {
        CAPTURE(size);
        const signet::base::Bytes key(size, 0xaa);
        const HmacSha256Key ready(key);
        for (const std::string_view message : {"", "Hi There",
                                               "a message that is longer than one block of the digest, "
                                               "and then some more of it to make sure"}) {
            CHECK(ready.mac(bytes_of(message)) == hmac_sha256(key, bytes_of(message)));
        }
    }
}

TEST_CASE("digest: comparing in constant time") {
    CHECK(constant_time_equal(bytes_of("abc"), bytes_of("abc")));
    CHECK_FALSE(constant_time_equal(bytes_of("abc"), bytes_of("abd")));
    CHECK_FALSE(constant_time_equal(bytes_of("abc"), bytes_of("ab")));
    CHECK(constant_time_equal({}, {}));
}
