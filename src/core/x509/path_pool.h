#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "x509/path.h"

namespace signet::x509 {

/// All certificates of one request, each once, with what the search asks again and again kept: who may have issued
/// whom by name, whose signature verifies, who can reach an anchor. Not thread-safe.
class PathPool {
public:
    using Index = std::size_t;
    static constexpr Index k_leaf = 0;

    explicit PathPool(const PathRequest& request);

    const Certificate& certificate(Index index) const { return nodes_[index].certificate; }
    bool is_anchor(Index index) const { return nodes_[index].anchor; }
    /// As an issuer; the leaf's as the leaf.
    const std::vector<Finding>& findings(Index index);
    /// Those whose subject is this one's issuer, the likeliest first: anchors, then matching key identifiers, then
    /// younger ones.
    const std::vector<Index>& issuers(Index index);
    /// Can names alone lead from here to an anchor?
    bool reaches_anchor(Index index) const { return nodes_[index].reaches_anchor; }
    /// Checked once a pair. Beyond the limit of signature checks the answer is false.
    bool signed_by(Index child, Index issuer);
    /// What revocation says of the pair, asked once (a path that is revoked is passed over for another).
    const RevocationStatus& revocation(Index child, Index issuer);
    bool out_of_signatures() const { return signatures_ >= k_most_signatures; }
    /// Same subject and key: two certificates of one CA, which a path passes once at most.
    bool same_entity(Index a, Index b) const;

private:
    static constexpr std::size_t k_most_signatures = 1000;  // tenths of a second

    struct Node {
        Certificate certificate;
        bool anchor;
        std::string subject, issuer;  // comparison keys
        bool reaches_anchor = false;
        std::optional<std::vector<Finding>> findings;
        std::optional<std::vector<Index>> issuers;
    };
    void add(const Certificate& certificate, bool anchor);
    void mark_reaching();

    const PathRequest& request_;
    std::vector<Node> nodes_;
    std::multimap<std::string, Index> by_subject_;
    std::map<std::pair<Index, Index>, bool> signed_;
    std::map<std::pair<Index, Index>, RevocationStatus> revocation_;
    std::size_t signatures_ = 0;
};

}  // namespace signet::x509
