#include "x509/dns_subtrees.h"

#include <algorithm>
#include <bit>

namespace signet::x509 {

bool DnsSubtrees::Less::operator()(std::string_view a, std::string_view b) const {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [&](char x, char y) { return lower(x) < lower(y); });
}

void DnsSubtrees::add(const GeneralName& base) {
    const std::string_view text = base.text();
    bases_.emplace(text, &base);
    if (const std::size_t dot = text.find('.'); dot != std::string_view::npos)
        by_parent_.emplace(text.substr(dot + 1), &base);
}

const GeneralName* DnsSubtrees::find(const Bases& bases, std::string_view name) {
    const auto found = bases.find(name);
    return found == bases.end() ? nullptr : found->second;
}

const GeneralName* DnsSubtrees::covering(std::string_view name) const {
    for (;;) {
        if (const GeneralName* base = find(bases_, name)) return base;
        if (name.empty()) return nullptr;
        const std::size_t dot = name.find('.');
        name.remove_prefix(dot == std::string_view::npos ? name.size() : dot + 1);
    }
}

std::size_t DnsSubtrees::cost(std::string_view name) const {
    constexpr std::size_t k_octets_a_step = 8;
    if (bases_.empty()) return 0;
    const auto labels = static_cast<std::size_t>(std::count(name.begin(), name.end(), '.')) + 2;
    const auto levels = static_cast<std::size_t>(std::bit_width(bases_.size()));
    return labels * levels * (1 + name.size() / k_octets_a_step);
}

const GeneralName* DnsSubtrees::below_wildcard(std::string_view name) const {
    return name.starts_with("*.") ? find(by_parent_, name.substr(2)) : nullptr;
}

}  // namespace signet::x509
