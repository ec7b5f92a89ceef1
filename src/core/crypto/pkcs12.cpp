#include "crypto/pkcs12.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "crypto/key.h"
#include "crypto/key_encryption.h"
#include "crypto/openssl.h"

namespace signet::crypto {
namespace {

using base::Error;
using base::Kind;

// As OpenSSL 3 and keytool write them: the password of a key store guards a file that has its own permissions.
constexpr int k_p12_rounds = 10'000;
constexpr int k_p12_legacy_rounds = 2048;
constexpr char k_trusted_key_usage[] = "2.16.840.1.113894.746875.1.1";  // Oracle's, read by every Java
constexpr char k_any_usage[] = "2.5.29.37.0";

using X509Handle = Handle<X509, X509_free>;
using Pkcs12Handle = Handle<PKCS12, PKCS12_free>;
using ObjectHandle = Handle<ASN1_OBJECT, ASN1_OBJECT_free>;

void free_certificates(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
void free_bags(STACK_OF(PKCS12_SAFEBAG) * stack) { sk_PKCS12_SAFEBAG_pop_free(stack, PKCS12_SAFEBAG_free); }
void free_safes(STACK_OF(PKCS7) * stack) { sk_PKCS7_pop_free(stack, PKCS7_free); }

X509Handle decode(const base::Bytes& der) {
    const unsigned char* at = der.data();
    X509Handle certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    check(certificate != nullptr, "reading a certificate");
    return certificate;
}

void name_it(X509* certificate, const std::string& name) {
    check(X509_alias_set1(certificate, reinterpret_cast<const unsigned char*>(name.data()),
                          static_cast<int>(name.size())) == 1,
          "naming a certificate");
}

/// PBES2 with AES-256-CBC, or pbeWithSHA1And3-KeyTripleDES-CBC.
int cipher_of(bool legacy) { return legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : NID_aes_256_cbc; }
int rounds_of(bool legacy) { return legacy ? k_p12_legacy_rounds : k_p12_rounds; }

void authenticate(PKCS12* file, const base::Secret& password, bool legacy) {
    const std::string_view text = password.reveal();
    check(PKCS12_set_mac(file, text.data(), static_cast<int>(text.size()), nullptr, 0, rounds_of(legacy),
                         legacy ? EVP_sha1() : EVP_sha256()) == 1,
          "authenticating a PKCS#12 file");
}

Pkcs12Handle key_store(const Pkcs12& content, const base::Secret& password) {
    const PrivateKey key = PrivateKey::from_pem(content.key_pem.reveal(), "the private key");
    const X509Handle leaf = decode(content.certificate);
    const std::unique_ptr<STACK_OF(X509), Deleter<free_certificates>> chain(sk_X509_new_null());
    for (const base::Bytes& der : content.others) {
        X509Handle each = decode(der);
        if (sk_X509_push(chain.get(), each.get()) > 0) static_cast<void>(each.release());
    }
    const int cipher = cipher_of(content.legacy);
    // No MAC yet: PKCS12_create knows one digest only.
    return Pkcs12Handle(PKCS12_create(std::string(password.reveal()).c_str(), content.name.c_str(), key.handle(),
                                      leaf.get(), chain.get(), cipher, cipher, rounds_of(content.legacy), -1, 0));
}

void mark_trusted(PKCS12_SAFEBAG* bag) {
    const ObjectHandle any(OBJ_txt2obj(k_any_usage, 1));
    // A length of -1 says that the value is an object, not its octets.
    check(any && PKCS12_add1_attr_by_txt(bag, k_trusted_key_usage, V_ASN1_OBJECT,
                                         reinterpret_cast<const unsigned char*>(any.get()), -1) == 1,
          "marking a trusted certificate");
}

Pkcs12Handle trust_store(const Pkcs12& content, const base::Secret& password) {
    STACK_OF(PKCS12_SAFEBAG)* bags = nullptr;
    std::size_t number = 0;
    for (const base::Bytes& der : content.others) {
        const X509Handle anchor = decode(der);
        name_it(anchor.get(), content.name + (++number == 1 ? "" : "-" + std::to_string(number)));
        PKCS12_SAFEBAG* bag = PKCS12_add_cert(&bags, anchor.get());
        check(bag != nullptr, "adding a certificate");
        mark_trusted(bag);
    }
    const std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), Deleter<free_bags>> owned(bags);
    STACK_OF(PKCS7)* safes = nullptr;
    check(PKCS12_add_safe(&safes, bags, cipher_of(content.legacy), rounds_of(content.legacy),
                          std::string(password.reveal()).c_str()) == 1,
          "encrypting a trust store");
    const std::unique_ptr<STACK_OF(PKCS7), Deleter<free_safes>> sealed(safes);
    return Pkcs12Handle(PKCS12_add_safes(safes, 0));
}

}  // namespace

base::Secret encode_pkcs12(const Pkcs12& content, const base::Secret& password) {
    const std::string_view text = password.reveal();
    if (text.empty() || text.size() > k_longest_passphrase || text.find('\0') != std::string_view::npos)
        throw Error(Kind::bad_input, "the password of a PKCS#12 file is empty, too long, or has a zero byte",
                    "choose another one");
    const Pkcs12Handle file = content.key_pem.empty() ? trust_store(content, password) : key_store(content, password);
    if (!file) {
        drain_errors("writing a PKCS#12 file");
        throw Error(Kind::bad_input, "the key, certificates and password make no PKCS#12 file",
                    "use a password in UTF-8");
    }
    authenticate(file.get(), password, content.legacy);
    unsigned char* raw = nullptr;
    const int size = i2d_PKCS12(file.get(), &raw);
    check(size > 0, "writing a PKCS#12 file");
    base::Secret der(std::string(reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size)));
    OPENSSL_clear_free(raw, static_cast<std::size_t>(size));
    return der;
}

}  // namespace signet::crypto
