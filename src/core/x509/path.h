#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "x509/certificate.h"
#include "x509/revocation.h"

namespace signet::x509 {

enum class Purpose { any, server, client };

/// Signatures that were checked before, for many requests over the same certificates. Bounded. Not thread-safe.
class SignatureMemory {
public:
    bool signed_by(const Certificate& child, const Certificate& issuer);

private:
    struct Checked {
        Certificate child, issuer;  // kept, so that nothing else can come to their addresses
        bool good;
    };
    std::map<std::pair<const void*, const void*>, Checked> checked_;
};

struct PathRequest {
    Certificate leaf;
    std::vector<Certificate> intermediates;  // in any order, duplicates and strangers welcome
    std::vector<Certificate> anchors;        // trusted whether self-signed or not
    base::Time at;                           // both ends of a validity are inclusive
    Purpose purpose = Purpose::any;
    std::optional<int> max_depth;  // intermediates at most
    RevocationDuty revocation = {};
    SignatureMemory* signatures = nullptr;  // where there is one
    bool brief = false;                     // one reason is enough: when no path is good, the nearest is not looked for
};

/// One rule broken. `certificate` counts from the leaf (0) up the chain that came nearest.
struct Finding {
    int certificate;
    std::string rule;     // stable id: "expired", "signature", "path-length", "name-constraints", …
    std::string section;  // "RFC 5280 section 6.1.3 (a)(2)"
    std::string message;  // what is wrong, with the values
    std::string remedy;   // what would mend it
};

/// Something that was looked at, for people: "signatures of 3 certificates".
struct Check {
    std::string what;
    bool passed;
};

struct PathResult {
    bool valid() const { return findings.empty(); }
    std::vector<Certificate> chain;  // leaf first, anchor last; of the best candidate when not valid
    std::vector<Finding> findings;   // of that candidate
    std::vector<Check> checks;
    std::vector<std::string> warnings;  // what soft revocation lets pass
};

/// RFC 5280 section 6. Candidate paths are enumerated here, bounded in number and in signature checks, each judged
/// alone; a chain that is not valid is an answer, not an error. Checks no host names: the caller (inspect/verify) owes
/// these.
PathResult validate_path(const PathRequest& request);

}  // namespace signet::x509
