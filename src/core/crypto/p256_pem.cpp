#include "crypto/p256_pem.h"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <openssl/core_names.h>

#include "base/encoding.h"
#include "crypto/key.h"
#include "crypto/openssl.h"

namespace signet::crypto {
namespace {

using SecretNumber = Handle<BIGNUM, BN_clear_free>;

constexpr std::string_view k_begin = "-----BEGIN PRIVATE KEY-----\n", k_end = "-----END PRIVATE KEY-----\n";
constexpr std::size_t k_pem_line = 64;  // RFC 7468 section 2

// PrivateKeyInfo (RFC 5208) of a P-256 key: ECPrivateKey (RFC 5915) without parameters, with the public point.
constexpr unsigned char k_head[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
                                    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                    0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20};
constexpr unsigned char k_middle[] = {0xa1, 0x44, 0x03, 0x42, 0x00};
constexpr std::size_t k_scalar = 32, k_point = 65;
constexpr std::size_t k_der = std::size(k_head) + k_scalar + std::size(k_middle) + k_point;
constexpr std::size_t k_text = k_der / 3 * 4;  // of base64
constexpr std::size_t k_pem = k_begin.size() + k_text + (k_text + k_pem_line - 1) / k_pem_line + k_end.size();
static_assert(k_der % 3 == 0);

/// Octets that are wiped when they go.
template <std::size_t Size>
struct Wiped : std::array<unsigned char, Size> {
    Wiped() : std::array<unsigned char, Size>{} {}
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;
    ~Wiped() { base::wipe(this->data(), Size); }
};

/// The lines between the labels as one; false when they are of other lengths.
bool join_lines(std::string_view lines, Wiped<k_text>& text) {
    std::size_t filled = 0;
    while (filled < k_text) {
        const auto size = std::min(k_pem_line, k_text - filled);
        if (lines.size() <= size || lines[size] != '\n') return false;
        std::copy_n(lines.begin(), size, text.begin() + static_cast<std::ptrdiff_t>(filled));
        lines.remove_prefix(size + 1);
        filled += size;
    }
    return true;
}

evp_pkey_st* from_numbers(base::ByteView scalar, base::ByteView point) {
    Wiped<k_scalar> number;  // as the processor has it
    std::copy(scalar.begin(), scalar.end(), number.begin());
    if constexpr (std::endian::native == std::endian::little) std::reverse(number.begin(), number.end());
    std::array<unsigned char, k_point> octets{};
    std::copy(point.begin(), point.end(), octets.begin());
    char group[] = "P-256";
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                               OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets.data(), octets.size()),
                               OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, number.data(), number.size()),
                               OSSL_PARAM_construct_end()};
    const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
    return EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters) == 1 ? key : nullptr;
}

}  // namespace

base::Secret write_p256_pem(const evp_pkey_st* key, const PublicKey& public_key) {
    BIGNUM* raw = nullptr;
    check(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &raw) == 1, "reading a private key");
    const SecretNumber scalar(raw);
    Wiped<k_der> der;
    auto* at = std::copy(std::begin(k_head), std::end(k_head), der.data());
    check(BN_bn2binpad(raw, at, k_scalar) == static_cast<int>(k_scalar), "writing a private key");
    at = std::copy(std::begin(k_middle), std::end(k_middle), at + k_scalar);
    const base::Bytes& spki = public_key.spki_der();
    std::copy(spki.end() - static_cast<std::ptrdiff_t>(k_point), spki.end(), at);
    const base::Secret body(base::base64_encode(der));
    std::string pem;
    pem.reserve(k_pem);  // no copy is left behind by growing
    pem += k_begin;
    for (std::size_t from = 0; from < k_text; from += k_pem_line)
        pem.append(body.reveal().substr(from, k_pem_line)) += '\n';
    return base::Secret(std::move(pem += k_end));
}

evp_pkey_st* read_p256_pem(std::string_view pem) {
    if (pem.size() != k_pem || !pem.starts_with(k_begin) || !pem.ends_with(k_end)) return nullptr;
    Wiped<k_text> text;
    if (!join_lines(pem.substr(k_begin.size()), text)) return nullptr;
    auto octets = base::base64_decode(base::text_of(text));
    if (!octets) return nullptr;
    Wiped<k_der> der;
    const bool whole = octets->size() == k_der;
    if (whole) std::copy(octets->begin(), octets->end(), der.begin());
    base::wipe(octets->data(), octets->size());
    if (!whole) return nullptr;
    const base::ByteView view(der);
    const auto head = view.first(std::size(k_head));
    const auto middle = view.subspan(std::size(k_head) + k_scalar, std::size(k_middle));
    if (!base::equal(head, k_head) || !base::equal(middle, k_middle)) return nullptr;
    return from_numbers(view.subspan(std::size(k_head), k_scalar), view.last(k_point));
}

}  // namespace signet::crypto
