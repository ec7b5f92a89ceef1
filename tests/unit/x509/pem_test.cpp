#include "x509/pem.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support/make_chain.h"

using namespace signet;

namespace {

std::string refusal(std::string_view text, bool comments = true, const x509::PemLimits& limits = {}) {
    try {
        x509::parse_pem(text, "chain.pem", comments, limits);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::bad_input);
        return error.message();
    }
    return "fine";
}

}  // namespace

TEST_CASE("pem: blocks are read with their lines") {
    const base::Bytes der(100, 0x41);
    const std::string text = "subject: x\n" + x509::encode_pem("CERTIFICATE", der) + "\r\n" +
                             x509::encode_pem("X509 CRL", base::Bytes{1, 2, 3});
    const auto blocks = x509::parse_pem(text, "chain.pem");
    REQUIRE(blocks.size() == 2);
    CHECK(blocks[0].label == "CERTIFICATE");
    CHECK(blocks[0].der == der);
    CHECK(blocks[0].line == 2);
    CHECK(blocks[1].der == base::Bytes{1, 2, 3});
    CHECK(x509::parse_pem("", "chain.pem").empty());
}

TEST_CASE("pem: damage is named with its line") {
    CHECK(refusal("-----BEGIN A-----\nQUJD\n") == "chain.pem line 1: the block is cut short: it has no END line");
    CHECK(refusal("x\n-----BEGIN A-----\nQUJD\n-----BEGIN A-----\nQUJD\n-----END A-----\n") ==
          "chain.pem line 4: a block begins inside the one of line 2");
    CHECK(refusal("-----BEGIN A-----\nQUJD\n-----END B-----\n") ==
          "chain.pem line 3: the block of line 1 ends as another");
    CHECK(refusal("-----BEGIN A-----\nQU!D\n-----END A-----\n") == "chain.pem line 1: the block is not base64");
    CHECK(refusal("-----BEGIN A-----\n-----END A-----\n") == "chain.pem line 1: the block is not base64");
    CHECK(refusal("-----END A-----\n") == "chain.pem line 1: an END line without its BEGIN");
    CHECK(refusal("hello\n-----BEGIN A-----\nQUJD\n-----END A-----\n", false) ==
          "chain.pem line 1: text outside the PEM blocks");
    CHECK(refusal("hello\n-----BEGIN A-----\nQUJD\n-----END A-----\n") == "fine");
    const std::string block = "-----BEGIN A-----\nQUJD\n-----END A-----\n";
    CHECK(refusal(block + block + block, true, {.blocks = 2}) == "chain.pem line 7: more than 2 blocks");
    CHECK(refusal(block, true, {.size = 10}) == "chain.pem is larger than 10 bytes");
}

TEST_CASE("pem: certificates that are none are refused") {
    CHECK_THROWS_WITH_AS(x509::parse_certificates("nothing here", "chain.pem"), "chain.pem holds no certificate",
                         base::Error);
    CHECK_THROWS_AS(x509::parse_certificates(x509::encode_pem("CERTIFICATE", base::Bytes{0x30, 0x00}), "chain.pem"),
                    base::Error);
}

TEST_CASE("pem: a file of certificates is PEM or DER by its content") {
    test::ChainMaker maker(base::from_unix(1'800'000'000));
    const auto root = maker.self_signed(maker.ca_template("Root")).certificate;
    const std::string pem = x509::encode_certificates({root, root});
    CHECK(x509::parse_certificate_file(pem, "f").size() == 2);
    CHECK(x509::parse_certificate_file("a comment\n" + pem, "f").size() == 2);
    CHECK(x509::parse_certificate_file(base::text_of(root.der()), "f") == std::vector{root});
    for (const std::string_view bad :
         {std::string_view(""), std::string_view("0"), std::string_view("\x30\x00", 2), std::string_view("x")}) {
        CHECK_THROWS_AS(x509::parse_certificate_file(bad, "f"), base::Error);
    }
}
