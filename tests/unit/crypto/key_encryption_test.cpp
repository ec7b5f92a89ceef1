#include "crypto/key_encryption.h"

#include <algorithm>
#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "openssl_tool.h"

using namespace signet;
using namespace signet::crypto;
using signet::test::openssl;

namespace {

const base::Secret k_right("correct horse battery staple"), k_wrong("incorrect");

base::Kind kind_of(std::string_view pem, const base::Secret* passphrase) {
    try {
        PrivateKey::from_pem(pem, "test.key", passphrase);
    } catch (const base::Error& error) {
        return error.kind();
    }
    return base::Kind::internal;  // accepted
}

/// The same PEM with some octets of its DER exchanged for as many others.
std::string patched(const std::string& pem, const base::Bytes& from, const base::Bytes& to) {
    const std::string begin = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", end = "-----END ENCRYPTED PRIVATE KEY-----\n";
    const std::size_t start = pem.find(begin) + begin.size();
    std::string text = pem.substr(start, pem.find(end) - start);
    std::erase(text, '\n');
    base::Bytes der = *base::base64_decode(text);
    const auto at = std::search(der.begin(), der.end(), from.begin(), from.end());
    REQUIRE(at != der.end());
    std::copy(to.begin(), to.end(), at);
    return begin + base::base64_encode(der) + "\n" + end;
}

}  // namespace

TEST_CASE("key encryption: what we encrypt opens with its passphrase alone, here and in openssl") {
    for (const KeyType type : {KeyType::ec_p256, KeyType::ed25519, KeyType::rsa_2048}) {
        CAPTURE(key_type_name(type));
        const PrivateKey key = PrivateKey::generate(type);
        const base::Secret pem = key.to_encrypted_pem(k_right);
        CHECK(is_encrypted(pem.reveal()));
        CHECK(PrivateKey::from_pem(pem.reveal(), "test.key", &k_right).public_key() == key.public_key());
        CHECK(kind_of(pem.reveal(), &k_wrong) == base::Kind::refused);
        CHECK(kind_of(pem.reveal(), nullptr) == base::Kind::bad_input);
        const std::string text(pem.reveal());
        CHECK(openssl({"pkey", "-passin", "pass:correct horse battery staple", "-pubout", "-outform", "DER"}, text) ==
              base::to_text(key.public_key().spki_der()));
        const std::string parsed = openssl({"asn1parse"}, text);
        for (const char* part : {"PBKDF2", "hmacWithSHA256", "aes-256-cbc", ":0927C0"}) {
            CAPTURE(part);
            CHECK(parsed.find(part) != std::string::npos);
        }
    }
    CHECK_FALSE(is_encrypted(PrivateKey::generate(KeyType::ec_p256).to_pem().reveal()));
}

TEST_CASE(
    "key encryption: two encryptions of a key have nothing in common, and empty or endless passphrases are refused") {
    const PrivateKey key = PrivateKey::generate(KeyType::ec_p256);
    CHECK(key.to_encrypted_pem(k_right).reveal() != key.to_encrypted_pem(k_right).reveal());
    CHECK_THROWS_AS(key.to_encrypted_pem(base::Secret("")), base::Error);
    CHECK_THROWS_AS(key.to_encrypted_pem(base::Secret(std::string(1025, 'x'))), base::Error);
    const base::Secret longest(std::string(1024, 'x'));
    CHECK(kind_of(key.to_encrypted_pem(longest).reveal(), &longest) == base::Kind::internal);
}

TEST_CASE("key encryption: what other tools encrypted opens, too") {
    const PrivateKey key = PrivateKey::generate(KeyType::ec_p256);
    const std::string plain(key.to_pem().reveal()), pass = "pass:correct horse battery staple";
    for (const std::vector<std::string>& how : {std::vector<std::string>{"pkcs8", "-topk8", "-scrypt"},
                                                {"pkcs8", "-topk8", "-v2", "aes-128-cbc"},
                                                {"pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES"},
                                                {"ec", "-aes256"}}) {
        auto arguments = how;
        arguments.insert(arguments.end(), {"-passout", pass});
        CAPTURE(how.back());
        const std::string pem = openssl(arguments, plain);
        CHECK(is_encrypted(pem));
        CHECK(PrivateKey::from_pem(pem, "test.key", &k_right).public_key() == key.public_key());
        CHECK(kind_of(pem, &k_wrong) == base::Kind::refused);
    }
}

TEST_CASE("key encryption: a file that asks for minutes of work is refused before any of it") {
    const PrivateKey key = PrivateKey::generate(KeyType::ec_p256);
    const std::string ours(key.to_encrypted_pem(k_right).reveal());
    const std::string scrypt =
        openssl({"pkcs8", "-topk8", "-scrypt", "-passout", "pass:x"}, std::string(key.to_pem().reveal()));
    const std::string many = patched(ours, {2, 3, 0x09, 0x27, 0xc0}, {2, 3, 0x7f, 0xff, 0xff});
    const std::string wide = patched(scrypt, {2, 2, 0x40, 0, 2, 1, 8, 2, 1, 1}, {2, 2, 0x40, 0, 2, 1, 8, 2, 1, 0x7f});
    const std::string negative = patched(ours, {2, 3, 0x09, 0x27, 0xc0}, {2, 3, 0x80, 0, 0});
    for (const std::string& pem : {many, wide, negative}) {
        CHECK(kind_of(pem, &k_right) == base::Kind::bad_input);
        CHECK(kind_of(std::string(key.to_pem().reveal()) + pem, nullptr) == base::Kind::bad_input);
    }
}
