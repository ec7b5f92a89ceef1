#include "x509/algorithm.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "x509/der.h"

using namespace signet;
using crypto::SignatureAlgorithm;

TEST_CASE("algorithm: parameters are as the RFCs want them") {
    CHECK(base::hex_encode(x509::algorithm_identifier(SignatureAlgorithm::ecdsa_sha256)) == "300a06082a8648ce3d040302");
    CHECK(base::hex_encode(x509::algorithm_identifier(SignatureAlgorithm::rsa_sha256)) ==
          "300d06092a864886f70d01010b0500");
    CHECK(base::hex_encode(x509::algorithm_identifier(SignatureAlgorithm::ed25519)) == "300506032b6570");
}

TEST_CASE("algorithm: is read in the forms that readers must take, and no other") {
    for (const auto algorithm : {SignatureAlgorithm::ecdsa_sha384, SignatureAlgorithm::rsa_sha512,
                                 SignatureAlgorithm::rsa_pss_sha256, SignatureAlgorithm::ml_dsa_65}) {
        CHECK(x509::parse_algorithm(x509::algorithm_identifier(algorithm)) == algorithm);
    }
    namespace der = x509::der;
    CHECK(x509::parse_algorithm(der::sequence({der::oid("1.2.840.113549.1.1.11")})) == SignatureAlgorithm::rsa_sha256);
    CHECK(!x509::parse_algorithm(der::sequence({der::oid("1.2.840.10045.4.3.2"), der::null()})));
    const auto sha1 = der::sequence({der::oid("1.2.840.113549.1.1.5"), der::null()});
    CHECK(!x509::parse_algorithm(sha1));
    CHECK(x509::describe_algorithm(sha1) == "sha1WithRSAEncryption");
    CHECK(x509::describe_algorithm(der::sequence({der::oid("1.2.3.4")})) == "1.2.3.4");
}
