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

Bytes number(const char* hex) { return base::hex_decode(hex).value(); }

// Moduli of 2048 bits, made of primes p and q by a script that has nothing of this code; badkeys 0.0.21 says the same
// of each. q is the next prime after p; then after p + 2^516.5 (79 steps of Fermat's way) and p + 2^519 (2521 steps).
constexpr auto k_next_prime =
    "a91093abe1d08ba9637a661080cd26760b907a4b95434df965b6ddfb0cf72d2436f3f9ba6fc0edf9c3277c9fc6e15b4bcb409e70"
    "67db2600b9028ac6feb6c883fc70789073102d8f086017eccb884a4ab5cd9e7c2788a51850e112e9ad82deff630ce3cbd907d460"
    "f28d217a96fd9828abb637fe08a4462a9f112563c24de734093048b81b772fb14d545d3eabd322aaa17b45d2111cf86b30417fcf"
    "b88e6e3d1fe5661d0750c58ece9a18970dd058742baa10ac5c6bd299efeb3ec8b757fa9997e6dc007f0c5011aab71b9ca6a666b2"
    "b33ea665d3b6017c45fa627182a4cb44dc2cf0eb3087818b13cd6ba3142ed066ec2a64e972f1315d0cf7b725c7884dcf";
constexpr auto k_close =
    "a91093abe1d08ba9637a661080cd26760b907a4b95434df965b6ddfb0cf72d2436f3f9ba6fc0edf9c3277c9fc6e15b4bcb409e70"
    "67db2600b9028ac6feb6c8965fd7a62a238bc16679163ea65197e0bac7c31b1447de3834a7011ff468890002bbf73fbeeff88233"
    "93276db5d9464c899edefba5db2aeb2d093aad06f67ce8e083f124c84be2f7404e3991b1d26e291fbe05e74b171c905c6267c990"
    "5307b2039859a5db309291fd20c5d2197a167d32c736e47160e28539c9f116ddcba24478db4f8352847d74a71dfbdc5ebfdef8fe"
    "a68ec88b732c6db27752067018a64e9fe2aed5ddb0b7f487d517462ac91013facf92e7dae5f953328bb11bb38bf35bc1";
constexpr auto k_far_enough =
    "a91093abe1d08ba9637a661080cd26760b907a4b95434df965b6ddfb0cf72d2436f3f9ba6fc0edf9c3277c9fc6e15b4bcb409e70"
    "67db2600b9028ac6feb6c8ec018a1748aed2e030e4cd96901ab152a1f38b6ae6c3285b9e585cbcf2a18e9f754b8df8bdba6733de"
    "447cc1d21c93104d275fd50a833b8f5a438c084bce298275faf0d3c371e2fa49728427d3509d56cc1bf5f08458689a65db204521"
    "88649045c334ef2044d6efbccf99374486940a3a4a23d3cc2f8847dcfe1896b113aea11b37459a0b324b3864433173c295c8063f"
    "e70fe8c1a87d9f6a7ca8b9cac4ccd894e8e5f2df9614052b556f43e31b72658b63231e031179492c2dd4dae96116831b";
// Both primes are k * M + (65537^a mod M), M the product of the first 126 primes: as the faulty library made them.
constexpr auto k_roca =
    "85e3e27c9e29884f48754e568aaad0eec1ba4204dbb1eff9aa2df7e813114ced77d8459c159265167d45f4d91dc4ecedc39cb049"
    "468e8e288f86161ad3090e697c034deaa36e41ccebb8f4f6ee2a5557a9cc48855bb4a3e6086c7656f4ffce5e2cfcfe6594ba9cb2"
    "f17cbf156b38e3e30f9e56c54cb0aae4f1d43ebc1156c28581f8cbf0a8fd727be923380f19a25566bf0d30102a50e34158e63971"
    "9e94d52514b95abbadf84c607755080743c94e22e829a9e5560132a9dc421d929888aa02b9bf16e09ac7fbedf62474fa8649623b"
    "c343d3e240cf3e3e273045abf9934603d733fe3e43b4af8a615a33891b4138feaf193b0bb26369576d369384709c6d19";

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

TEST_CASE("weakness: the shape of ROCA") { CHECK(reason(number(k_roca), {1, 0, 1}).find("ROCA") != std::string::npos); }

TEST_CASE("weakness: primes close to each other") {
    const Bytes usual = {1, 0, 1};
    CHECK(reason(number(k_next_prime), usual).find("too close") != std::string::npos);
    CHECK(reason(number(k_close), usual).find("too close") != std::string::npos);
    CHECK(reason(number(k_far_enough), usual) == "fit");
    // A prime twice: 2^1279 - 1 squared is 2^2558 - 2^1280 + 1.
    Bytes square(320, 0);
    square[0] = 0x3f;
    for (std::size_t i = 1; i < 160; ++i) square[i] = 0xff;
    square.back() = 1;
    CHECK(reason(square, usual).find("too close") != std::string::npos);
}
