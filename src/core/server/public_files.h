#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "ca/authority.h"
#include "store/records.h"
#include "store/store.h"

namespace signet::server {

/// What follows a leaf.
struct PublicChain {
    std::string pem;                          // up to an anchor of another generation, where there is one
    std::string shorter;                      // up to the root of its own generation; empty when that is the same
    std::optional<std::int64_t> replaced_at;  // since when this generation is a former one
};

/// What one authority publishes, encoded once per generation.
struct PublicCa {
    std::shared_ptr<const ca::Authority> authority;
    std::string anchors_pem;                                 // /ca.pem
    std::map<std::string, PublicChain, std::less<>> chains;  // by the id of the CA that signed the leaf

    /// Of a generation that is not here any more: nothing follows.
    const PublicChain& chain_for(const std::string& issuer_id) const;
};

/// Answers from memory: encoded again only when the authority's files have changed. Thread-safe.
class PublicFiles {
public:
    PublicFiles(ca::Authorities& authorities, store::Store& store) : authorities_(authorities), store_(store) {}
    /// Throws not_found for a name that is no authority of the store, and what Authorities::get throws.
    std::shared_ptr<const PublicCa> get(const std::string& authority);
    /// Since when the CA that signed this certificate is a former one; nullopt for the current one, or an unknown CA.
    std::optional<std::int64_t> replaced_at(const store::CertificateRecord& record);

private:
    ca::Authorities& authorities_;
    store::Store& store_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const PublicCa>, std::less<>> cache_;
};

}  // namespace signet::server
