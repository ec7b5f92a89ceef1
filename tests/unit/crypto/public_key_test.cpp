#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "crypto/key.h"
#include "openssl_tool.h"

using namespace signet;
using namespace signet::crypto;
using signet::base::Bytes;
using signet::test::openssl;

namespace {

/// A fresh public key of openssl's as SubjectPublicKeyInfo.
Bytes spki(std::vector<std::string> generate) {
    return base::to_bytes(openssl({"pkey", "-pubout", "-outform", "DER"}, openssl(std::move(generate))));
}

std::string refusal(base::ByteView der) {
    try {
        PublicKey::from_spki(der);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::bad_public_key);
        return error.message();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("public key: keys of openssl are read, named, and kept as they came") {
    struct Row {
        std::vector<std::string> generate;
        const char* description;
        int bits;
        bool fit;
    };
    const Row rows[] = {
        {{"ecparam", "-genkey", "-name", "prime256v1"}, "ec-p256", 256, true},
        {{"ecparam", "-genkey", "-name", "secp384r1"}, "ec-p384", 384, true},
        {{"ecparam", "-genkey", "-name", "secp521r1"}, "ec-p521", 521, true},
        {{"genpkey", "-algorithm", "ED25519"}, "ed25519", 256, true},
        {{"genrsa", "2048"}, "rsa-2048", 2048, true},
        {{"genrsa", "1024"}, "rsa-1024", 1024, false},
        {{"ecparam", "-genkey", "-name", "secp256k1"}, "ec secp256k1", 256, false},
        {{"genpkey", "-algorithm", "ED448"}, "ed448", 456, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.description);
        const Bytes der = spki(row.generate);
        const PublicKey key = PublicKey::from_spki(der);
        CHECK(key.spki_der() == der);
        CHECK(key.describe() == row.description);
        CHECK(key.bits() == row.bits);
        CHECK(weakness(key).has_value() == !row.fit);
        CHECK(base::equal(key.key_bits(), base::ByteView(der).last(key.key_bits().size())));
    }
}

TEST_CASE("public key: a key taken apart makes the same key") {
    const PublicKey p384 = PublicKey::from_spki(spki({"ecparam", "-genkey", "-name", "secp384r1"}));
    CHECK(p384.parts().first.size() == 48);
    CHECK(PublicKey::from_ec_point(KeyType::ec_p384, p384.parts().first, p384.parts().second) == p384);
    const PublicKey ed25519 = PublicKey::from_spki(spki({"genpkey", "-algorithm", "ED25519"}));
    CHECK(PublicKey::from_ed25519(ed25519.parts().first) == ed25519);
    const PublicKey rsa = PublicKey::from_spki(spki({"genrsa", "2048"}));
    CHECK(rsa.is_rsa());
    CHECK(rsa.parts().second == Bytes{1, 0, 1});
    CHECK(PublicKey::from_rsa(rsa.parts().first, rsa.parts().second) == rsa);
    CHECK_FALSE(rsa == p384);
}

TEST_CASE("public key: points that are not on their curve, and other damage") {
    const Bytes good = spki({"ecparam", "-genkey", "-name", "prime256v1"});
    CHECK(refusal(good) == "accepted");
    Bytes off_curve = good;
    off_curve.back() ^= 1;
    CHECK(refusal(off_curve) == "the EC key is not a point of its curve");
    Bytes trailing = good;
    trailing.push_back(0);
    CHECK(refusal(trailing) != "accepted");
    Bytes unused_bits = good;
    unused_bits[25] = 1;
    CHECK(refusal(unused_bits) != "accepted");
    Bytes long_length = good;  // 30 81 59 …: not the shortest form
    long_length.insert(long_length.begin() + 1, 0x81);
    CHECK(refusal(long_length) != "accepted");
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK(refusal(base::ByteView(good).first(size)) != "accepted");
    }
    CHECK(refusal(Bytes(100000, 0x30)) != "accepted");
    const Bytes infinity = *base::hex_decode("3019301306072a8648ce3d020106082a8648ce3d03010703020000");
    CHECK(refusal(infinity) == "the EC key is not an uncompressed point");
    CHECK_THROWS_AS(PublicKey::from_ec_point(KeyType::ec_p256, Bytes(31), Bytes(32)), base::Error);
    CHECK_THROWS_AS(PublicKey::from_ed25519(Bytes(31)), base::Error);
    CHECK_THROWS_AS(PublicKey::from_rsa(Bytes(4096, 0xff), Bytes{3}), base::Error);
}

TEST_CASE("public key: RSA numbers must be positive and of the shortest form") {
    const auto rsa = [](std::string_view numbers_hex) {
        const Bytes numbers = *base::hex_decode(numbers_hex);
        Bytes der = *base::hex_decode("300d06092a864886f70d0101010500");
        Bytes bits = {0x03, static_cast<std::uint8_t>(numbers.size() + 3), 0, 0x30,
                      static_cast<std::uint8_t>(numbers.size())};
        base::append(bits, numbers);
        base::append(der, bits);
        der.insert(der.begin(), {0x30, static_cast<std::uint8_t>(der.size())});
        return der;
    };
    CHECK(refusal(rsa("0203010001"
                      "0203010001")) == "accepted");
    for (const char* numbers : {"0203810001"
                                "0203010001",
                                "02040000ff01"
                                "0203010001",
                                "0201000203010001", "02030100010200",
                                "0203010001"
                                "0203010001"
                                "0201ff",
                                "0203010001", "02030100010203ff0001"}) {
        CAPTURE(numbers);
        CHECK(refusal(rsa(numbers)) == "the RSA key is not two positive numbers in DER");
    }
}
