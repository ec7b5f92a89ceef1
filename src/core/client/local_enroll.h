#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ca/issuer.h"
#include "client/activation.h"
#include "client/enroll.h"
#include "store/store.h"

namespace signet::client {

/// What `issue` was asked for, beyond the directory: kept in the store's own record of it, so that renewal in process
/// asks the same again and obeys nothing that stands in the directory.
struct LocalRequest {
    std::string authority, profile;  // authority: empty for the profile's own
    std::vector<x509::Identifier> names;
    std::optional<crypto::KeyType> key_type;  // absent: ec-p256, or the first that the profile has
    std::optional<base::Duration> validity;
    std::optional<bool> server, client;
    std::optional<std::string> common_name, organization, unit;
    std::optional<x509::CertificateRequest> csr;
    bool reuse_key = false;  // not kept
    std::vector<std::string> formats{"pem"};
    deliver::FormatOptions format_options = {};
    deliver::FileAccess access;
};

/// This machine's own CA.
struct LocalCa {
    store::Store& store;
    ca::Issuer& issuer;
    const ca::Profiles& profiles;
    std::string operator_name;  // "uid 0": for the audit log
};

/// Policy, signature, record and checks, without writing any file.
Obtained obtain_locally(const LocalRequest& request, LocalCa& ca, base::Time now);

/// A certificate and the key that was made for it; no key for a request from elsewhere.
struct LocallyIssued {
    ca::Issued issued;
    base::Secret key_pem;
};
/// Straight from the issuer, which checks what it signs: for many at a time. Thread-safe.
LocallyIssued issue_locally(const LocalRequest& request, LocalCa& ca);

struct LocalEnrolled {
    Enrolled enrolled;
    ActivationLock activation;  // to be held while the hook runs
};

/// The same into a directory, which is locked here from the swap on unless the caller holds its lock already. The
/// store's record of the directory is written before the files, so that a crash in between leaves it renewable.
LocalEnrolled enroll_locally(const base::Path& directory, const LocalRequest& request, LocalCa& ca, base::Time now,
                             bool locked, const Activation& hooks = {});

/// What the store's record says of a directory; nullopt when `issue` never wrote there.
std::optional<LocalRequest> recorded_request(store::Store& store, const base::Path& directory);

/// Every reason why policy would refuse it now; empty when it would not.
std::vector<base::ErrorPart> preview_locally(const LocalRequest& request, LocalCa& ca);

}  // namespace signet::client
