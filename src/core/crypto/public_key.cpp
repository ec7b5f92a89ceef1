#include <array>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "base/text.h"
#include "crypto/context_shelf.h"
#include "crypto/key.h"
#include "crypto/openssl.h"
#include "crypto/spki.h"

namespace signet::crypto {
namespace {

using base::Bytes;
using base::ByteView;
using base::Error;
using base::Kind;
using BigNumber = Handle<BIGNUM, BN_free>;

constexpr std::size_t k_largest_spki = 16 << 10;      // an ML-DSA-87 key has 2.6 kB, an RSA-16384 one 2.1 kB
constexpr std::size_t k_largest_modulus = 16384 / 8;  // OpenSSL verifies with no larger one
constexpr std::size_t k_ed25519_size = 32;

[[noreturn]] void refuse(std::string message) {
    drain_errors("reading a public key");
    throw Error(Kind::bad_public_key, std::move(message));
}

/// A key from its numbers: ten times quicker than OpenSSL's decoder finds them in DER. The context is made once a
/// thread.
PkeyHandle from_parameters(EVP_PKEY_CTX* context, OSSL_PARAM* parameters, const char* what) {
    EVP_PKEY* key = nullptr;
    check(EVP_PKEY_fromdata_init(context) == 1, "making a public key");
    if (EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) refuse(what);
    return PkeyHandle(key);
}

/// A curve without a point. It is made once: its Montgomery numbers cost more than all the rest of a key.
PkeyHandle make_curve(KeyType type) {
    const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    std::string group = group_name(type);
    std::array<OSSL_PARAM, 2> parameters = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0), OSSL_PARAM_construct_end()};
    EVP_PKEY* curve = nullptr;
    check(context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
              EVP_PKEY_fromdata(context.get(), &curve, EVP_PKEY_KEY_PARAMETERS, parameters.data()) == 1,
          "making a curve");
    return PkeyHandle(curve);
}

const EVP_PKEY* curve_of(KeyType type) {
    if (type == KeyType::ec_p256) {
        static const PkeyHandle p256 = make_curve(KeyType::ec_p256);
        return p256.get();
    }
    if (type == KeyType::ec_p384) {
        static const PkeyHandle p384 = make_curve(KeyType::ec_p384);
        return p384.get();
    }
    static const PkeyHandle p521 = make_curve(KeyType::ec_p521);
    return p521.get();
}

PkeyHandle ec_key(KeyType type, ByteView point) {
    // A compressed point or the one at infinity is no key that anyone sends; OpenSSL checks that the point is on the
    // curve.
    if (point.size() != 1 + 2 * coordinate_size(type) || point[0] != 4)
        refuse("the EC key is not an uncompressed point");
    PkeyHandle key(EVP_PKEY_new());
    check(key && EVP_PKEY_copy_parameters(key.get(), curve_of(type)) == 1, "making a public key");
    if (EVP_PKEY_set1_encoded_public_key(key.get(), point.data(), point.size()) != 1)
        refuse("the EC key is not a point of its curve");
    return key;
}

PkeyHandle ed25519_key(ByteView raw) {
    if (raw.size() != k_ed25519_size) refuse("the Ed25519 key has not 32 octets");
    PkeyHandle key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size()));
    if (!key) refuse("the Ed25519 key is damaged");
    return key;
}

PkeyHandle rsa_key(const RsaNumbers& numbers) {
    thread_local const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    const auto number = [](ByteView bytes) {
        return BigNumber(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
    };
    if (numbers.modulus.size() > k_largest_modulus) refuse("the RSA key has more than 16384 bits");
    const BigNumber modulus = number(numbers.modulus), exponent = number(numbers.exponent);
    const Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
    check(builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
              OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1,
          "making a public key");
    const Handle<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    check(parameters != nullptr, "making a public key");
    return from_parameters(context.get(), parameters.get(), "the RSA key is damaged");
}

PkeyHandle decoded_key(ByteView der) {
    const unsigned char* at = der.data();
    PkeyHandle key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
    if (!key || at != der.data() + der.size()) refuse("the public key is damaged, or of a kind that is not supported");
    return key;
}

std::optional<KeyType> rsa_type(int bits) {
    switch (bits) {
        case 2048:
            return KeyType::rsa_2048;
        case 3072:
            return KeyType::rsa_3072;
        case 4096:
            return KeyType::rsa_4096;
        default:
            return std::nullopt;
    }
}

std::optional<KeyType> ml_dsa_type(const EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "ML-DSA-44") == 1) return KeyType::ml_dsa_44;
    if (EVP_PKEY_is_a(key, "ML-DSA-65") == 1) return KeyType::ml_dsa_65;
    if (EVP_PKEY_is_a(key, "ML-DSA-87") == 1) return KeyType::ml_dsa_87;
    return std::nullopt;
}

std::string foreign_name(const EVP_PKEY* key) {
    std::array<char, 80> group{};
    std::size_t size = 0;
    if (EVP_PKEY_is_a(key, "EC") != 1) return base::lower(EVP_PKEY_get0_type_name(key));
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return "ec with a curve of its own";
    return std::string("ec ") + group.data();
}

Bytes copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

struct PublicKey::State {
    PkeyHandle key;
    Bytes spki;
    std::size_t key_bits_size = 0;
    std::optional<KeyType> type;
    bool rsa = false;
    int bits = 0;
    Parts parts;
    std::string description;
    mutable ContextShelf contexts;
};

PublicKey PublicKey::from_spki(ByteView der) {
    const auto spki = der.size() <= k_largest_spki ? read_spki(der) : std::nullopt;
    if (!spki) refuse("the public key is not one SubjectPublicKeyInfo in DER");
    auto state = std::make_shared<State>();
    state->spki = copy(der);
    state->key_bits_size = spki->key_bits.size();
    state->type = type_of_algorithm(spki->algorithm);
    if (state->type == KeyType::ed25519) {
        state->key = ed25519_key(spki->key_bits);
        state->parts.first = copy(spki->key_bits);
    } else if (state->type) {
        state->key = ec_key(*state->type, spki->key_bits);
        const std::size_t width = coordinate_size(*state->type);
        state->parts = {copy(spki->key_bits.subspan(1, width)), copy(spki->key_bits.subspan(1 + width))};
    } else if (is_rsa_algorithm(spki->algorithm)) {
        const auto numbers = read_rsa_key(spki->key_bits);
        if (!numbers) refuse("the RSA key is not two positive numbers in DER");
        state->key = rsa_key(*numbers);
        state->rsa = true;
        state->parts = {copy(numbers->modulus), copy(numbers->exponent)};
        state->type = rsa_type(EVP_PKEY_get_bits(state->key.get()));
    } else {
        state->key = decoded_key(der);
        state->type = ml_dsa_type(state->key.get());
    }
    state->bits = EVP_PKEY_get_bits(state->key.get());
    if (state->type) {
        state->description = key_type_name(*state->type);
    } else {
        state->description = state->rsa ? "rsa-" + std::to_string(state->bits) : foreign_name(state->key.get());
    }
    return PublicKey(std::move(state));
}

PublicKey PublicKey::from_ec_point(KeyType curve, ByteView x, ByteView y) {
    const std::size_t width = coordinate_size(curve);
    if (width == 0 || x.size() != width || y.size() != width) refuse("a coordinate of the EC key has the wrong width");
    Bytes point = {4};
    base::append(point, x);
    base::append(point, y);
    return from_spki(write_spki(curve, point));
}

PublicKey PublicKey::from_ed25519(ByteView raw) { return from_spki(write_spki(KeyType::ed25519, raw)); }

PublicKey PublicKey::from_rsa(ByteView modulus, ByteView exponent) {
    if (modulus.size() > k_largest_modulus || exponent.size() > k_largest_modulus) {
        refuse("the RSA key has more than 16384 bits");
    }
    return from_spki(write_rsa_spki(modulus, exponent));
}

const Bytes& PublicKey::spki_der() const { return state_->spki; }
std::optional<KeyType> PublicKey::type() const { return state_->type; }
std::string PublicKey::describe() const { return state_->description; }
bool PublicKey::is_rsa() const { return state_->rsa; }
int PublicKey::bits() const { return state_->bits; }
ByteView PublicKey::key_bits() const { return ByteView(state_->spki).last(state_->key_bits_size); }
PublicKey::Parts PublicKey::parts() const { return state_->parts; }
evp_pkey_st* PublicKey::handle() const { return state_->key.get(); }
ContextShelf& PublicKey::contexts() const { return state_->contexts; }

bool operator==(const PublicKey& a, const PublicKey& b) { return a.state_->spki == b.state_->spki; }

}  // namespace signet::crypto
