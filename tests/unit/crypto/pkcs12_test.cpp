#include "crypto/pkcs12.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "base/file.h"
#include "crypto/key.h"
#include "openssl_tool.h"
#include "support/temporary_directory.h"

using namespace signet;

namespace {

constexpr char k_password[] = "pass:pässword 1";

base::Bytes der_of(const std::string& pem) {
    const std::string der = test::openssl({"x509", "-outform", "DER"}, pem);
    return {der.begin(), der.end()};
}

struct Made {
    test::TemporaryDirectory directory;
    crypto::Pkcs12 content;
    base::Path file = directory / "made.p12";

    Made() {
        const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).to_pem();
        base::write_file(directory / "key.pem", key.reveal(), {.mode = 0600});
        content.key_pem = base::Secret(std::string(key.reveal()));
        content.certificate = self_signed("leaf");
        content.others = {self_signed("one"), self_signed("two")};
        content.name = "worker-1.internal";
    }
    base::Bytes self_signed(const std::string& name) {
        return der_of(test::openssl({"req", "-x509", "-key", directory / "key.pem", "-subj", "/CN=" + name}));
    }
    void write() {
        const auto made = crypto::encode_pkcs12(content, base::Secret("pässword 1"));
        base::write_file(file, made.reveal(), {.mode = 0600});
    }
    std::string read(std::vector<std::string> more = {}) {
        std::vector<std::string> words{"pkcs12", "-in", file, "-passin", k_password, "-nodes"};
        words.insert(words.end(), more.begin(), more.end());
        return test::openssl(words);
    }
};

std::size_t count(const std::string& text, std::string_view what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("pkcs12: a key store holds key, leaf and chain under one name, as openssl reads it") {
    Made made;
    made.write();
    const auto text = made.read();
    CHECK(count(text, "BEGIN CERTIFICATE") == 3);
    CHECK(count(text, "friendlyName: worker-1.internal") == 2);  // of key and leaf
    CHECK(count(text, "localKeyID") == 2);
    CHECK(test::openssl({"pkey"}, text) == base::read_file(made.directory / "key.pem", 1 << 16));
}

TEST_CASE("pkcs12: a trust store's certificates are marked as Java wants them, each with a name of its own") {
    Made made;
    made.content.key_pem = base::Secret();
    made.write();
    const auto text = made.read();
    CHECK(count(text, "BEGIN CERTIFICATE") == 2);
    CHECK(count(text, "PRIVATE KEY") == 0);
    CHECK(count(text, "friendlyName: worker-1.internal\n") == 1);
    CHECK(count(text, "friendlyName: worker-1.internal-2\n") == 1);
    // The number in OpenSSL 3.0, the name since it is known.
    CHECK(count(text, "2.16.840.1.113894.746875.1.1") + count(text, "Trusted key usage (Oracle)") == 2);
}

TEST_CASE("pkcs12: the password alone opens it; empty, endless and broken ones are refused") {
    Made made;
    made.write();
    const auto wrong =
        base::run_process({.arguments = {"openssl", "pkcs12", "-in", made.file, "-passin", "pass:other", "-nodes"}});
    CHECK(wrong.exit_code != 0);
    for (const std::string& password : {std::string(), std::string(5000, 'x'), std::string("a\0b", 3)}) {
        try {
            crypto::encode_pkcs12(made.content, base::Secret(std::string(password)));
            FAIL("accepted");
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::Kind::bad_input);
        }
    }
}
