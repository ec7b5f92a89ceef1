#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ca/authority_files.h"
#include "store/store.h"
#include "x509/crl.h"

namespace signet::ca {

/// The last CRL that came of a CA above ours: an offline root, a corporate one and what stands below it.
struct ImportedCrl {
    x509::Certificate signer;
    x509::Crl crl;
    base::Time next_update;
    /// Our own CAs' certificates that it revokes: those that its signer signed.
    std::vector<x509::Certificate> revoked;

    std::vector<std::string> revoked_serials() const;
};

/// The CAs whose CRLs may come: those above the CAs of `files`, of all generations, whose keys are not in the store.
/// Roots that are marked compromised are not among them: whoever has the key could say anything.
std::vector<x509::Certificate> crl_signers_elsewhere(const store::Layout& layout, const AuthorityFiles& files);
/// What came of one of them, named by its id; nullopt when none did, or for any other id. Throws corrupt for a file
/// that is no CRL of its.
std::optional<ImportedCrl> imported_crl(const store::Layout& layout, const AuthorityFiles& files, std::string_view id);
/// What came of all of them.
std::vector<ImportedCrl> imported_crls(const store::Layout& layout, const AuthorityFiles& files);

struct CrlImport {
    std::optional<std::string> name;  // absent: every CA below who signed them
    std::vector<x509::Crl> crls;
    std::string what;   // the file, for messages
    std::string actor;  // for the audit log
};

struct CrlImported {
    std::string name;  // of the CA below
    ImportedCrl crl;
    bool changed;  // false: it was there already
};

/// Puts CRLs beside the CAs that they are about, in place of those before, after all of them have been checked: signed
/// by a CA whose key is elsewhere and who may, complete, for every certificate of its, in force, with a number and a
/// time above those of the one before, one of each CA (RFC 5280 sections 5.1.2, 5.2 and 6.3.3). Revocations of our own
/// CAs are taken over into the inventory, but for holds. Audited. Throws refused with the rule that fails.
std::vector<CrlImported> import_crls(store::Store& store, const CrlImport& request, base::Time now);

}  // namespace signet::ca
