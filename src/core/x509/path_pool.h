#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
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
    bool out_of_signatures() const { return spent_ >= k_most_spent; }
    /// Same subject and key: two certificates of one CA, which a path passes once at most.
    bool same_entity(Index a, Index b) const { return nodes_[a].entity == nodes_[b].entity; }

private:
    static constexpr std::size_t k_most_spent = 5000;  // signatures of P-256, or what takes as long: half a second

    using Name = std::size_t;  // a number for each that RFC 5280 section 7.1 tells from the others
    struct Node {
        Certificate certificate;
        bool anchor;
        Name subject, issuer;
        std::size_t entity;
        bool reaches_anchor = false;
        std::optional<std::vector<Finding>> findings;
        std::optional<std::vector<Index>> issuers;
    };
    void add(const Certificate& certificate, bool anchor);
    void charge(const Crl& crl, Index issuer);
    Name name(const DistinguishedName& name);
    void mark_reaching();

    const PathRequest& request_;
    std::vector<Node> nodes_;
    std::unordered_map<std::string_view, Index> known_;      // by DER, which the nodes hold
    std::unordered_map<std::string_view, Name> names_seen_;  // the same
    std::unordered_map<std::string, Name> names_;
    std::map<std::pair<Name, std::string_view>, std::size_t> entities_;
    std::unordered_multimap<Name, Index> by_subject_;
    std::map<std::pair<Index, Index>, bool> signed_;
    std::map<std::pair<Index, Index>, RevocationStatus> revocation_;
    std::map<const void*, std::set<std::size_t>> crl_keys_;  // entities whose keys each CRL was verified with
    std::size_t spent_ = 0;
};

}  // namespace signet::x509
