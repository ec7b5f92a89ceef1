#include <algorithm>
#include <array>

#include "crypto/key.h"
#include "crypto/openssl.h"

namespace signet::crypto {
namespace {

struct Row {
    KeyType type;
    std::string_view name;
};
constexpr std::array<Row, 10> k_rows = {{{KeyType::ec_p256, "ec-p256"},
                                         {KeyType::ec_p384, "ec-p384"},
                                         {KeyType::ec_p521, "ec-p521"},
                                         {KeyType::ed25519, "ed25519"},
                                         {KeyType::rsa_2048, "rsa-2048"},
                                         {KeyType::rsa_3072, "rsa-3072"},
                                         {KeyType::rsa_4096, "rsa-4096"},
                                         {KeyType::ml_dsa_44, "ml-dsa-44"},
                                         {KeyType::ml_dsa_65, "ml-dsa-65"},
                                         {KeyType::ml_dsa_87, "ml-dsa-87"}}};

/// Asked at run time: a binary built against OpenSSL 3.0 may run with 3.5, which has ML-DSA.
bool available(const char* algorithm) {
    const bool found = PkeyContext(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr)) != nullptr;
    ERR_clear_error();
    return found;
}

// ML-DSA stands last: it is what an OpenSSL may lack.
constexpr std::size_t k_classic = 6;
constexpr std::array k_of_certificates = {KeyType::ec_p256,   KeyType::ec_p384,   KeyType::ed25519,
                                          KeyType::rsa_2048,  KeyType::rsa_3072,  KeyType::rsa_4096,
                                          KeyType::ml_dsa_44, KeyType::ml_dsa_65, KeyType::ml_dsa_87};

}  // namespace

std::string_view key_type_name(KeyType type) { return std::ranges::find(k_rows, type, &Row::type)->name; }

std::optional<KeyType> parse_key_type(std::string_view name) {
    const auto* row = std::ranges::find(k_rows, name, &Row::name);
    return row == k_rows.end() ? std::nullopt : std::optional(row->type);
}

std::span<const KeyType> certificate_key_types() { return k_of_certificates; }

std::span<const KeyType> makeable_key_types() {
    static const bool with_ml_dsa = available("ML-DSA-44");
    return std::span(k_of_certificates).first(with_ml_dsa ? k_of_certificates.size() : k_classic);
}

}  // namespace signet::crypto
