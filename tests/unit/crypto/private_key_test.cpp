#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "crypto/key.h"
#include "openssl_tool.h"

using namespace signet;
using namespace signet::crypto;
using signet::test::openssl;

namespace {

struct Refusal {
    base::Kind kind;
    std::string message;
};

Refusal refusal(std::string_view pem, const base::Secret* passphrase = nullptr) {
    try {
        PrivateKey::from_pem(pem, "test.key", passphrase);
    } catch (const base::Error& error) {
        return {error.kind(), error.message()};
    }
    return {base::Kind::internal, "accepted"};
}

/// What stands between the labels. (`openssl pkey` writes EC keys in their traditional form, unless it writes PEM.)
base::Bytes pkcs8_of(const PrivateKey& key) {
    const base::Secret secret = key.to_pem();
    auto body = secret.reveal();
    body.remove_prefix(body.find('\n'));
    return base::base64_decode(body.substr(0, body.find('-')), true).value();
}

std::string public_pem_der(const PublicKey& key) { return base::to_text(key.spki_der()); }

}  // namespace

TEST_CASE("private key: what we write is read by openssl, with the same public half") {
    for (const KeyType type :
         {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::ed25519, KeyType::rsa_2048}) {
        CAPTURE(key_type_name(type));
        const PrivateKey key = PrivateKey::generate(type);
        CHECK(key.public_key().type() == type);
        CHECK(key.public_key().describe() == key_type_name(type));
        CHECK_FALSE(weakness(key.public_key()));
        const base::Secret pem = key.to_pem();
        CHECK(pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        CHECK(openssl({"pkey", "-pubout", "-outform", "DER"}, std::string(pem.reveal())) ==
              public_pem_der(key.public_key()));
        const PrivateKey again = PrivateKey::from_pem(pem.reveal(), "test.key");
        CHECK(again.public_key() == key.public_key());
        CHECK(again.to_pem().reveal() == pem.reveal());
        CHECK(openssl({"pkcs8", "-topk8", "-nocrypt"}, std::string(pem.reveal())) == pem.reveal());
    }
}

TEST_CASE("private key: what openssl writes is read, PKCS#8 and traditional") {
    const std::string ec =
        openssl({"ecparam", "-name", "prime256v1", "-genkey"});  // EC PARAMETERS, then EC PRIVATE KEY
    const std::string rsa = openssl({"genrsa", "-traditional", "2048"});
    const std::string p384 = openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"});
    const std::string ed25519 = openssl({"genpkey", "-algorithm", "ED25519"});
    CHECK(PrivateKey::from_pem(ec, "k").public_key().type() == KeyType::ec_p256);
    CHECK(PrivateKey::from_pem(rsa, "k").public_key().type() == KeyType::rsa_2048);
    CHECK(PrivateKey::from_pem(p384, "k").public_key().type() == KeyType::ec_p384);
    CHECK(PrivateKey::from_pem(ed25519, "k").public_key().type() == KeyType::ed25519);
    for (const std::string& pem : {ec, rsa, p384, ed25519}) {
        CHECK(openssl({"pkey", "-pubout", "-outform", "DER"}, pem) ==
              public_pem_der(PrivateKey::from_pem(pem, "k").public_key()));
    }
}

TEST_CASE("private key: encrypted ones need their passphrase, and nobody is asked for it") {
    const std::string plain = openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"});
    const std::string pkcs8 = openssl({"pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:right"}, plain);
    const std::string traditional = openssl({"ec", "-aes128", "-passout", "pass:right"}, plain);
    const base::Secret right(std::string("right")), wrong(std::string("wrong"));
    for (const std::string& pem : {pkcs8, traditional}) {
        CHECK(PrivateKey::from_pem(pem, "k", &right).public_key() == PrivateKey::from_pem(plain, "k").public_key());
        const Refusal none = refusal(pem);
        CHECK(none.kind == base::Kind::bad_input);
        CHECK(none.message == "test.key is encrypted, and no passphrase was given");
        CHECK(refusal(pem, &wrong).kind == base::Kind::refused);
    }
}

TEST_CASE("private key: what is none is refused by name") {
    const base::Secret secret = PrivateKey::generate(KeyType::ec_p256).to_pem();
    const std::string pem(secret.reveal());
    CHECK(refusal("").message == "test.key holds no private key in PEM");
    CHECK(refusal("hello\n").message == "test.key holds no private key in PEM");
    CHECK(refusal(openssl({"pkey", "-pubout"}, pem)).message == "test.key holds no private key in PEM");
    CHECK(refusal(pem.substr(0, pem.size() / 2)).message.starts_with("test.key is damaged"));
    std::string flipped = pem;
    flipped[60] = flipped[60] == 'A' ? 'B' : 'A';
    CHECK(refusal(flipped).kind == base::Kind::bad_input);
    CHECK(refusal(std::string(100000, ' ') + pem).message.starts_with("test.key is larger"));
    CHECK(refusal(openssl({"genpkey", "-algorithm", "X25519"}))
              .message.starts_with("test.key holds a key that cannot be used"));
    CHECK(refusal(openssl({"ecparam", "-name", "secp256k1", "-genkey"})).kind == base::Kind::bad_input);
}

TEST_CASE("private key: a P-256 file is the same key, whatever its lines are like") {
    const PrivateKey key = PrivateKey::generate(KeyType::ec_p256);
    const base::Secret secret = key.to_pem();
    const std::string pem(secret.reveal());
    CHECK(openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}).size() == pem.size());
    std::string crlf, short_lines = pem;
    for (const char c : pem) crlf += c == '\n' ? "\r\n" : std::string(1, c);
    short_lines.insert(60, "\n");
    for (const std::string& other : {"a comment\n" + pem, pem + "\n", crlf, short_lines}) {
        CAPTURE(other);
        const PrivateKey again = PrivateKey::from_pem(other, "test.key");
        CHECK(again.public_key() == key.public_key());
        CHECK(again.to_pem().reveal() == pem);
    }
    for (std::size_t at = 0; at < pem.size(); ++at) {  // no octet of it may differ
        std::string damaged = pem;
        damaged[at] = damaged[at] == '*' ? '+' : '*';
        CHECK_MESSAGE(refusal(damaged).kind == base::Kind::bad_input, at);
    }
}

TEST_CASE("private key: numbers that are none of a P-256 key are refused") {
    const PrivateKey key = PrivateKey::generate(KeyType::ec_p256);
    const base::Bytes der = pkcs8_of(key);
    constexpr std::size_t k_scalar_at = 36, k_point_at = 74;  // past the 4 that says: not compressed
    const auto with = [&](std::size_t at, std::size_t size, std::uint8_t octet) {
        base::Bytes other = der;
        std::fill_n(other.begin() + static_cast<std::ptrdiff_t>(at), size, octet);
        std::string text = base::base64_encode(other);
        text.insert(128, "\n").insert(64, "\n");
        return "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n";
    };
    const base::Secret pem = key.to_pem();
    REQUIRE(with(0, 0, 0) == pem.reveal());
    for (const std::uint8_t octet :
         base::Bytes{0, 1, 255}) {  // zero, another number, one beyond the order of the curve
        CHECK_MESSAGE(refusal(with(k_scalar_at, 32, octet)).kind == base::Kind::bad_input, "scalar ", octet);
        CHECK_MESSAGE(refusal(with(k_point_at, 64, octet)).kind == base::Kind::bad_input, "point ", octet);
    }
}

TEST_CASE("private key: halves that do not fit are refused") {
    // The PKCS#8 of one P-256 key with the point of another: both keep their place at the end of the structure.
    const PrivateKey one = PrivateKey::generate(KeyType::ec_p256), other = PrivateKey::generate(KeyType::ec_p256);
    base::Bytes mixed = pkcs8_of(one);
    const base::ByteView point = other.public_key().key_bits();
    REQUIRE(base::equal(base::ByteView(mixed).last(point.size()), one.public_key().key_bits()));
    std::copy(point.begin(), point.end(), mixed.end() - static_cast<std::ptrdiff_t>(point.size()));
    std::string lines = base::base64_encode(mixed);
    for (int shape = 0; shape < 2; ++shape) {  // one line, then those of RFC 7468
        const std::string pem = "-----BEGIN PRIVATE KEY-----\n" + lines + "\n-----END PRIVATE KEY-----\n";
        CHECK(refusal(pem).message == "test.key is damaged: the halves of its key do not fit each other");
        lines.insert(128, "\n").insert(64, "\n");
    }
}

TEST_CASE("key type: names go both ways, and help shows what certificates may have") {
    for (const KeyType type : certificate_key_types()) CHECK(parse_key_type(key_type_name(type)) == type);
    CHECK_FALSE(parse_key_type("rsa-1024"));
    CHECK_FALSE(parse_key_type(""));
    CHECK(certificate_key_types().front() == KeyType::ec_p256);
    CHECK(certificate_key_types().size() >= 6);
}
