#include <doctest/doctest.h>

#include "base/encoding.h"
#include "crypto/key.h"
#include "openssl_tool.h"

using namespace signet;
using namespace signet::crypto;
using signet::base::Bytes;

namespace {

/// A modulus of `bytes` octets that is odd, has no small factor worth naming and is surely no product of ours.
Bytes sound_modulus() {
    const base::Bytes der =
        base::to_bytes(test::openssl({"pkey", "-pubout", "-outform", "DER"}, test::openssl({"genrsa", "2048"})));
    return PublicKey::from_spki(der).parts().first;
}

std::string reason(const Bytes& modulus, const Bytes& exponent) {
    return weakness(PublicKey::from_rsa(modulus, exponent)).value_or("fit");
}

}  // namespace

TEST_CASE("weakness: RSA keys that nobody may use") {
    const Bytes modulus = sound_modulus();
    const Bytes usual = {1, 0, 1};
    CHECK(reason(modulus, usual) == "fit");
    CHECK(reason(modulus, {3}) == "the exponent of the RSA key is less than 65537");
    CHECK(reason(modulus, {0xff, 0xff}) == "the exponent of the RSA key is less than 65537");
    CHECK(reason(modulus, {1, 0, 2}) == "the exponent of the RSA key is even");
    CHECK(reason(modulus, Bytes(33, 0xff)) == "the exponent of the RSA key has more than 256 bits");
    CHECK(reason(Bytes(128, 0xff), usual).find("too short") != std::string::npos);
    CHECK(reason(Bytes(513, 0xff), usual).find("too long") != std::string::npos);
    Bytes even = modulus;
    even.back() = static_cast<std::uint8_t>(even.back() & 0xfe);
    CHECK(reason(even, usual) == "the modulus of the RSA key is even");
    CHECK(reason(Bytes(256, 0xff), usual) == "the modulus of the RSA key has a small factor");
}

TEST_CASE("weakness: the shape of ROCA") {
    // 65537^k modulo any small prime is in the group that 65537 makes: 65537^127 has 2033 bits, times 2^x would be
    // even, so 65537^128, of 2049 bits, stands for a modulus of the faulty library.
    Bytes power = {1};
    for (int i = 0; i < 128; ++i) {
        Bytes next(power.size() + 2, 0);  // power * 65536 + power
        std::copy(power.begin(), power.end(), next.begin());
        unsigned carry = 0;
        for (std::size_t at = 0; at < next.size(); ++at) {
            const std::size_t place = next.size() - 1 - at;
            const unsigned addend = at < power.size() ? power[power.size() - 1 - at] : 0U;
            const unsigned sum = next[place] + addend + carry;
            next[place] = static_cast<std::uint8_t>(sum & 0xff);
            carry = sum >> 8;
        }
        power = next;
    }
    CHECK(reason(power, {1, 0, 1}).find("ROCA") != std::string::npos);
}
