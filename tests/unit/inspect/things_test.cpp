// Files as OpenSSL and Java write them, told by content.
#include "inspect/things.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "inspect/explain.h"
#include "support/make_chain.h"
#include "support/programs.h"
#include "support/temporary_directory.h"
#include "x509/pem.h"

using namespace signet;
using inspect::Thing;

namespace {

std::string kinds(const std::vector<Thing>& things) {
    constexpr const char* k_letters[] = {"certificate ", "request ", "key ", "encrypted ", "CRL ", "OCSP "};
    std::string text;
    for (const auto& thing : things) text += k_letters[thing.index()];
    return text;
}

std::string read(std::string contents, const char* password = nullptr) {
    const base::Secret secret(password == nullptr ? "" : password);
    try {
        return kinds(inspect::read_things(base::Secret(std::move(contents)), "file", password ? &secret : nullptr));
    } catch (const base::Error& error) {
        return std::string(base::kind_name(error.kind())) + ": " + error.message();
    }
}

/// An openssl command's output; it must succeed.
std::string openssl(std::vector<std::string> arguments, std::string input = {}) {
    arguments.insert(arguments.begin(), "openssl");
    const auto result =
        base::run_process({.arguments = std::move(arguments), .input = std::move(input), .output_limit = 1 << 20});
    CAPTURE(result.errors);
    REQUIRE(result.exit_code == 0);
    return result.output;
}

}  // namespace

TEST_CASE("things: keys in each form that OpenSSL writes, PEM and DER") {
    for (const auto& kind : {std::vector<std::string>{"EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
                             {"RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
                             {"ED25519"}}) {
        CAPTURE(kind.front());
        std::vector<std::string> words{"genpkey", "-algorithm"};
        words.insert(words.end(), kind.begin(), kind.end());
        const std::string key = openssl(words);
        CHECK(read(key) == "key ");
        CHECK(read(openssl({"pkey", "-outform", "DER"}, key)) == "key ");
        CHECK(read(openssl({"pkey", "-pubout"}, key)) == "key ");
        CHECK(read(openssl({"pkey", "-pubout", "-outform", "DER"}, key)) == "key ");
        CHECK(read(openssl({"pkcs8", "-topk8", "-passout", "pass:x"}, key)) == "encrypted ");
        CHECK(read(openssl({"pkcs8", "-topk8", "-passout", "pass:x", "-outform", "DER"}, key)) == "encrypted ");
        if (kind.front() == "ED25519") continue;
        CHECK(read(openssl({"pkey", "-traditional"}, key)) == "key ");
        const bool ec = kind.front() == "EC";
        CHECK(read(ec ? openssl({"ec", "-outform", "DER"}, key)
                      : openssl({"rsa", "-traditional", "-outform", "DER"}, key)) == "key ");
        CHECK(read(openssl({"pkey", "-traditional", "-aes128", "-passout", "pass:x"}, key)) == "encrypted ");
    }
}

TEST_CASE("things: certificates of version 1 and 3, requests, several in one file") {
    const test::TemporaryDirectory directory;
    const std::string key = (directory / "key").string();
    openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key});
    const std::string request = openssl({"req", "-new", "-key", key, "-subj", "/CN=a"});
    CHECK(read(request) == "request ");
    CHECK(read(openssl({"req", "-outform", "DER"}, request)) == "request ");
    const std::string third = openssl({"req", "-x509", "-key", key, "-subj", "/CN=a"});
    CHECK(read(third) == "certificate ");
    CHECK(read(openssl({"x509", "-outform", "DER"}, third)) == "certificate ");
    const std::string first = openssl({"x509", "-req", "-signkey", key}, request);  // without extensions: version 1
    CHECK(read(first) == "certificate ");
    CHECK(read(openssl({"x509", "-outform", "DER"}, first)) == "certificate ");
    CHECK(read(third + openssl({"pkey", "-in", key}) + first) == "certificate key certificate ");
}

TEST_CASE("things: CRLs") {
    const test::TemporaryDirectory directory;
    const auto path = [&](const char* name) { return (directory / name).string(); };
    base::write_file(path("cnf"), "[ca]\ndefault_ca=x\n[x]\ndatabase=" + path("index") +
                                      "\ndefault_md=sha256\ndefault_crl_days=7\n");
    base::write_file(path("index"), "R\t300101000000Z\t260101000000Z,keyCompromise\t0A0B\tunknown\t/CN=b\n");
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a",
             "-keyout", path("key"), "-out", path("crt")});
    const std::string crl =
        openssl({"ca", "-gencrl", "-config", path("cnf"), "-keyfile", path("key"), "-cert", path("crt")});
    CHECK(read(crl) == "CRL ");
    CHECK(read(openssl({"crl", "-outform", "DER"}, crl)) == "CRL ");
    const auto things = inspect::read_things(base::Secret(std::string(crl)), "file", nullptr);
    const auto json = inspect::explain_json(things.front(), base::from_unix(1'800'000'000));
    CHECK(json["entries"] == 1);
    CHECK(json["revoked"][0]["serial"] == "0a0b");
    CHECK(json["revoked"][0]["reason"] == "keyCompromise");

    // OCSP over the same index: the serial 0A0B is revoked, the CA's own is not in it.
    openssl({"ocsp", "-issuer", path("crt"), "-serial", "0x0A0B", "-cert", path("crt"), "-reqout", path("req")});
    openssl({"ocsp", "-index", path("index"), "-CA", path("crt"), "-rsigner", path("crt"), "-rkey", path("key"),
             "-reqin", path("req"), "-respout", path("resp"), "-ndays", "1"});
    const std::string response = base::read_file(path("resp"), 1 << 20);
    CHECK(read(response) == "OCSP ");
    const auto said = inspect::explain_json(
        inspect::read_things(base::Secret(std::string(response)), "file", nullptr).front(), base::from_unix(0));
    CHECK(said["response_status"] == "successful");
    CHECK(said["responder"] == "CN=a");
    REQUIRE(said["answers"].size() == 2);
    CHECK(said["answers"][0]["serial"] == "0a0b");
    CHECK(said["answers"][0]["status"] == "revoked");
    CHECK(said["answers"][0]["revoked_at"] == "2026-01-01T00:00:00Z");
    CHECK(said["answers"][0]["reason"] == "keyCompromise");
    CHECK(said["answers"][1]["status"] == "unknown");
    CHECK(read(std::string("\x30\x03\x0a\x01\x06", 5)) == "OCSP ");
}

TEST_CASE("things: PKCS#12 of OpenSSL") {
    const test::TemporaryDirectory directory;
    const std::string key = (directory / "key").string(), certificate = (directory / "crt").string();
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a",
             "-keyout", key, "-out", certificate});
    const auto bundle = [&](std::vector<std::string> more) {
        std::vector<std::string> words{"pkcs12", "-export", "-in", certificate, "-inkey", key};
        words.insert(words.end(), more.begin(), more.end());
        return openssl(words);
    };
    const std::string closed = bundle({"-passout", "pass:secret"});
    CHECK(read(closed, "secret") == "certificate key ");
    CHECK(read(closed, "wrong").starts_with("refused: the password does not open file"));
    CHECK(read(closed).starts_with("bad_input: file is PKCS#12 with a password"));
    CHECK(read(bundle({"-passout", "pass:"})) == "certificate key ");
    CHECK(read(bundle({"-passout", "pass:secret", "-nomac"}), "secret") == "certificate key ");
    CHECK(read(bundle({"-passout", "pass:secret", "-keypbe", "NONE", "-certpbe", "NONE"}), "secret") ==
          "certificate key ");
    CHECK(read(bundle({"-passout", "pass:secret", "-nokeys"}), "secret") == "certificate ");
    CHECK(read(closed.substr(0, closed.size() / 2), "secret").starts_with("bad_input: file holds no certificate"));
}

TEST_CASE("things: PKCS#12 that asks for too much hashing is refused before it is tried") {
    const test::TemporaryDirectory directory;
    const std::string key = (directory / "key").string(), certificate = (directory / "crt").string();
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a",
             "-keyout", key, "-out", certificate});
    std::string file =
        openssl({"pkcs12", "-export", "-in", certificate, "-inkey", key, "-passout", "pass:secret", "-iter", "65537"});
    // The counts stand in the file as INTEGERs of three octets: 01 00 01 becomes 7f ff ff.
    const std::string count("\x02\x03\x01\x00\x01", 5), more("\x02\x03\x7f\xff\xff", 5);
    std::size_t changed = 0;
    for (auto at = file.find(count); at != std::string::npos; at = file.find(count, at)) {
        file.replace(at, count.size(), more);
        ++changed;
    }
    REQUIRE(changed > 0);
    CHECK(read(file, "secret").find("rounds of hashing") != std::string::npos);
}

TEST_CASE("things: what is none of it says so, what is damaged too") {
    for (const auto* text : {"", "hello", "-----BEGIN NOTE-----\nAAAA\n-----END NOTE-----\n"}) {
        CAPTURE(text);
        CHECK(read(text).starts_with("bad_input: file holds no certificate"));
    }
    CHECK(
        read("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").starts_with("bad_input: file, line 1"));
    CHECK(read(std::string("\x30\x03\x02\x01\x05", 5)).starts_with("bad_input: "));
    CHECK(read(std::string("\x30\x84\xff\xff\xff\xff", 6)).starts_with("bad_input: "));
    CHECK(read(std::string("\x30\x82\x10\x00", 4) + std::string(4096, '\x05')).starts_with("bad_input: "));
}
