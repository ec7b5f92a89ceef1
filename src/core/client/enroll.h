#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "client/source.h"
#include "deliver/deliver.h"

namespace signet::client {

/// One certificate into one directory: the one pipeline of `issue`, `fetch` and `renew`.
struct EnrollRequest {
    base::Path directory;
    std::vector<x509::Identifier> names;
    crypto::KeyType key_type = crypto::KeyType::ec_p256;
    std::optional<x509::CertificateRequest> csr;  // then no key is made and none is written
    bool reuse_key = false;
    std::vector<std::string> formats{"pem"};
    deliver::FileAccess access;
};

struct Enrolled {
    Certified certified;
    std::string old_serial;                 // of what stood there before; empty for the first
    std::vector<base::Path> files;
};

/// key → CSR → source → check (right key, right names, chains to the anchors) → one swap. Nothing is written unless all
/// checks hold. `before_delivery` runs between the checks and the swap (to save the renewal record).
/// The caller holds deliver::lock_directory.
Enrolled enroll(const EnrollRequest& request, Source& source, base::Time now,
                const std::function<void(const Certified&)>& before_delivery = {});

}  // namespace signet::client
