#include "acme/challenge_dns_account01.h"

#include "acme/challenge_dns01.h"
#include "base/error.h"
#include "crypto/digest.h"

namespace signet::acme {

std::string account_label(std::string_view account_url) {
    constexpr std::string_view k_alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    constexpr std::size_t k_octets = 10;  // sixteen letters, nothing to pad
    const auto digest = crypto::sha256(base::bytes_of(account_url));
    std::string label = "_";
    unsigned bits = 0;
    int held = 0;
    for (std::size_t i = 0; i < k_octets; ++i) {
        bits = bits << 8 | digest[i];
        for (held += 8; held >= 5; held -= 5) label += k_alphabet[bits >> (held - 5) & 0x1f];
        bits &= (1U << held) - 1;
    }
    return label;
}

void validate_dns_account01(const ValidationContext& context, const x509::Identifier& identifier, std::string_view,
                            const std::string& key_authorization) {
    if (context.account.url.empty()) {
        throw base::Error{base::Kind::internal, "the account's URL is not known for this challenge"};
    }
    require_dns01_text(context,
                       account_label(context.account.url) + "._acme-challenge." + std::string(identifier.base_name()),
                       key_authorization);
}

}  // namespace signet::acme
