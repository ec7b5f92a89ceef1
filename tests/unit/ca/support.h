#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/toml.h"
#include "ca/ca_certificates.h"
#include "ca/policy.h"
#include "support/manual_clock.h"
#include "support/seeded_random.h"

namespace signet::test {

inline const base::Time k_now = base::from_unix(1'800'000'000);  // 2027-01-15T08:00:00Z

/// A CA in memory, made once: what policy measures against.
inline const ca::NewAuthority& sample_authority() {
    static const ca::NewAuthority made = [] {
        SeededRandom random;
        ca::InitRequest request;
        request.issuing_validity = std::chrono::hours(24 * 30);
        return ca::make_authority(request, k_now, random);
    }();
    return made;
}

inline ca::IssuerFacts sample_issuer() {
    const ca::NewAuthority& made = sample_authority();
    return {*made.issuing, {*made.issuing, made.root}, "", "default"};
}

inline const crypto::PublicKey& sample_key() {
    static const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    return key.public_key();
}

inline std::vector<x509::Identifier> names_of(const std::vector<std::string>& texts) {
    std::vector<x509::Identifier> names;
    for (const std::string& text : texts) names.push_back(x509::Identifier::parse(text));
    return names;
}

inline ca::IssuanceRequest ask(const ca::Profile& profile, const std::vector<std::string>& names,
                               ca::Requester requester = ca::Operator{"uid 0"}) {
    return {
        .profile = profile, .names = names_of(names), .public_key = sample_key(), .requester = std::move(requester)};
}

inline ca::Profiles profiles_from(const std::string& toml) {
    const base::TomlFile file = base::TomlFile::parse(toml, "signet.toml");
    base::TomlTable table(file);
    return ca::read_profiles(table);
}

inline ca::Profile profile_from(const std::string& body, const std::string& name = "t") {
    return profiles_from("[profile." + name + "]\n" + body).at(name);
}

inline std::string reasons(const std::vector<base::ErrorPart>& parts) {
    std::string text;
    for (const auto& part : parts) text += part.message + "\n";
    return text;
}

}  // namespace signet::test
