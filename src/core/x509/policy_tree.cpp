#include "x509/policy_tree.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace signet::x509 {
namespace {

constexpr char k_any_policy[] = "2.5.29.32.0";
constexpr std::size_t k_most_policies = 1000;  // at one level

/// The deepest level of the valid policy tree. With any-policy as the initial set only its being empty matters, so
/// the levels above are not kept, nor who is whose parent.
class Policies {
public:
    explicit Policies(int length) : explicit_(length + 1), mapping_(length + 1), any_(length + 1) {}

    /// Section 6.1.3 (d), (e), (f). False when the path must stop here.
    bool process(const Certificate& certificate, bool last) {
        const auto& policies = certificate.policies();
        if (!policies.oids) {
            level_.clear();
        } else {
            const bool any_counts = any_ > 0 || (!last && certificate.self_issued());
            narrow(*policies.oids, any_counts);
        }
        return explicit_ > 0 || !level_.empty();
    }

    /// Section 6.1.4 (a), (b), (h), (i), (j).
    bool prepare(const Certificate& certificate) {
        if (!map(certificate.policies().mappings)) return false;
        if (!certificate.self_issued()) {
            for (int* counter : {&explicit_, &mapping_, &any_}) *counter = std::max(0, *counter - 1);
        }
        const auto lower = [](int& counter, const std::optional<int>& limit) {
            if (limit) counter = std::min(counter, *limit);
        };
        lower(explicit_, certificate.policies().require_explicit);
        lower(mapping_, certificate.policies().inhibit_mapping);
        lower(any_, certificate.policies().inhibit_any);
        return true;
    }

    /// Section 6.1.5 (a), (b), (g).
    bool wrap_up(const Certificate& leaf) {
        explicit_ = std::max(0, explicit_ - 1);
        if (leaf.policies().require_explicit == 0) explicit_ = 0;
        return explicit_ > 0 || !level_.empty();
    }

private:
    /// Each policy of the certificate that some node of the level expects, or that anyPolicy lets in.
    void narrow(const std::vector<std::string>& oids, bool any_counts) {
        std::map<std::string, std::set<std::string>> next;
        const bool any_above = level_.contains(k_any_policy);
        std::set<std::string_view> expected;
        for (const auto& [valid, wanted] : level_) expected.insert(wanted.begin(), wanted.end());
        for (const std::string& oid : oids) {
            if (oid != k_any_policy && (any_above || expected.contains(oid))) next[oid] = {oid};
        }
        if (any_counts && std::find(oids.begin(), oids.end(), k_any_policy) != oids.end()) {
            for (const auto& [valid, wanted] : level_) {
                for (const std::string& oid : wanted) next.try_emplace(oid, std::set<std::string>{oid});
            }
        }
        level_ = std::move(next);
    }

    bool map(const std::vector<std::pair<std::string, std::string>>& mappings) {
        std::map<std::string, std::set<std::string>> mapped;
        for (const auto& [from, to] : mappings) {
            if (from == k_any_policy || to == k_any_policy) return false;
            mapped[from].insert(to);
        }
        for (const auto& [from, to] : mapped) {
            const bool there = level_.contains(from);
            if (mapping_ == 0) {
                level_.erase(from);
            } else if (there || level_.contains(k_any_policy)) {
                level_[from] = to;
            }
        }
        return level_.size() <= k_most_policies;
    }

    std::map<std::string, std::set<std::string>> level_{{k_any_policy, {k_any_policy}}};
    int explicit_, mapping_, any_;
};

/// Nothing of the policies can fail where no policy is required, and none mapped against the rules.
bool is_indifferent(const Certificate& certificate) {
    const auto& policies = certificate.policies();
    return !policies.require_explicit && policies.mappings.empty();
}

}  // namespace

int policy_failure(const std::vector<Certificate>& chain) {
    if (std::all_of(chain.begin(), chain.end(), is_indifferent)) return -1;
    const int length = static_cast<int>(chain.size()) - 1;
    Policies policies(length);
    for (int i = length - 1; i >= 0; --i) {
        const Certificate& certificate = chain[static_cast<std::size_t>(i)];
        if (!policies.process(certificate, i == 0)) return i;
        if (i == 0 ? !policies.wrap_up(certificate) : !policies.prepare(certificate)) return i;
    }
    return -1;
}

}  // namespace signet::x509
