#pragma once

#include <functional>
#include <string>

#include "base/file.h"
#include "base/time.h"
#include "ca/authority_files.h"
#include "store/records.h"
#include "store/store.h"

namespace signet::ca {

/// The row of a CA's own certificate; `profile` is "root" or "issuing".
store::CertificateRecord ca_record(const x509::Certificate& ca, const x509::Certificate& issuer,
                                   const std::string& name, std::string profile, base::Time now);

/// Enters root and issuing CA in the inventory, with `audit` in the same transaction, unless they are there: also after
/// a run that was killed in between. Without `audit` the caller has said it.
void record_authority(store::Store& store, const AuthorityFiles& files, base::Time now,
                      const std::optional<store::AuditRecord>& audit = {});

/// A refusal stands even when it cannot be written down: that is logged, and does not turn it into another error.
void append_refusal(store::Store& store, const store::AuditRecord& audit);

/// authorities/NAME comes into being by one rename, with what `fill` puts into it, so that no reader and no crash ever
/// sees a part of it. What a killed run left in the staging directory has signed nothing and is thrown away. The caller
/// holds the CA's lock. Throws corrupt when the directory holds files already.
void make_directory_at_once(const store::Layout& layout, const std::string& name,
                            const std::function<void(const base::Path& directory)>& fill);

}  // namespace signet::ca
