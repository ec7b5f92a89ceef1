#include "client/store_source.h"

namespace signet::client {

Certified StoreSource::certify(const x509::CertificateRequest& request, const std::vector<x509::Identifier>& names) {
    ca::IssuanceRequest wish{.profile = order_.profile,
                             .names = names,
                             .public_key = request.public_key,
                             .validity = order_.validity,
                             .not_before = {},
                             .not_after = {},
                             .server = order_.server,
                             .client = order_.client,
                             .common_name = order_.common_name,
                             .organization = order_.organization,
                             .unit = order_.unit,
                             .requester = order_.requester};
    auto issued = issuer_.issue(wish);
    return {.leaf = issued.certificate,
            .chain = std::move(issued.chain),
            .anchors = std::move(issued.anchors),
            .notes = std::move(issued.notes)};
}

}  // namespace signet::client
