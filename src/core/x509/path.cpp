#include "x509/path.h"

#include <algorithm>

#include "x509/name_constraints.h"
#include "x509/path_checks.h"
#include "x509/path_pool.h"

namespace signet::x509 {
namespace {

using Index = PathPool::Index;

constexpr std::size_t k_most_given = 5'000;   // of one request
constexpr std::size_t k_longest_path = 32;    // certificates; real chains have two to five
constexpr std::size_t k_most_steps = 20'000;  // issuers tried, when looking for a good path
constexpr std::size_t k_most_whole = 200;     // paths judged as a whole
constexpr std::size_t k_most_judged = 100;    // complete but bad paths weighed for the best explanation
constexpr std::size_t k_most_bad_steps = 2'000;
constexpr std::size_t k_few_comparisons = 500;

/// How many pairs of a name and a constraint there are.
std::size_t comparisons(const Certificate& issuer, const std::vector<Certificate>& below) {
    const auto& subtrees = issuer.name_subtrees();
    if (!subtrees) return 0;
    std::size_t names = 0;
    for (const Certificate& one : below) names += one.general_names().size() + 1;
    return names * (subtrees->permitted.size() + subtrees->excluded.size());
}

class Search {
public:
    explicit Search(const PathRequest& request) : request_(request), pool_(request) {}

    PathResult run() {
        path_ = {PathPool::k_leaf};
        chain_ = {request_.leaf};
        if (pool_.findings(PathPool::k_leaf).empty() && find_good()) return result(path_, {});
        const auto& own = pool_.findings(PathPool::k_leaf);
        if (request_.brief && !own.empty()) return result({PathPool::k_leaf}, own);
        if (request_.brief && !(limit_.empty() && first_reason_.empty()))
            return result({PathPool::k_leaf}, with_limit(first_reason_));
        steps_ = 0;
        path_ = {PathPool::k_leaf};
        find_nearest();
        if (best_) return result(*best_, with_limit(best_findings_));
        return result(longest_, with_limit(unanchored()));
    }

private:
    /// Depth first, every check as early as it can be made, so that a path which reaches an anchor is good but for what
    /// only the whole shows. Leaves the path in `path_`.
    bool find_good() {
        const Index child = path_.back();
        if (pool_.is_anchor(child) && is_good_whole()) return true;
        if (request_.max_depth && static_cast<int>(path_.size()) - 1 > *request_.max_depth) return false;
        if (path_.size() >= k_longest_path) return hit("paths of more than " + count(k_longest_path, "certificates"));
        for (const Index issuer : pool_.issuers(child)) {
            if (is_stopped()) return false;
            if (!may_follow(issuer) || !pool_.reaches_anchor(issuer)) continue;
            if (rejected(child, issuer)) continue;
            path_.push_back(issuer);
            chain_.push_back(pool_.certificate(issuer));
            if (find_good()) return true;
            path_.pop_back();
            chain_.pop_back();
        }
        return false;
    }

    bool is_good_whole() {
        ++whole_;
        std::vector<Finding> findings = whole_path_findings(chain_, request_);
        if (findings.empty()) return true;
        spoilt(findings);
        return false;
    }

    /// Whoever sends certificates must not decide how long we look at them.
    bool is_stopped() {
        if (++steps_ > k_most_steps) return !hit("more than " + count(k_most_steps, "ways from one to the next"));
        if (whole_ > k_most_whole) return !hit("more than " + count(k_most_whole, "whole paths"));
        if (pool_.out_of_signatures()) return !hit("more signatures than half a second suffices for");
        if (checker_.exhausted())
            return !hit("more pairs of names and constraints than tenths of a second suffice for");
        return false;
    }

    static std::string count(std::size_t number, const char* what) { return std::to_string(number) + " " + what; }

    bool hit(std::string limit) {
        if (limit_.empty()) limit_ = std::move(limit);
        return false;
    }

    /// A path may have been missed: that is said beside, or for want of, what is wrong with those seen.
    std::vector<Finding> with_limit(std::vector<Finding> findings) const {
        if (limit_.empty()) return findings;
        findings.insert(findings.begin(), {0, "limit", "RFC 5280 section 6.1",
                                           "the search for a path ended early: " + limit_ + " were not looked at",
                                           "give the certificates of the chain alone"});
        return findings;
    }

    /// Signatures cost most, and come after what is cheap. Constraints with much to compare come after them: who could
    /// not sign must not make us work.
    bool rejected(Index child, Index issuer) {
        const Certificate& above = pool_.certificate(issuer);
        const bool cheap = comparisons(above, chain_) <= k_few_comparisons;
        if (cheap && spoilt(issuer_findings(above, chain_, checker_))) return true;
        if (spoilt(pool_.findings(issuer))) return true;
        const int index = static_cast<int>(path_.size()) - 1;
        if (!pool_.signed_by(child, issuer)) {
            if (request_.brief) spoilt({signature_finding(pool_.certificate(child), above, index)});
            return true;
        }
        if (const auto finding = revocation_of(child, issuer, path_.size() - 1)) return spoilt({*finding});
        return !cheap && spoilt(issuer_findings(above, chain_, checker_));
    }

    bool spoilt(const std::vector<Finding>& findings) {
        if (request_.brief && first_reason_.empty()) first_reason_ = findings;
        return !findings.empty();
    }

    /// Why the next certificate of the path must not pass below this issuer.
    std::optional<Finding> revocation_of(Index child, Index issuer, std::size_t position) {
        if (!request_.revocation.any()) return std::nullopt;
        return revocation_finding(pool_.certificate(child), static_cast<int>(position), pool_.revocation(child, issuer),
                                  request_.revocation);
    }

    bool may_follow(Index issuer) const {
        return std::none_of(path_.begin(), path_.end(), [&](Index seen) { return pool_.same_entity(seen, issuer); });
    }

    /// All paths by name, judged; the one with the fewest findings is what the operator meant.
    void find_nearest() {
        if (path_.size() > longest_.size()) longest_ = path_;
        const Index child = path_.back();
        if (pool_.is_anchor(child)) weigh();
        if (path_.size() >= k_longest_path) {
            hit("paths of more than " + count(k_longest_path, "certificates"));
            return;
        }
        // Issuers whose key fits first: what hangs on a wrong key explains nothing.
        for (const bool good : {true, false}) {
            for (const Index issuer : pool_.issuers(child)) {
                if (judged_ >= k_most_judged || ++steps_ > k_most_bad_steps) return;
                if (!may_follow(issuer) || pool_.signed_by(child, issuer) != good) continue;
                path_.push_back(issuer);
                find_nearest();
                path_.pop_back();
            }
        }
    }

    void weigh() {
        ++judged_;
        std::vector<Finding> findings = judge();
        if (best_ && best_findings_.size() <= findings.size()) return;
        best_ = path_;
        best_findings_ = std::move(findings);
    }

    std::vector<Finding> own_findings(const std::vector<Index>& path) {
        std::vector<Finding> out;
        for (std::size_t i = 0; i < path.size(); ++i) {
            for (Finding finding : pool_.findings(path[i])) {
                finding.certificate = static_cast<int>(i);
                out.push_back(std::move(finding));
            }
            if (i + 1 < path.size() && !pool_.signed_by(path[i], path[i + 1])) {
                out.push_back(
                    signature_finding(pool_.certificate(path[i]), pool_.certificate(path[i + 1]), static_cast<int>(i)));
            } else if (i + 1 < path.size()) {
                if (auto finding = revocation_of(path[i], path[i + 1], i)) out.push_back(*std::move(finding));
            }
        }
        return out;
    }

    std::vector<Finding> judge() {
        std::vector<Finding> out = own_findings(path_);
        const auto take = [&](std::vector<Finding> more) {
            std::move(more.begin(), more.end(), std::back_inserter(out));
        };
        std::vector<Certificate> below;
        for (const Index index : path_) {
            if (!below.empty()) take(issuer_findings(pool_.certificate(index), below, checker_));
            below.push_back(pool_.certificate(index));
        }
        take(whole_path_findings(below, request_));
        return out;
    }

    /// The longest path by name and signature ends before an anchor.
    std::vector<Finding> unanchored() {
        std::vector<Finding> out = own_findings(longest_);
        const Certificate& top = pool_.certificate(longest_.back());
        const int index = static_cast<int>(longest_.size()) - 1;
        if (top.self_issued()) {
            out.push_back({index, "untrusted-root", "RFC 5280 section 6.1.1 (d)",
                           "the chain ends at \"" + describe(top) + "\", which is not among the trust anchors",
                           "give the root that issued it, or trust this one after checking its fingerprint"});
        } else {
            out.push_back({index, "no-issuer", "RFC 5280 section 6.1.3 (a)(4)",
                           "no certificate given has the subject \"" + top.issuer().text() + "\", which issued \"" +
                               describe(top) + "\"",
                           "give the missing CA certificate, with --intermediates, or with --root when it is trusted"});
        }
        return out;
    }

    void add_warnings(const std::vector<Index>& path, PathResult& out) {
        if (!request_.revocation.owed()) return;
        for (std::size_t i = 0; i + 1 < path.size(); ++i) {
            std::string warning = revocation_warning(pool_.certificate(path[i]), static_cast<int>(i),
                                                     pool_.revocation(path[i], path[i + 1]), request_.revocation);
            if (!warning.empty()) out.warnings.push_back(std::move(warning));
        }
    }

    PathResult result(const std::vector<Index>& path, std::vector<Finding> findings) {
        PathResult out;
        for (const Index index : path) out.chain.push_back(pool_.certificate(index));
        std::stable_sort(findings.begin(), findings.end(),
                         [](const Finding& a, const Finding& b) { return a.certificate < b.certificate; });
        add_warnings(path, out);
        out.checks = checks_made(request_, out.chain.size(), findings);
        out.findings = std::move(findings);
        return out;
    }

    const PathRequest& request_;
    PathPool pool_;
    std::vector<Index> path_, longest_;
    std::vector<Certificate> chain_;
    ConstraintChecker checker_;
    std::string limit_;  // that was hit first
    std::size_t steps_ = 0, whole_ = 0, judged_ = 0;
    std::optional<std::vector<Index>> best_;
    std::vector<Finding> best_findings_, first_reason_;
};

}  // namespace

PathResult validate_path(const PathRequest& request) {
    const std::size_t given = request.anchors.size() + request.intermediates.size();
    if (given <= k_most_given) return Search(request).run();
    return {{request.leaf},
            {{0, "limit", "RFC 5280 section 6.1",
              std::to_string(given) + " certificates to choose from are more than the " + std::to_string(k_most_given) +
                  " that are looked at",
              "give the certificates of the chain alone"}},
            {},
            {}};
}

}  // namespace signet::x509
