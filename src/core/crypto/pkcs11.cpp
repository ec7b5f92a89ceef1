#include "crypto/pkcs11.h"

#include <algorithm>
#include <array>
#include <openssl/ecdsa.h>
#include <openssl/rand.h>

#include "base/error.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/openssl.h"
#include "crypto/pkcs11_token.h"
#include "crypto/signature.h"
#include "crypto/spki.h"
#include "crypto/token_key.h"

namespace signet::crypto {
namespace pkcs11 {
namespace {

using base::Bytes;
using base::ByteView;
using base::Error;
using base::Kind;
using Functions = CK_FUNCTION_LIST;

constexpr unsigned char k_p256_name[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr unsigned char k_p384_name[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
constexpr std::size_t k_largest_signature = 1024;

/// What a CK_ATTRIBUTE points at lives as long as this.
class Attributes {
public:
    Attributes& add(CK_ATTRIBUTE_TYPE type, ByteView value) {
        values_.emplace_back(value.begin(), value.end());
        list_.push_back({type, values_.back().data(), values_.back().size()});
        return *this;
    }
    Attributes& add(CK_ATTRIBUTE_TYPE type, std::string_view value) { return add(type, base::bytes_of(value)); }
    Attributes& flag(CK_ATTRIBUTE_TYPE type, bool value) { return add_raw(type, CK_BBOOL{value}); }
    Attributes& number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) { return add_raw(type, value); }
    CK_ATTRIBUTE* data() { return list_.data(); }
    CK_ULONG size() const { return list_.size(); }

private:
    template <class Value>
    Attributes& add_raw(CK_ATTRIBUTE_TYPE type, const Value& value) {
        return add(type, ByteView(reinterpret_cast<const std::uint8_t*>(&value), sizeof value));
    }
    std::vector<CK_ATTRIBUTE> list_;
    std::vector<Bytes> values_;  // moved when it grows, but what each points at stays
};

std::vector<CK_OBJECT_HANDLE> find(Functions& p11, CK_SESSION_HANDLE session, Attributes& wanted) {
    std::array<CK_OBJECT_HANDLE, 8> handles{};
    CK_ULONG count = 0;
    check(p11.C_FindObjectsInit(session, wanted.data(), wanted.size()), "looking for a key");
    const CK_RV code = p11.C_FindObjects(session, handles.data(), handles.size(), &count);
    p11.C_FindObjectsFinal(session);
    check(code, "looking for a key");
    return {handles.begin(), handles.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// Empty for an attribute that the object does not show.
Bytes read(Functions& p11, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
    constexpr CK_ULONG k_limit = 64 << 10;
    CK_ATTRIBUTE attribute{type, nullptr, 0};
    if (p11.C_GetAttributeValue(session, object, &attribute, 1) != CKR_OK || attribute.ulValueLen > k_limit) return {};
    Bytes value(attribute.ulValueLen);
    attribute.pValue = value.data();
    check(p11.C_GetAttributeValue(session, object, &attribute, 1), "reading a key's attributes");
    value.resize(attribute.ulValueLen);
    return value;
}

bool equal(ByteView left, ByteView right) { return std::ranges::equal(left, right); }

PublicKey point_key(ByteView curve, ByteView point) {
    const bool p256 = equal(curve, k_p256_name);
    if (!p256 && !equal(curve, k_p384_name))
        throw Error{Kind::bad_input, "the token's key is on a curve that is not P-256 or P-384"};
    const KeyType type = p256 ? KeyType::ec_p256 : KeyType::ec_p384;
    const std::size_t width = coordinate_size(type), size = 1 + 2 * width;
    if (point.size() == size + 2 && point[0] == 0x04 && point[1] == size) point = point.subspan(2);  // an OCTET STRING
    if (point.size() != size || point[0] != 0x04)
        throw Error{Kind::bad_input, "the token's public key is no point that can be read"};
    return PublicKey::from_ec_point(type, point.subspan(1, width), point.subspan(1 + width));
}

PublicKey read_public(Functions& p11, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
    const Bytes modulus = read(p11, session, object, CKA_MODULUS);
    if (!modulus.empty()) return PublicKey::from_rsa(modulus, read(p11, session, object, CKA_PUBLIC_EXPONENT));
    return point_key(read(p11, session, object, CKA_EC_PARAMS), read(p11, session, object, CKA_EC_POINT));
}

/// r||s as a certificate has it (RFC 3279 section 2.2.3).
Bytes ecdsa_der(ByteView raw) {
    const std::size_t width = raw.size() / 2;
    const Handle<ECDSA_SIG, ECDSA_SIG_free> signature(ECDSA_SIG_new());
    BIGNUM* r = BN_bin2bn(raw.data(), static_cast<int>(width), nullptr);
    BIGNUM* s = BN_bin2bn(raw.data() + width, static_cast<int>(width), nullptr);
    crypto::check(signature && r != nullptr && s != nullptr && ECDSA_SIG_set0(signature.get(), r, s) == 1,
                  "encoding a signature");
    Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)));
    unsigned char* at = der.data();
    i2d_ECDSA_SIG(signature.get(), &at);
    return der;
}

struct Way {
    CK_MECHANISM_TYPE mechanism;
    Bytes input;
    bool ecdsa;
};

Way way_of(SignatureAlgorithm algorithm, ByteView message) {
    const auto hashed = [](const auto& digest) { return Way{CKM_ECDSA, {digest.begin(), digest.end()}, true}; };
    const auto whole = [&](CK_MECHANISM_TYPE mechanism) {
        return Way{mechanism, {message.begin(), message.end()}, false};
    };
    if (algorithm == SignatureAlgorithm::ecdsa_sha256) return hashed(sha256(message));
    if (algorithm == SignatureAlgorithm::ecdsa_sha384) return hashed(sha384(message));
    if (algorithm == SignatureAlgorithm::rsa_sha256) return whole(CKM_SHA256_RSA_PKCS);
    if (algorithm == SignatureAlgorithm::rsa_sha384) return whole(CKM_SHA384_RSA_PKCS);
    if (algorithm == SignatureAlgorithm::rsa_sha512) return whole(CKM_SHA512_RSA_PKCS);
    throw Error{Kind::internal, "a signature that no key in a token makes"};
}

class Pkcs11Key final : public TokenKey {
public:
    Pkcs11Key(std::shared_ptr<Token> token, CK_OBJECT_HANDLE private_object, CK_OBJECT_HANDLE public_object,
              PublicKey public_key, std::string reference)
        : token_(std::move(token)),
          private_(private_object),
          public_(public_object),
          public_key_(std::move(public_key)),
          reference_(std::move(reference)) {}

    const PublicKey& public_key() const override { return public_key_; }
    const std::string& reference() const override { return reference_; }
    Bytes sign(SignatureAlgorithm algorithm, ByteView message) const override {
        Way way = way_of(algorithm, message);
        Bytes signature(k_largest_signature);
        CK_ULONG size = signature.size();
        token_->with_session([&](Functions& p11, CK_SESSION_HANDLE session) {
            CK_MECHANISM mechanism{way.mechanism, nullptr, 0};
            check(p11.C_SignInit(session, &mechanism, private_), "signing");
            check(p11.C_Sign(session, way.input.data(), way.input.size(), signature.data(), &size), "signing");
        });
        signature.resize(size);
        return way.ecdsa ? ecdsa_der(signature) : signature;
    }
    void destroy() const override {
        token_->with_session([&](Functions& p11, CK_SESSION_HANDLE session) {
            p11.C_DestroyObject(session, private_);
            p11.C_DestroyObject(session, public_);
        });
    }

private:
    std::shared_ptr<Token> token_;
    CK_OBJECT_HANDLE private_, public_;
    PublicKey public_key_;
    std::string reference_;
};

/// A token whose halves do not fit would sign what verifies under neither.
PrivateKey proved(std::unique_ptr<TokenKey> made) {
    PrivateKey key = PrivateKey::in_token(std::move(made));
    const auto message = base::bytes_of("the two halves of a key");
    const SignatureAlgorithm algorithm = default_algorithm(key);
    if (verify(key.public_key(), algorithm, message, sign(key, algorithm, message))) return key;
    throw Error{Kind::corrupt, "the halves of the token's key do not fit each other"};
}

CK_OBJECT_HANDLE find_one(Functions& p11, CK_SESSION_HANDLE session, Attributes& wanted, const Uri& uri,
                          const char* what) {
    const auto found = find(p11, session, wanted);
    const std::string name = base::printable(uri.text(), 200);
    if (found.empty())
        throw Error{Kind::not_found, "there is no " + std::string(what) + " key for " + name,
                    "see what is there: p11tool --login --list-all"};
    if (found.size() > 1) throw Error{Kind::bad_input, name + " fits several keys", "name one by id= or object="};
    return found.front();
}

struct Pair {
    CK_OBJECT_HANDLE private_object, public_object;
};

Pair find_pair(Functions& p11, CK_SESSION_HANDLE session, const Uri& uri) {
    Attributes wanted;
    wanted.number(CKA_CLASS, CKO_PRIVATE_KEY);
    for (const CK_ATTRIBUTE_TYPE type : {CK_ATTRIBUTE_TYPE{CKA_ID}, CK_ATTRIBUTE_TYPE{CKA_LABEL}}) {
        const CK_ATTRIBUTE* attribute = p11_kit_uri_get_attribute(uri.get(), type);
        if (attribute != nullptr)
            wanted.add(type, ByteView(static_cast<const std::uint8_t*>(attribute->pValue), attribute->ulValueLen));
    }
    const CK_OBJECT_HANDLE private_object = find_one(p11, session, wanted, uri, "private");
    Attributes other;
    other.number(CKA_CLASS, CKO_PUBLIC_KEY).add(CKA_ID, read(p11, session, private_object, CKA_ID));
    return {private_object, find_one(p11, session, other, uri, "public")};
}

void describe_key(Attributes& attributes, KeyType type) {
    switch (type) {
        case KeyType::ec_p256:
            attributes.add(CKA_EC_PARAMS, ByteView(k_p256_name));
            return;
        case KeyType::ec_p384:
            attributes.add(CKA_EC_PARAMS, ByteView(k_p384_name));
            return;
        case KeyType::rsa_2048:
        case KeyType::rsa_3072:
        case KeyType::rsa_4096: {
            const CK_ULONG bits = type == KeyType::rsa_2048 ? 2048 : type == KeyType::rsa_3072 ? 3072 : 4096;
            attributes.number(CKA_MODULUS_BITS, bits).add(CKA_PUBLIC_EXPONENT, Bytes{0x01, 0x00, 0x01});
            return;
        }
        case KeyType::ec_p521:
        case KeyType::ed25519:
        case KeyType::ml_dsa_44:
        case KeyType::ml_dsa_65:
        case KeyType::ml_dsa_87:
            break;
    }
    throw Error{Kind::bad_input, "keys of type " + std::string(key_type_name(type)) + " are not made in tokens",
                "choose ec-p256, ec-p384 or an RSA type"};
}

Pair generate_pair(Functions& p11, CK_SESSION_HANDLE session, KeyType type, const std::string& label, ByteView id) {
    Attributes shared, hidden;
    describe_key(shared, type);
    shared.flag(CKA_TOKEN, true).flag(CKA_VERIFY, true).add(CKA_LABEL, label).add(CKA_ID, id);
    hidden.flag(CKA_TOKEN, true).flag(CKA_PRIVATE, true).flag(CKA_SENSITIVE, true).flag(CKA_EXTRACTABLE, false);
    hidden.flag(CKA_SIGN, true).add(CKA_LABEL, label).add(CKA_ID, id);
    const bool rsa = type == KeyType::rsa_2048 || type == KeyType::rsa_3072 || type == KeyType::rsa_4096;
    CK_MECHANISM mechanism{rsa ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN, nullptr, 0};
    Pair pair{};
    check(p11.C_GenerateKeyPair(session, &mechanism, shared.data(), shared.size(), hidden.data(), hidden.size(),
                                &pair.public_object, &pair.private_object),
          "making a key");
    return pair;
}

}  // namespace
}  // namespace pkcs11

using pkcs11::Functions;
using pkcs11::Pair;
using pkcs11::Pkcs11Key;
using pkcs11::Token;
using pkcs11::Uri;

bool is_pkcs11_uri(std::string_view text) { return text.starts_with("pkcs11:"); }

void check_pkcs11_uri(std::string_view uri) { static_cast<void>(Uri(uri)); }

bool takes_pin(std::string_view uri) { return !Uri(uri).pin_source(); }

PrivateKey open_pkcs11_key(std::string_view text, const base::Secret* pin) {
    const Uri uri(text);
    const auto token = Token::open(uri, pin);
    return pkcs11::proved(token->with_session([&](Functions& p11, CK_SESSION_HANDLE session) {
        const Pair pair = pkcs11::find_pair(p11, session, uri);
        return std::make_unique<Pkcs11Key>(token, pair.private_object, pair.public_object,
                                           pkcs11::read_public(p11, session, pair.public_object), uri.text());
    }));
}

PrivateKey make_pkcs11_key(std::string_view text, KeyType type, const std::string& label, const base::Secret* pin) {
    Uri uri(text);
    const auto token = Token::open(uri, pin);
    std::array<unsigned char, 16> id{};
    crypto::check(RAND_bytes(id.data(), static_cast<int>(id.size())) == 1, "drawing a key's id");
    uri.set(CKA_ID, base::text_of(id));
    uri.set(CKA_LABEL, label);
    return pkcs11::proved(token->with_session([&](Functions& p11, CK_SESSION_HANDLE session) {
        const Pair pair = pkcs11::generate_pair(p11, session, type, label, id);
        return std::make_unique<Pkcs11Key>(token, pair.private_object, pair.public_object,
                                           pkcs11::read_public(p11, session, pair.public_object), uri.text());
    }));
}

}  // namespace signet::crypto
