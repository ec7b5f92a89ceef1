#include "acme/challenges.h"

#include <array>

#include "acme/challenge_http01.h"

namespace signet::acme {
namespace {

constexpr std::array<ChallengeType, 1> k_types{{
    {"http-01", http01_applies, validate_http01, present_http01},
}};

}  // namespace

std::span<const ChallengeType> challenge_types() { return k_types; }

const ChallengeType* find_challenge_type(std::string_view name) {
    for (const auto& type : k_types) {
        if (type.name == name) return &type;
    }
    return nullptr;
}

}  // namespace signet::acme
