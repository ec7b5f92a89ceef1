#include "crypto/key_encryption.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "crypto/openssl.h"

namespace signet::crypto {
namespace {

using base::Error;
using base::Kind;

constexpr int k_iterations = 600'000;                   // OWASP's advice for PBKDF2-HMAC-SHA-256 since 2023
constexpr int k_salt_size = 16;                         // NIST SP 800-132 section 5.1
constexpr std::uint64_t k_most_iterations = 5'000'000;  // a second or two
constexpr std::uint64_t k_most_scrypt_work = 1 << 22;   // N * r * p; OpenSSL itself bounds the memory to 32 MiB
constexpr std::size_t k_most_blocks = 100;
constexpr char k_encrypted_label[] = "ENCRYPTED PRIVATE KEY";

using SigHandle = Handle<X509_SIG, X509_SIG_free>;
using AlgorHandle = Handle<X509_ALGOR, X509_ALGOR_free>;
using KeyInfoHandle = Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

std::uint64_t number(const ASN1_INTEGER* integer) {
    std::uint64_t value = 0;
    if (integer == nullptr || ASN1_INTEGER_get_uint64(&value, integer) != 1) return UINT64_MAX;
    return value;
}

template <class T, void (*Free)(T*)>
std::unique_ptr<T, Deleter<Free>> unpack(const ASN1_ITEM* item, const X509_ALGOR* algorithm) {
    return std::unique_ptr<T, Deleter<Free>>(static_cast<T*>(ASN1_TYPE_unpack_sequence(item, algorithm->parameter)));
}

bool is(const X509_ALGOR* algorithm, int nid) { return OBJ_obj2nid(algorithm->algorithm) == nid; }

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
    std::uint64_t result = 0;
    return __builtin_mul_overflow(a, b, &result) ? UINT64_MAX : result;
}

/// PBES2 (RFC 8018 section 6.2) with PBKDF2 or scrypt (RFC 7914), or the older schemes, which have a count, too.
bool is_affordable(const X509_ALGOR* algorithm) {
    if (!is(algorithm, NID_pbes2)) {
        const auto old = unpack<PBEPARAM, PBEPARAM_free>(ASN1_ITEM_rptr(PBEPARAM), algorithm);
        return !old || number(old->iter) <= k_most_iterations;
    }
    const auto scheme = unpack<PBE2PARAM, PBE2PARAM_free>(ASN1_ITEM_rptr(PBE2PARAM), algorithm);
    if (!scheme) return true;  // unreadable: the decoder says so
    if (is(scheme->keyfunc, NID_id_pbkdf2)) {
        const auto kdf = unpack<PBKDF2PARAM, PBKDF2PARAM_free>(ASN1_ITEM_rptr(PBKDF2PARAM), scheme->keyfunc);
        return !kdf || number(kdf->iter) <= k_most_iterations;
    }
    if (!is(scheme->keyfunc, NID_id_scrypt)) return true;
    const auto kdf = unpack<SCRYPT_PARAMS, SCRYPT_PARAMS_free>(ASN1_ITEM_rptr(SCRYPT_PARAMS), scheme->keyfunc);
    return !kdf || product(product(number(kdf->costParameter), number(kdf->blockSize)),
                           number(kdf->parallelizationParameter)) <= k_most_scrypt_work;
}

/// Of one PEM block, looked at and freed.
class Block {
public:
    Block() = default;
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    ~Block() {
        OPENSSL_free(name_);
        OPENSSL_free(header_);
        OPENSSL_clear_free(data_, static_cast<std::size_t>(size_));
    }
    bool read(BIO* input) { return PEM_read_bio(input, &name_, &header_, &data_, &size_) == 1; }
    bool is_affordable_key() const {
        if (std::string_view(name_) != k_encrypted_label) return true;
        const unsigned char* at = data_;
        const SigHandle sealed(d2i_X509_SIG(nullptr, &at, size_));
        if (!sealed) return true;
        const X509_ALGOR* algorithm = nullptr;
        X509_SIG_get0(sealed.get(), &algorithm, nullptr);
        return is_affordable(algorithm);
    }

private:
    char* name_ = nullptr;
    char* header_ = nullptr;
    unsigned char* data_ = nullptr;
    long size_ = 0;
};

}  // namespace

bool is_encrypted(std::string_view pem) {
    return pem.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string_view::npos ||
           pem.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

base::Secret encrypt_key(evp_pkey_st* key, const base::Secret& passphrase) {
    const std::string_view text = passphrase.reveal();
    if (text.empty() || text.size() > k_longest_passphrase)
        throw Error(Kind::bad_input, text.empty() ? "the passphrase is empty" : "the passphrase is too long",
                    "choose one of 1 to 1024 bytes");
    const KeyInfoHandle plain(EVP_PKEY2PKCS8(key));
    check(plain != nullptr, "encoding a private key");
    AlgorHandle algorithm(
        PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), k_iterations, nullptr, k_salt_size, nullptr, NID_hmacWithSHA256));
    check(algorithm != nullptr, "preparing the encryption of a private key");
    const SigHandle sealed(PKCS8_set0_pbe(text.data(), static_cast<int>(text.size()), plain.get(), algorithm.get()));
    check(sealed != nullptr, "encrypting a private key");
    static_cast<void>(algorithm.release());  // the sealed key owns it now
    const BioHandle out(BIO_new(BIO_s_mem()));
    check(out && PEM_write_bio_PKCS8(out.get(), sealed.get()) == 1, "writing a private key");
    char* pem = nullptr;
    const long size = BIO_get_mem_data(out.get(), &pem);
    return base::Secret(std::string(pem, static_cast<std::size_t>(size)));
}

void check_decryption_cost(std::string_view pem, const std::string& what) {
    if (pem.find(k_encrypted_label) == std::string_view::npos) return;
    const BioHandle input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    check(input != nullptr, "reading a private key");
    bool affordable = true;
    for (std::size_t i = 0; i < k_most_blocks && affordable; ++i) {
        Block block;
        if (!block.read(input.get())) break;
        affordable = block.is_affordable_key();
    }
    drain_errors("reading a private key");
    if (affordable) return;
    throw Error(Kind::bad_input, what + " asks for more work than any honest file to derive the key it is encrypted by",
                "get the key from where it was made, encrypted anew");
}

}  // namespace signet::crypto
