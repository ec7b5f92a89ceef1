#include "server/self_certificate.h"

#include "base/error.h"
#include "base/log.h"
#include "ca/key_opener.h"
#include "server/hosts.h"
#include "x509/build.h"
#include "x509/pem.h"

namespace signet::server {
namespace {

constexpr auto k_validity = std::chrono::hours(24 * 7);

// Not one of signet.toml's: what the operator's profiles permit to others does not bind the CA's own name.
ca::Profile own_profile(const Configuration& configuration) {
    auto profile = ca::ready_made_profiles().at("server");
    profile.name = "self";
    profile.default_validity = k_validity;
    const auto found = configuration.profiles.find(configuration.settings.default_profile);
    if (found != configuration.profiles.end()) profile.ca = found->second.ca;
    return profile;
}

std::vector<x509::Identifier> identifiers(const std::vector<std::string>& names) {
    std::vector<x509::Identifier> result;
    for (const auto& name : names) result.push_back(x509::Identifier::parse(name));
    return result;
}

// Signed by its own key: while the CA can sign nothing.
net::TlsIdentity unsigned_identity(const crypto::PrivateKey& key, std::vector<x509::Identifier> names, base::Time now) {
    x509::Template content;
    content.serial = {1};
    content.names = std::move(names);
    content.public_key = key.public_key();
    content.not_before = base::from_unix(base::to_unix(now));
    content.not_after = content.not_before + k_validity;
    content.key_usage = x509::usage_bit(x509::KeyUsage::digital_signature);
    content.extended_key_usage = {x509::k_server_auth};
    return {x509::encode_certificates({x509::build_self_signed(content, key)}), key.to_pem()};
}

// Its names are settings of the operator's, and no profile is to blame.
base::Error own_names_refused(const base::Error& error) {
    return {error.kind(), "the server cannot certify its own names: " + error.message(),
            "give it hostnames that its CA may sign (signet.toml, --hostname)",
            error.parts().size() > 1 ? error.parts() : std::vector<base::ErrorPart>{}};
}

}  // namespace

bool SelfCertificate::due(const std::vector<std::string>& names, const std::string& authority) const {
    return names_ != names || authority_ != authority || clock_.now() >= renew_at_ || outdated();
}

bool SelfCertificate::outdated() const {
    try {
        return !authority_.empty() && issuer_.issuing_id(authority_) != issuer_id_;
    } catch (const base::Error&) {  // a CA that cannot be loaded now makes no other certificate
        return false;
    }
}

std::optional<net::TlsIdentity> SelfCertificate::renew_if_due(
    const Configuration& configuration, const std::function<void(store::Transaction&)>& in_same_transaction) {
    const auto names = Hosts(configuration.settings).certificate_names();
    const auto profile = own_profile(configuration);
    if (!due(names, profile.ca)) return std::nullopt;
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    std::optional<ca::Issued> made;
    try {
        made = issuer_.issue({.profile = profile,
                              .names = identifiers(names),
                              .public_key = key.public_key(),
                              .requester = ca::Self{},
                              .audit_refusal = false},
                             [&](store::Transaction& transaction, const auto&) { in_same_transaction(transaction); });
    } catch (const ca::KeyLocked& error) {  // a kind of refused, and no name is to blame
        throw base::Error{error.kind(), "the server cannot certify its own names: " + error.message(), error.hint()};
    } catch (const base::Error& error) {
        if (error.kind() == base::Kind::rejected_identifier || error.kind() == base::Kind::refused)
            throw own_names_refused(error);
        // CRLs, OCSP and anchors are still asked for: rather a certificate that nobody believes than no server.
        if (error.kind() != base::Kind::ca_not_valid || stop_gap_ || !names_.empty()) throw;
        stop_gap_ = true;
        base::log(base::Level::error, "the server cannot certify itself, and nobody will believe who it is",
                  {{"reason", error.message()}, {"hint", error.hint()}});
        return unsigned_identity(key, identifiers(names), clock_.now());
    }
    const auto& issued = *made;
    const auto lifetime = issued.certificate.not_after() - clock_.now();
    renew_at_ = clock_.now() + lifetime * 2 / 3;
    not_after_ = issued.certificate.not_after();
    names_ = names;
    authority_ = profile.ca;
    issuer_id_ = issued.record.issuer_id;
    auto chain = issued.chain;
    chain.insert(chain.begin(), issued.certificate);
    return net::TlsIdentity{x509::encode_certificates(chain), key.to_pem()};
}

}  // namespace signet::server
