#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "ca/authority.h"

namespace signet::server {

/// What one authority publishes, encoded once per generation.
struct PublicCa {
    std::shared_ptr<const ca::Authority> authority;
    std::string anchors_pem;  // /ca.pem
    std::string chain_pem;    // what follows a leaf
};

/// Answers from memory: encoded again only when the authority's files have changed. Thread-safe.
class PublicFiles {
public:
    explicit PublicFiles(ca::Authorities& authorities) : authorities_(authorities) {}
    /// Throws not_found for a name that is no authority of the store, and what Authorities::get throws.
    std::shared_ptr<const PublicCa> get(const std::string& authority);

private:
    ca::Authorities& authorities_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const PublicCa>, std::less<>> cache_;
};

}  // namespace signet::server
