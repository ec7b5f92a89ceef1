#pragma once

#include "ca/issuer.h"
#include "client/source.h"

namespace signet::client {

/// What an operator asks of the store beyond key and names.
struct StoreOrder {
    const ca::Profile& profile;
    std::optional<base::Duration> validity;
    std::optional<bool> server, client;
    std::optional<std::string> common_name, organization, unit;
    ca::Operator requester;
};

/// In process: policy, authority, record; no network.
class StoreSource final : public Source {
public:
    StoreSource(ca::Issuer& issuer, StoreOrder order) : issuer_(issuer), order_(std::move(order)) {}
    Certified certify(const x509::CertificateRequest& request, const std::vector<x509::Identifier>& names) override;

private:
    ca::Issuer& issuer_;
    StoreOrder order_;
};

}  // namespace signet::client
