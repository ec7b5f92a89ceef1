#include "x509/path_pool.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "x509/path_checks.h"

namespace signet::x509 {
namespace {

std::string key_of(const DistinguishedName& name) {
    const auto keys = name.comparison_keys();
    return base::join(keys, std::string_view("\0\0", 2));
}

bool verifies(const Certificate& child, const Certificate& issuer) {
    try {
        return child.signed_by(issuer.public_key());
    } catch (const base::Error&) {
        return false;  // a key that does not decode verifies nothing; the issuer's own findings name it
    }
}

constexpr std::size_t k_most_remembered = 10'000;

}  // namespace

bool SignatureMemory::signed_by(const Certificate& child, const Certificate& issuer) {
    const std::pair<const void*, const void*> pair{&child.der(), &issuer.der()};
    if (const auto known = checked_.find(pair); known != checked_.end()) return known->second.good;
    if (checked_.size() == k_most_remembered) checked_.clear();
    return checked_.emplace(pair, Checked{child, issuer, verifies(child, issuer)}).first->second.good;
}

PathPool::PathPool(const PathRequest& request) : request_(request) {
    add(request.leaf, false);
    for (const Certificate& anchor : request.anchors) add(anchor, true);
    for (const Certificate& intermediate : request.intermediates) add(intermediate, false);
    // The leaf issues nothing: found again among the others, it is there as itself.
    for (Index i = 1; i < nodes_.size(); ++i) by_subject_.emplace(nodes_[i].subject, i);
    mark_reaching();
}

void PathPool::add(const Certificate& certificate, bool anchor) {
    const auto known =
        std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& node) { return node.certificate == certificate; });
    if (known != nodes_.end()) {
        known->anchor |= anchor;
        return;
    }
    nodes_.push_back({certificate, anchor, key_of(certificate.subject()), key_of(certificate.issuer()), false,
                      std::nullopt, std::nullopt});
}

/// From the anchors down, breadth first, by names.
void PathPool::mark_reaching() {
    std::multimap<std::string_view, Index> by_issuer;
    std::vector<Index> open;
    for (Index i = 0; i < nodes_.size(); ++i) {
        by_issuer.emplace(nodes_[i].issuer, i);
        if (!nodes_[i].anchor) continue;
        nodes_[i].reaches_anchor = true;
        open.push_back(i);
    }
    while (!open.empty()) {
        const Index issuer = open.back();
        open.pop_back();
        const auto [first, last] = by_issuer.equal_range(nodes_[issuer].subject);
        for (auto it = first; it != last; ++it) {
            if (std::exchange(nodes_[it->second].reaches_anchor, true)) continue;
            open.push_back(it->second);
        }
    }
}

const std::vector<Finding>& PathPool::findings(Index index) {
    Node& node = nodes_[index];
    const Role role = index == k_leaf ? Role::leaf : node.anchor ? Role::anchor : Role::intermediate;
    if (!node.findings) node.findings = certificate_findings(node.certificate, role, request_);
    return *node.findings;
}

const std::vector<PathPool::Index>& PathPool::issuers(Index index) {
    if (nodes_[index].issuers) return *nodes_[index].issuers;
    std::vector<Index> out;
    const auto [first, last] = by_subject_.equal_range(nodes_[index].issuer);
    for (auto it = first; it != last; ++it) out.push_back(it->second);
    const auto wanted = nodes_[index].certificate.authority_key_id();
    const auto rank = [&](Index i) {
        const auto id = nodes_[i].certificate.subject_key_id();
        const bool other_key = wanted && id && *wanted != *id;
        return (nodes_[i].anchor ? 0 : 1) + (other_key ? 2 : 0);
    };
    std::stable_sort(out.begin(), out.end(), [&](Index a, Index b) {
        const int rank_a = rank(a), rank_b = rank(b);
        return rank_a != rank_b ? rank_a < rank_b
                                : nodes_[a].certificate.not_before() > nodes_[b].certificate.not_before();
    });
    nodes_[index].issuers = std::move(out);
    return *nodes_[index].issuers;
}

bool PathPool::signed_by(Index child, Index issuer) {
    if (const auto known = signed_.find({child, issuer}); known != signed_.end()) return known->second;
    if (out_of_signatures()) return false;
    ++signatures_;
    const Certificate &below = nodes_[child].certificate, &above = nodes_[issuer].certificate;
    // What a leaf shows is not seen again.
    const bool remember = request_.signatures != nullptr && child != k_leaf;
    const bool good = remember ? request_.signatures->signed_by(below, above) : verifies(below, above);
    signed_[{child, issuer}] = good;
    return good;
}

const RevocationStatus& PathPool::revocation(Index child, Index issuer) {
    const auto known = revocation_.find({child, issuer});
    if (known != revocation_.end()) return known->second;
    auto status = revocation_status(nodes_[child].certificate, nodes_[issuer].certificate, request_.revocation.evidence,
                                    request_.at);
    return revocation_.emplace(std::pair{child, issuer}, std::move(status)).first->second;
}

bool PathPool::same_entity(Index a, Index b) const {
    return nodes_[a].subject == nodes_[b].subject &&
           base::equal(nodes_[a].certificate.spki_der(), nodes_[b].certificate.spki_der());
}

}  // namespace signet::x509
