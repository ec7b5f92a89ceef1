#include "crypto/signature.h"

#include <doctest/doctest.h>
#include <thread>
#include <vector>

#include "base/file.h"
#include "openssl_tool.h"
#include "support/temporary_directory.h"

using namespace signet;
using namespace signet::crypto;
using signet::base::Bytes;
using signet::base::bytes_of;
using signet::test::openssl;

namespace {
const base::ByteView k_message = bytes_of("a message");
}

TEST_CASE("signature: openssl verifies what we sign, and we what it signs") {
    const test::TemporaryDirectory directory;
    base::write_file(directory / "message", base::text_of(k_message));
    for (const KeyType type :
         {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa_2048, KeyType::ed25519}) {
        CAPTURE(key_type_name(type));
        const PrivateKey key = PrivateKey::generate(type);
        const SignatureAlgorithm algorithm = default_algorithm(key);
        base::write_file(directory / "key", key.to_pem().reveal(), {.mode = 0600});
        base::write_file(directory / "signature", base::text_of(sign(key, algorithm, k_message)));
        std::vector<std::string> digest = {"-rawin"};
        if (type != KeyType::ed25519) {
            const char* name = type == KeyType::ec_p384 ? "sha384" : type == KeyType::ec_p521 ? "sha512" : "sha256";
            digest.insert(digest.end(), {"-digest", name});
        }
        std::vector<std::string> verifying = {"pkeyutl",  "-verify",
                                              "-inkey",   directory / "key",
                                              "-in",      directory / "message",
                                              "-sigfile", directory / "signature"};
        verifying.insert(verifying.end(), digest.begin(), digest.end());
        openssl(verifying);
        std::vector<std::string> signing = {"pkeyutl",         "-sign", "-inkey",
                                            directory / "key", "-in",   directory / "message"};
        signing.insert(signing.end(), digest.begin(), digest.end());
        const Bytes theirs = base::to_bytes(openssl(signing));
        CHECK(verify(key.public_key(), algorithm, k_message, theirs));
        CHECK_FALSE(verify(key.public_key(), algorithm, bytes_of("another message"), theirs));
    }
}

TEST_CASE("signature: RSA-PSS of openssl's is verified") {
    const test::TemporaryDirectory directory;
    base::write_file(directory / "message", base::text_of(k_message));
    const PrivateKey key = PrivateKey::generate(KeyType::rsa_2048);
    base::write_file(directory / "key", key.to_pem().reveal(), {.mode = 0600});
    const Bytes signature = base::to_bytes(
        openssl({"pkeyutl", "-sign", "-inkey", directory / "key", "-in", directory / "message", "-rawin", "-digest",
                 "sha384", "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"}));
    CHECK(verify(key.public_key(), SignatureAlgorithm::rsa_pss_sha384, k_message, signature));
    CHECK_FALSE(verify(key.public_key(), SignatureAlgorithm::rsa_pss_sha256, k_message, signature));
    CHECK_FALSE(verify(key.public_key(), SignatureAlgorithm::rsa_sha384, k_message, signature));
}

TEST_CASE("signature: an algorithm that does not fit the key verifies nothing and throws nothing") {
    const PrivateKey ec = PrivateKey::generate(KeyType::ec_p256);
    const Bytes signature = sign(ec, SignatureAlgorithm::ecdsa_sha256, k_message);
    CHECK(verify(ec.public_key(), SignatureAlgorithm::ecdsa_sha256, k_message, signature));
    for (const SignatureAlgorithm algorithm : {SignatureAlgorithm::ecdsa_sha384, SignatureAlgorithm::rsa_sha256,
                                               SignatureAlgorithm::ed25519, SignatureAlgorithm::ml_dsa_44}) {
        CHECK_FALSE(verify(ec.public_key(), algorithm, k_message, signature));
    }
    CHECK_THROWS(sign(ec, SignatureAlgorithm::rsa_sha256, k_message));
}

TEST_CASE("signature: ECDSA signatures are DER and nothing else") {
    const PrivateKey key = PrivateKey::generate(KeyType::ec_p256);
    const auto good = [&](const Bytes& signature) {
        return verify(key.public_key(), SignatureAlgorithm::ecdsa_sha256, k_message, signature);
    };
    const Bytes signature = sign(key, SignatureAlgorithm::ecdsa_sha256, k_message);
    REQUIRE(good(signature));
    Bytes trailing = signature;
    trailing.push_back(0);
    CHECK_FALSE(good(trailing));
    Bytes long_length = signature;  // 30 81 LL
    long_length.insert(long_length.begin() + 1, 0x81);
    CHECK_FALSE(good(long_length));
    Bytes padded = signature;  // one more leading zero before r
    padded[1] = static_cast<std::uint8_t>(padded[1] + 1);
    padded[3] = static_cast<std::uint8_t>(padded[3] + 1);
    padded.insert(padded.begin() + 4, 0);
    CHECK_FALSE(good(padded));
    CHECK_FALSE(good({}));
    CHECK_FALSE(good(Bytes(signature.begin(), signature.end() - 1)));
}

TEST_CASE("signature: JOSE form has fixed width and is not DER") {
    for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521}) {
        CAPTURE(key_type_name(type));
        const PrivateKey key = PrivateKey::generate(type);
        const SignatureAlgorithm algorithm = default_algorithm(type);
        const std::size_t width = key.public_key().parts().first.size();
        for (int i = 0; i < 20; ++i) {
            const Bytes signature = sign_jose(key, algorithm, k_message);
            REQUIRE(signature.size() == 2 * width);
            CHECK(verify_jose(key.public_key(), algorithm, k_message, signature));
        }
        Bytes zero_r = sign_jose(key, algorithm, k_message);
        std::fill(zero_r.begin(), zero_r.begin() + static_cast<std::ptrdiff_t>(width), std::uint8_t{0});
        CHECK_FALSE(verify_jose(key.public_key(), algorithm, k_message, zero_r));
        CHECK_FALSE(verify_jose(key.public_key(), algorithm, k_message, sign(key, algorithm, k_message)));
        CHECK_FALSE(verify_jose(key.public_key(), algorithm, k_message, Bytes(2 * width, 0)));
    }
    const PrivateKey ed25519 = PrivateKey::generate(KeyType::ed25519);
    const Bytes signature = sign_jose(ed25519, SignatureAlgorithm::ed25519, k_message);
    CHECK(verify_jose(ed25519.public_key(), SignatureAlgorithm::ed25519, k_message, signature));
}

TEST_CASE("signature: one key serves many threads") {
    const PrivateKey key = PrivateKey::generate(KeyType::ec_p256);
    std::vector<std::thread> threads;
    std::vector<int> good(4, 0);
    for (int& count : good) {
        threads.emplace_back([&key, &count] {
            for (int i = 0; i < 20; ++i) {
                const Bytes signature = sign(key, SignatureAlgorithm::ecdsa_sha256, k_message);
                count += verify(key.public_key(), SignatureAlgorithm::ecdsa_sha256, k_message, signature) ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(good == std::vector<int>(4, 20));
}

TEST_CASE("signature: what a key verified before changes nothing for what it verifies next") {
    const PrivateKey key = PrivateKey::generate(KeyType::rsa_2048);
    const PublicKey& known = key.public_key();
    for (int i = 0; i < 3; ++i) {
        for (const SignatureAlgorithm algorithm :
             {SignatureAlgorithm::rsa_sha256, SignatureAlgorithm::rsa_sha512, SignatureAlgorithm::rsa_sha256}) {
            const Bytes good = sign(key, algorithm, k_message);
            CHECK(verify(known, algorithm, k_message, good));
            CHECK_FALSE(verify(known, algorithm, k_message, Bytes(good.size(), 1)));
            CHECK_FALSE(verify(known, algorithm, k_message, {}));
            CHECK_FALSE(verify(known, SignatureAlgorithm::rsa_sha384, k_message, good));
            CHECK_FALSE(verify(known, SignatureAlgorithm::rsa_pss_sha256, k_message, good));
            CHECK(verify(known, algorithm, k_message, good));
        }
    }
}
