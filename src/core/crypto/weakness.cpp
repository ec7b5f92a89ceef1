#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "crypto/close_primes.h"
#include "crypto/key.h"
#include "crypto/weak_keys.h"

namespace signet::crypto {
namespace {

constexpr int k_fewest_bits = 2048;
constexpr int k_most_bits = 4096;                    // beyond, every verification costs us dearly
constexpr std::size_t k_longest_exponent = 256 / 8;  // octets; the same

unsigned remainder(base::ByteView number, unsigned divisor) {
    unsigned rest = 0;
    for (const std::uint8_t byte : number) rest = (rest << 8 | byte) % divisor;
    return rest;
}

/// Whether `value` is a power of 65537 modulo the prime.
bool power_of_65537(unsigned value, unsigned prime) {
    const unsigned generator = 65537 % prime;
    unsigned power = 1;
    do {
        if (power == value) return true;
        power = power * generator % prime;
    } while (power != 1);
    return false;
}

constexpr std::array<unsigned, 38> k_odd_primes = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                                   47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                                   107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

/// CVE-2017-15361: a library's primes were powers of 65537 modulo each small prime, hence so are their products.
/// A sound modulus is so with a probability of about 2^-27 over these primes.
bool has_roca_shape(base::ByteView modulus) {
    return std::ranges::all_of(k_odd_primes,
                               [&](unsigned prime) { return power_of_65537(remainder(modulus, prime), prime); });
}

bool has_small_factor(base::ByteView modulus) {
    return std::ranges::any_of(k_odd_primes, [&](unsigned prime) { return remainder(modulus, prime) == 0; });
}

std::optional<std::string> rsa_weakness(const PublicKey& key) {
    const PublicKey::Parts parts = key.parts();
    const base::Bytes &modulus = parts.first, &exponent = parts.second;
    const std::string name = key.describe();
    if (key.bits() < k_fewest_bits) return name + " is too short: 2048 bits at least";
    if (key.bits() > k_most_bits) return name + " is too long: 4096 bits at most";
    if (modulus.back() % 2 == 0) return "the modulus of the RSA key is even";
    if (exponent.back() % 2 == 0) return "the exponent of the RSA key is even";
    const bool tiny = exponent.size() < 3 || (exponent.size() == 3 && exponent < base::Bytes{1, 0, 1});
    if (tiny) return "the exponent of the RSA key is less than 65537";
    if (exponent.size() > k_longest_exponent) return "the exponent of the RSA key has more than 256 bits";
    if (has_small_factor(modulus)) return "the modulus of the RSA key has a small factor";
    if (has_close_primes(modulus)) return "the primes of the RSA key are too close to each other (CVE-2022-26320)";
    if (has_roca_shape(modulus)) return "the RSA key was made by a faulty library (ROCA, CVE-2017-15361)";
    return std::nullopt;
}

}  // namespace

std::optional<std::string> weakness(const PublicKey& key) {
    if (key.is_rsa()) return rsa_weakness(key);
    if (!key.type()) return "keys of type " + key.describe() + " are not supported";
    return std::nullopt;
}

std::optional<std::string> listed_weakness(const PublicKey& key, WeakKeyList* list) {
    if (list != nullptr && key.is_rsa() && list->has(key))
        return "the RSA key is on the list of weak keys (CVE-2008-0166)";
    return std::nullopt;
}

std::optional<std::string> weakness(const PublicKey& key, WeakKeyList* list) {
    auto reason = weakness(key);
    return reason ? reason : listed_weakness(key, list);
}

}  // namespace signet::crypto
