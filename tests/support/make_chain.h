#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "x509/build.h"

namespace signet::test {

/// A certificate with the key that signs in its name. Throw-away: made in memory for one test.
struct Member {
    x509::Certificate certificate;
    std::shared_ptr<const crypto::PrivateKey> key;

    x509::IssuerFields issuer_fields() const {
        return {certificate.subject(), x509::key_identifier(certificate.public_key())};
    }
};

/// Makes certificates around one moment, each with a serial of its own: valid from a day before it to 30 days after.
class ChainMaker {
public:
    explicit ChainMaker(base::Time at) : at_(at) {}

    base::Time at() const { return at_; }

    x509::Template ca_template(const std::string& common_name, std::optional<int> path_length = std::nullopt) {
        x509::Template out = blank();
        out.subject.add("CN", common_name);
        out.ca = true;
        out.path_length = path_length;
        out.key_usage = usage_bit(x509::KeyUsage::key_cert_sign) | usage_bit(x509::KeyUsage::crl_sign);
        return out;
    }

    x509::Template leaf_template(const std::vector<std::string>& names) {
        x509::Template out = blank();
        for (const std::string& name : names) out.names.push_back(x509::Identifier::parse(name));
        out.key_usage = usage_bit(x509::KeyUsage::digital_signature);
        out.extended_key_usage = {x509::k_server_auth, x509::k_client_auth};
        return out;
    }

    Member self_signed(x509::Template content, crypto::KeyType type = crypto::KeyType::ec_p256) const {
        auto key = std::make_shared<const crypto::PrivateKey>(crypto::PrivateKey::generate(type));
        content.public_key = key->public_key();
        return {x509::build_self_signed(content, *key), key};
    }

    Member issue(const Member& issuer, x509::Template content, crypto::KeyType type = crypto::KeyType::ec_p256) const {
        auto key = std::make_shared<const crypto::PrivateKey>(crypto::PrivateKey::generate(type));
        return {issue_for(issuer, std::move(content), key->public_key()), key};
    }

    x509::Certificate issue_for(const Member& issuer, x509::Template content, const crypto::PublicKey& key) const {
        content.public_key = key;
        return x509::build_certificate(content, issuer.issuer_fields(), *issuer.key);
    }

    /// The certificate once more with its signed part changed by `edit` and signed again.
    static x509::Certificate edited(const x509::Certificate& certificate, const crypto::PrivateKey& issuer_key,
                                    const std::function<void(base::Bytes&)>& edit) {
        base::Bytes tbs(certificate.tbs_der().begin(), certificate.tbs_der().end());
        edit(tbs);
        const auto algorithm = crypto::default_algorithm(issuer_key);
        return x509::Certificate::from_der(x509::assemble(tbs, algorithm, crypto::sign(issuer_key, algorithm, tbs)));
    }

private:
    x509::Template blank() {
        x509::Template out;
        ++serial_;
        out.serial = {0x42, static_cast<std::uint8_t>(serial_ >> 8), static_cast<std::uint8_t>(serial_ & 0xff)};
        out.not_before = at_ - std::chrono::days(1);
        out.not_after = at_ + std::chrono::days(30);
        return out;
    }

    base::Time at_;
    unsigned serial_ = 0;
};

}  // namespace signet::test
