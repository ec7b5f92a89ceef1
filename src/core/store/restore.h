#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "store/backup.h"
#include "store/records.h"

namespace signet::store {

struct RestoreRequest {
    base::Path archive;
    base::Path root;               // of the store to be; an empty directory may be there
    std::vector<base::Path> crls;  // the last that were published, of any of its CAs
    std::string actor;
};

/// From which number the CRLs of a CA go on.
struct RestoredCrl {
    std::string issuer_id;
    std::int64_t above;  // no CRL has had a higher number
    bool known;          // from a CRL that was given; false: a guess beyond what can have been
};

struct RestoreResult {
    Manifest manifest;
    std::string sha256;
    std::vector<RestoredCrl> crls;
    std::vector<std::string> revoked;  // serials whose revocation came from the CRLs that were given
    // What is good again, whatever became of it since the backup:
    std::vector<TokenRecord> tokens;        // can bind accounts
    std::vector<AccountRecord> accounts;    // valid ones
    std::int64_t living = 0;                // certificates that are neither expired nor revoked
    std::vector<std::string> missing_keys;  // of a backup without keys: certificates of CAs without their key
};

/// Makes a store out of a backup, beside `root`, and renames it into place when all of it is there, and the digest, the
/// database and the audit log have been found whole: a kill leaves no store or a whole one. CRL numbers go on above
/// those of `crls`, whose revocations are taken over, and for other CAs above any that can have been given out. Throws
/// exists, bad_input (no backup, or a CRL of another CA), refused (an audit log that is not whole), disk.
RestoreResult restore_backup(const RestoreRequest& request, base::Time now);

}  // namespace signet::store
