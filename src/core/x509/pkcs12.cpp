#include "x509/pkcs12.h"

#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "crypto/openssl.h"
#include "x509/der.h"

namespace signet::x509 {
namespace {

using base::Error;
using base::Kind;

constexpr std::int64_t k_most_iterations = 5'000'000;  // all together: some seconds; writers ask for 2,048 to 1,000,000
constexpr char k_pbes2[] = "1.2.840.113549.1.5.13";
constexpr char k_pbkdf2[] = "1.2.840.113549.1.5.12";

void free_octets(void* octets) { OPENSSL_free(octets); }
void free_safes(STACK_OF(PKCS7) * safes) { sk_PKCS7_pop_free(safes, PKCS7_free); }
void free_bags(STACK_OF(PKCS12_SAFEBAG) * bags) { sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free); }

using Octets = std::unique_ptr<unsigned char, crypto::Deleter<free_octets>>;
using Pkcs12Handle = crypto::Handle<PKCS12, PKCS12_free>;
using Safes = crypto::Handle<STACK_OF(PKCS7), free_safes>;
using Bags = crypto::Handle<STACK_OF(PKCS12_SAFEBAG), free_bags>;
using Certified = crypto::Handle<X509, X509_free>;
using KeyInfo = crypto::Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

/// How often the password is hashed: PBKDF2 (RFC 8018 appendix A.2) or the scheme of RFC 7292 appendix B. Zero for
/// scrypt, whose cost OpenSSL bounds by itself.
std::int64_t iterations_of(const X509_ALGOR* algorithm) {
    unsigned char* raw = nullptr;
    const int size = i2d_X509_ALGOR(algorithm, &raw);
    crypto::check(size > 0, "reading an algorithm");
    const Octets held(raw);
    der::Reader outer(base::ByteView(raw, static_cast<std::size_t>(size)));
    der::Reader fields = outer.sequence("algorithm");
    const bool pbes2 = fields.oid("algorithm") == k_pbes2;
    der::Reader parameters = fields.sequence("parameters");
    if (pbes2) {
        der::Reader derivation = parameters.sequence("keyDerivationFunc");
        if (derivation.oid("keyDerivationFunc") != k_pbkdf2) return 0;
        parameters = derivation.sequence("PBKDF2-params");
    }
    parameters.octet_string("salt");
    return parameters.small_integer("iterationCount");
}

class File {
public:
    File(std::string_view what, std::string_view password) : what_(what), password_(password) {}

    Pkcs12Contents read(PKCS12* file) {
        const Safes safes(PKCS12_unpack_authsafes(file));
        if (!safes) damaged();
        for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i) read_safe(sk_PKCS7_value(safes.get(), i));
        return std::move(out_);
    }

    void spend(std::int64_t iterations) {
        work_ += iterations;
        if (work_ <= k_most_iterations) return;
        throw Error{Kind::bad_input, what_ + " asks for more than 5,000,000 rounds of hashing its password",
                    "write it again with fewer iterations"};
    }
    [[noreturn]] void damaged() const {
        crypto::drain_errors("reading PKCS#12");
        throw Error{Kind::bad_input,
                    what_ +
                        " is a damaged PKCS#12 file, or encrypted in a way that this OpenSSL "
                        "does not have",
                    "have it written again with AES-256 and SHA-256"};
    }

private:
    int length() const { return static_cast<int>(password_.size()); }

    void read_safe(PKCS7* safe) {
        Bags bags;
        if (PKCS7_type_is_data(safe)) {
            bags.reset(PKCS12_unpack_p7data(safe));
        } else if (PKCS7_type_is_encrypted(safe)) {
            spend(iterations_of(safe->d.encrypted->enc_data->algorithm));
            bags.reset(PKCS12_unpack_p7encdata(safe, password_.data(), length()));
        } else {
            return;  // for a recipient's key, which we do not have
        }
        if (!bags) damaged();
        for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags.get()); ++i) read_bag(sk_PKCS12_SAFEBAG_value(bags.get(), i));
    }

    void read_bag(const PKCS12_SAFEBAG* bag) {
        switch (PKCS12_SAFEBAG_get_nid(bag)) {
            case NID_certBag:
                return read_certificate(bag);
            case NID_keyBag:
                return read_key(PKCS12_SAFEBAG_get0_p8inf(bag));
            case NID_pkcs8ShroudedKeyBag: {
                const X509_ALGOR* algorithm = nullptr;
                X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, nullptr);
                spend(iterations_of(algorithm));
                const KeyInfo key(PKCS12_decrypt_skey(bag, password_.data(), length()));
                return read_key(key.get());
            }
            default:
                return;
        }
    }

    void read_certificate(const PKCS12_SAFEBAG* bag) {
        if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) return;
        const Certified certificate(PKCS12_SAFEBAG_get1_cert(bag));
        unsigned char* raw = nullptr;
        const int size = certificate ? i2d_X509(certificate.get(), &raw) : 0;
        if (size <= 0) damaged();
        const Octets held(raw);
        out_.certificates.push_back(Certificate::from_der({raw, static_cast<std::size_t>(size)}));
    }

    void read_key(const PKCS8_PRIV_KEY_INFO* info) {
        const crypto::PkeyHandle key(info != nullptr ? EVP_PKCS82PKEY(info) : nullptr);
        unsigned char* raw = nullptr;
        const int size = key ? i2d_PUBKEY(key.get(), &raw) : 0;
        if (size <= 0) damaged();
        const Octets held(raw);
        out_.keys.push_back(crypto::PublicKey::from_spki({raw, static_cast<std::size_t>(size)}));
    }

    std::string what_;
    std::string_view password_;
    std::int64_t work_ = 0;
    Pkcs12Contents out_;
};

std::int64_t mac_iterations(PKCS12* file) {
    const ASN1_INTEGER* count = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &count, file);
    return count == nullptr ? 1 : ASN1_INTEGER_get(count);
}

void check_password(PKCS12* file, const std::string& what, const base::Secret* password) {
    if (PKCS12_mac_present(file) != 1) return;
    const std::string_view text = password != nullptr ? password->reveal() : std::string_view("");
    if (PKCS12_verify_mac(file, text.data(), static_cast<int>(text.size())) == 1) return;
    crypto::drain_errors("checking the password of PKCS#12");
    if (password != nullptr) throw Error{Kind::refused, "the password does not open " + what};
    throw Error{Kind::bad_input, what + " is PKCS#12 with a password, and none was given",
                "name a file that holds it: --p12-password-file F"};
}

}  // namespace

bool looks_like_pkcs12(base::ByteView der) {
    try {
        der::Reader outer(der);
        return outer.sequence("PFX").small_integer("version") == 3;
    } catch (const Error&) {
        return false;
    }
}

Pkcs12Contents read_pkcs12(base::ByteView der, std::string_view what, const base::Secret* password) {
    const std::string name(what);
    File reading(name, password != nullptr ? password->reveal() : std::string_view(""));
    const unsigned char* at = der.data();
    const Pkcs12Handle file(d2i_PKCS12(nullptr, &at, static_cast<long>(der.size())));
    if (!file) reading.damaged();
    const auto rounds = mac_iterations(file.get());
    reading.spend(rounds < 0 ? k_most_iterations + 1 : rounds);
    check_password(file.get(), name, password);
    try {
        return reading.read(file.get());
    } catch (const Error& error) {
        if (error.kind() != Kind::malformed && error.kind() != Kind::bad_public_key) throw;
        throw Error{Kind::bad_input, name + ": " + error.message(), error.hint()};
    }
}

}  // namespace signet::x509
