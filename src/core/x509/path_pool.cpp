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
constexpr std::size_t k_hash_unit = 50'000;     // octets hashed in the time of a P-256 signature
constexpr std::size_t k_search_unit = 250'000;  // octets of a CRL looked through in that time

/// Of checking a signature of a message with the issuer's key, in those of P-256 (some 100 us).
std::size_t cost(const Certificate& issuer, std::size_t message) {
    constexpr std::size_t k_rsa_unit = 4096;
    try {
        const crypto::PublicKey& key = issuer.public_key();
        const auto bits = static_cast<std::size_t>(key.bits());
        const bool quick = key.type() == crypto::KeyType::ec_p256 || key.type() == crypto::KeyType::ed25519;
        const std::size_t with_key = key.is_rsa() ? bits * bits / (k_rsa_unit * k_rsa_unit) : quick ? 0 : 10;
        return 1 + with_key + message / k_hash_unit;
    } catch (const base::Error&) {
        return 1;
    }
}

}  // namespace

bool SignatureMemory::signed_by(const Certificate& child, const Certificate& issuer) {
    const std::pair<const void*, const void*> pair{&child.der(), &issuer.der()};
    if (const auto known = checked_.find(pair); known != checked_.end()) return known->second.good;
    if (checked_.size() == k_most_remembered) checked_.clear();
    return checked_.emplace(pair, Checked{child, issuer, verifies(child, issuer)}).first->second.good;
}

PathPool::PathPool(const PathRequest& request) : request_(request) {
    nodes_.reserve(1 + request.anchors.size() + request.intermediates.size());
    add(request.leaf, false);
    for (const Certificate& anchor : request.anchors) add(anchor, true);
    for (const Certificate& intermediate : request.intermediates) add(intermediate, false);
    // The leaf issues nothing: found again among the others, it is there as itself.
    for (Index i = 1; i < nodes_.size(); ++i) by_subject_.emplace(nodes_[i].subject, i);
    mark_reaching();
}

void PathPool::add(const Certificate& certificate, bool anchor) {
    const auto [known, is_new] = known_.emplace(base::text_of(certificate.der()), nodes_.size());
    if (!is_new) {
        nodes_[known->second].anchor |= anchor;
        return;
    }
    const Name subject = name(certificate.subject()), issuer = name(certificate.issuer());
    const auto key = std::pair{subject, base::text_of(certificate.spki_der())};
    const std::size_t entity = entities_.emplace(key, nodes_.size()).first->second;
    nodes_.push_back({certificate, anchor, subject, issuer, entity, false, std::nullopt, std::nullopt});
}

PathPool::Name PathPool::name(const DistinguishedName& name) {
    const auto [seen, is_new] = names_seen_.emplace(base::text_of(name.der()), 0);
    if (is_new) seen->second = names_.emplace(key_of(name), names_.size()).first->second;
    return seen->second;
}

/// From the anchors down, by names.
void PathPool::mark_reaching() {
    std::unordered_multimap<Name, Index> by_issuer;
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
        by_issuer.erase(first, last);
    }
}

const std::vector<Finding>& PathPool::findings(Index index) {
    Node& node = nodes_[index];
    const Role role = index == k_leaf ? Role::leaf : node.anchor ? Role::anchor : Role::intermediate;
    if (!node.findings) {
        node.findings = certificate_findings(node.certificate, role, request_);
        spent_ += cost(node.certificate, node.certificate.der().size());  // the look at its key
    }
    return *node.findings;
}

const std::vector<PathPool::Index>& PathPool::issuers(Index index) {
    if (nodes_[index].issuers) return *nodes_[index].issuers;
    std::vector<Index> out;
    const auto [first, last] = by_subject_.equal_range(nodes_[index].issuer);
    for (auto it = first; it != last; ++it) out.push_back(it->second);
    std::sort(out.begin(), out.end());
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
    spent_ += cost(nodes_[issuer].certificate, nodes_[child].certificate.tbs_der().size());
    const Certificate &below = nodes_[child].certificate, &above = nodes_[issuer].certificate;
    // What a leaf shows is not seen again.
    const bool remember = request_.signatures != nullptr && child != k_leaf;
    const bool good = remember ? request_.signatures->signed_by(below, above) : verifies(below, above);
    signed_[{child, issuer}] = good;
    return good;
}

/// Each CRL is verified once for a key, and for one key that is no more work than to read it was: large CRLs are no
/// reason to give up. What is bounded is keys times CRLs, and certificates looked for in each.
void PathPool::charge(const Crl& crl, Index issuer) {
    spent_ += crl.der().size() / k_search_unit;
    auto& keys = crl_keys_[&crl.der()];
    const bool is_new = keys.insert(nodes_[issuer].entity).second;
    if ((is_new && keys.size() > 1) || keys.size() > Crl::k_keys_kept)
        spent_ += cost(nodes_[issuer].certificate, crl.der().size());
}

const RevocationStatus& PathPool::revocation(Index child, Index issuer) {
    const auto known = revocation_.find({child, issuer});
    if (known != revocation_.end()) return known->second;
    for (const Crl& crl : request_.revocation.evidence.crls) {
        if (same_name(crl.issuer(), nodes_[issuer].certificate.subject())) charge(crl, issuer);
    }
    auto status = revocation_status(nodes_[child].certificate, nodes_[issuer].certificate, request_.revocation.evidence,
                                    request_.at);
    return revocation_.emplace(std::pair{child, issuer}, std::move(status)).first->second;
}

}  // namespace signet::x509
