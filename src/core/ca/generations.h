#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "ca/authority_files.h"
#include "store/database.h"

namespace signet::ca {

/// Fills in what authorities/NAME/former/ holds. Throws corrupt for a certificate that is not what its name says.
void read_former(const store::Layout& layout, AuthorityFiles& files);

/// Serials of the certificates of this CA itself: its roots, issuing CAs and cross-certificates, also of generations
/// that were retired. Nobody has to replace them before their issuer goes.
std::set<std::string, std::less<>> own_serials(store::Transaction& transaction, const AuthorityFiles& files);
/// Says that they were its own, before their files go.
void note_retired(store::Transaction& transaction, const std::string& name,
                  const std::vector<x509::Certificate>& certificates);

/// Certificates signed by this CA that have not ended, revoked ones too; its own and OCSP responders' are none. From
/// indexes.
std::int64_t count_living_leaves(store::Transaction& transaction, const AuthorityFiles& files, std::string_view id,
                                 std::int64_t now);

/// Since when each former CA that signed leafs is a former one: id → seconds since the epoch.
std::map<std::string, std::int64_t, std::less<>> replaced_at(store::Transaction& transaction,
                                                             const AuthorityFiles& files);

}  // namespace signet::ca
