#pragma once

#include <cstddef>
#include <map>
#include <string_view>

#include "x509/general_name.h"

namespace signet::x509 {

/// The DNS bases of one side of name constraints (RFC 5280 section 4.2.1.10), ordered, so that what covers a name is
/// found by one look-up for each of its labels, however many bases there are and whoever chose them. Case does not
/// count.
class DnsSubtrees {
public:
    /// `base` must outlive this.
    void add(const GeneralName& base);
    bool empty() const { return bases_.empty(); }

    /// The nearest base that is the name or above it; nullptr when there is none. An empty base covers everything.
    const GeneralName* covering(std::string_view name) const;
    /// A base that the wildcard `name`, "*.x", covers: one label below x. nullptr when there is none, or no wildcard.
    const GeneralName* below_wildcard(std::string_view name) const;

    /// What looking a name up takes at most, in steps of some ten nanoseconds: a comparison for each of its labels and
    /// each level of the tree, none longer than the name.
    std::size_t cost(std::string_view name) const;

private:
    struct Less {
        bool operator()(std::string_view a, std::string_view b) const;
    };
    using Bases = std::map<std::string_view, const GeneralName*, Less>;

    static const GeneralName* find(const Bases& bases, std::string_view name);

    Bases bases_;
    Bases by_parent_;  // by what follows the first label
};

}  // namespace signet::x509
