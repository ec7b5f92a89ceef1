#include "acme/challenges.h"

#include <algorithm>
#include <array>

#include "acme/challenge_dns01.h"
#include "acme/challenge_dns_account01.h"
#include "acme/challenge_dns_persist01.h"
#include "acme/challenge_http01.h"
#include "acme/challenge_tls_alpn01.h"
#include "base/error.h"
#include "base/text.h"

namespace signet::acme {
namespace {

constexpr std::size_t k_token_limit = 256;

bool with_anything(const ResponderContext&) { return true; }
bool with_records(const ResponderContext& context) { return !context.dns_hook.empty() || context.dns_update; }

bool with_nothing(const ResponderContext&) { return false; }

// A check that finds out nothing but that it holds.
template <void (*Check)(const ValidationContext&, const x509::Identifier&, std::string_view, const std::string&)>
Validated holds(const ValidationContext& context, const x509::Identifier& identifier, std::string_view token,
                const std::string& key_authorization) {
    Check(context, identifier, token, key_authorization);
    return {};
}

std::unique_ptr<Presented> present_nothing(const ResponderContext&, const x509::Identifier&, std::string_view,
                                           const std::string&) {
    throw base::Error{base::Kind::refused, "this client does not answer challenges of this type"};
}

constexpr std::array<ChallengeType, 5> k_types{{
    {"dns-01", dns01_applies, holds<validate_dns01>, with_records, present_dns01},
    {"http-01", http01_applies, holds<validate_http01>, with_anything, present_http01},
    {"tls-alpn-01", tls_alpn01_applies, holds<validate_tls_alpn01>, with_anything, present_tls_alpn01},
    {"dns-account-01", dns01_applies, holds<validate_dns_account01>, with_nothing, present_nothing},
    {"dns-persist-01", dns01_applies, validate_dns_persist01, with_nothing, present_nothing, false},
}};

}  // namespace

std::span<const ChallengeType> challenge_types() { return k_types; }

const ChallengeType* find_challenge_type(std::string_view name) {
    for (const auto& type : k_types) {
        if (type.name == name) return &type;
    }
    return nullptr;
}

void check_token(std::string_view token) {
    const bool fine = !token.empty() && token.size() <= k_token_limit && std::ranges::all_of(token, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (!fine) {
        throw base::Error{base::Kind::malformed,
                          "the challenge's token is not base64url: " + base::printable(token, 60)};
    }
}

}  // namespace signet::acme
