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
    deliver::FormatOptions format_options = {};
    deliver::FileAccess access;
};

/// A certificate that passed every check, not yet written anywhere.
struct Obtained {
    deliver::Bundle bundle;
    std::vector<std::string> notes;
};

struct Enrolled {
    x509::Certificate leaf;
    std::string old_serial;         // of what stood there before; empty for the first
    std::vector<base::Path> files;  // absolute
    std::vector<std::string> notes;
};

/// key → CSR → source → checks. `key_pem`: the key to use again; null for a new one. Throws refused when what came back
/// is not what was asked for: another key, other names, no path to the anchors, a validity that does not hold now.
Obtained obtain(const EnrollRequest& request, Source& source, base::Time now, const base::Secret* key_pem = nullptr);

/// `obtain`, then one swap. Nothing is written unless all checks hold. `before_delivery` runs between the checks and
/// the swap (to take the directory's lock where the caller does not hold it yet, and to save the renewal record).
Enrolled enroll(const EnrollRequest& request, Source& source, base::Time now,
                const std::function<void(const x509::Certificate& leaf)>& before_delivery = {});

/// Every name asked for is in the certificate, and nothing else but URIs, which a profile may add.
/// nullopt, or what is wrong: "db.internal is missing".
std::optional<std::string> names_differ(const x509::Certificate& leaf, const std::vector<x509::Identifier>& names);

}  // namespace signet::client
