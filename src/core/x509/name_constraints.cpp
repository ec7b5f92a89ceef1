#include "x509/name_constraints.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "x509/dns_subtrees.h"
#include "x509/general_name.h"

namespace signet::x509 {

/// A name, or a base, with what is made of it once.
struct ComparedName {
    const GeneralName* name;
    std::vector<std::string> keys = {};  // of a directory name, an RDN each
};

namespace {

using Kind = GeneralName::Kind;

constexpr std::size_t k_kinds = 9;
constexpr std::size_t k_octets_a_step = 32;
constexpr char k_email_attribute[] = "1.2.840.113549.1.9.1";

enum class Fit { inside, outside, not_comparable };

/// A base with a leading dot covers hosts below it, one without covers that host alone: URIs and e-mail.
bool host_fits(std::string_view host, std::string_view base) {
    if (base.empty()) return true;
    if (base.front() != '.') return base::iequals(host, base);
    return host.size() > base.size() && base::iequals(host.substr(host.size() - base.size()), base);
}

Fit email_fit(std::string_view mailbox, std::string_view base) {
    const std::size_t at = mailbox.rfind('@');
    if (at == std::string_view::npos) return Fit::not_comparable;
    const std::string_view host = mailbox.substr(at + 1);
    const std::size_t base_at = base.rfind('@');
    if (base_at == std::string_view::npos) return host_fits(host, base) ? Fit::inside : Fit::outside;
    const bool same = mailbox.substr(0, at) == base.substr(0, base_at) && base::iequals(host, base.substr(base_at + 1));
    return same ? Fit::inside : Fit::outside;
}

/// The host of a URI; empty when it has none, or an address: such URIs cannot be held to a constraint.
std::string_view uri_host(std::string_view uri) {
    const std::size_t start = uri.find("://");
    if (start == std::string_view::npos) return {};
    std::string_view authority = uri.substr(start + 3);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
    if (authority.starts_with('[')) return {};
    authority = authority.substr(0, authority.find(':'));
    const std::string_view last = authority.substr(authority.rfind('.') + 1);
    return base::is_digits(last) && !last.empty() ? std::string_view() : authority;
}

Fit uri_fit(std::string_view uri, std::string_view base) {
    const std::string_view host = uri_host(uri);
    if (host.empty()) return Fit::not_comparable;
    return host_fits(host, base) ? Fit::inside : Fit::outside;
}

Fit ip_fit(base::ByteView address, base::ByteView base) {
    if (base.size() != 2 * address.size()) return Fit::outside;
    for (std::size_t i = 0; i < address.size(); ++i) {
        if (((address[i] ^ base[i]) & base[address.size() + i]) != 0) return Fit::outside;
    }
    return Fit::inside;
}

std::vector<std::string> keys_of(const GeneralName& name) {
    return name.kind == Kind::directory ? DistinguishedName::from_der(name.value).comparison_keys()
                                        : std::vector<std::string>();
}

Fit fit(const ComparedName& name, const ComparedName& base) {
    switch (name.name->kind) {
        case Kind::email:
            return email_fit(name.name->text(), base.name->text());
        case Kind::uri:
            return uri_fit(name.name->text(), base.name->text());
        case Kind::ip:
            return ip_fit(name.name->value, base.name->value);
        case Kind::directory:
            return base.keys.size() <= name.keys.size() &&
                           std::equal(base.keys.begin(), base.keys.end(), name.keys.begin())
                       ? Fit::inside
                       : Fit::outside;
        case Kind::dns:  // DnsSubtrees
        case Kind::other:
        case Kind::x400:
        case Kind::edi:
        case Kind::registered_id:
            break;
    }
    return Fit::not_comparable;
}

/// In steps of some ten nanoseconds.
std::size_t cost(const GeneralName& a, const GeneralName& b) {
    return 1 + std::min(a.value.size(), b.value.size()) / k_octets_a_step;
}

std::string shown(const GeneralName& name) {
    std::string text(kind_name(name.kind));
    if (name.kind == Kind::ip)
        return text + " " +
               (name.value.size() > 16 || name.value.size() == 8 ? "range" : Identifier::ip_bytes(name.value).text());
    if (name.kind == Kind::directory) return text + " " + DistinguishedName::from_der(name.value).text();
    if (name.kind == Kind::dns || name.kind == Kind::uri || name.kind == Kind::email)
        text += " \"" + base::printable(name.text()) + "\"";
    return text;
}

/// Text that is not in the syntax of its kind cannot be held to a constraint.
bool is_sound(const GeneralName& name) {
    const bool text = name.kind == Kind::dns || name.kind == Kind::uri || name.kind == Kind::email;
    return !text || to_identifier(name).has_value();
}

}  // namespace

/// The names of one certificate, or the bases of its constraints, ready to be compared.
struct ConstraintChecker::Prepared {
    Certificate certificate;  // kept: what follows points into it
    std::vector<GeneralName> own = {};
    std::vector<ComparedName> names = {};
    std::array<std::vector<ComparedName>, k_kinds> permitted = {}, excluded = {};
    DnsSubtrees permitted_dns = {}, excluded_dns = {};
    bool has_names = false, has_bases = false;

    /// SAN, subject, and for want of a SAN the subject's e-mail addresses (section 4.2.1.10).
    void prepare_names() {
        if (std::exchange(has_names, true)) return;
        const DistinguishedName& subject = certificate.subject();
        if (!subject.empty()) own.push_back({Kind::directory, subject.der()});
        for (const auto& attribute : subject.attributes()) {
            if (!certificate.has_san() && attribute.oid == k_email_attribute)
                own.push_back({Kind::email, base::to_bytes(attribute.value)});
        }
        for (const auto* list : {&certificate.general_names(), &std::as_const(own)})
            for (const GeneralName& name : *list) names.push_back({&name, keys_of(name)});
    }

    void prepare_bases() {
        if (std::exchange(has_bases, true)) return;
        const auto sort = [](const std::vector<GeneralName>& bases, auto& by_kind, DnsSubtrees& dns) {
            for (const GeneralName& base : bases) {
                if (base.kind == Kind::dns)
                    dns.add(base);
                else
                    by_kind[static_cast<std::size_t>(base.kind)].push_back({&base, keys_of(base)});
            }
        };
        sort(certificate.name_subtrees()->permitted, permitted, permitted_dns);
        sort(certificate.name_subtrees()->excluded, excluded, excluded_dns);
    }
};

ConstraintChecker::ConstraintChecker(std::size_t most_steps) : left_(most_steps) {}
ConstraintChecker::~ConstraintChecker() = default;

ConstraintChecker::Prepared& ConstraintChecker::prepared(const Certificate& certificate) {
    auto& found = prepared_[&certificate.der()];
    if (!found) found = std::make_unique<Prepared>(Prepared{certificate});
    return *found;
}

bool ConstraintChecker::spend(std::size_t steps) {
    exhausted_ |= steps > left_;
    if (!exhausted_) left_ -= steps;
    return !exhausted_;
}

namespace {

std::string not_comparable(const GeneralName& name) { return shown(name) + " cannot be held to the name constraints"; }
std::string in_no_permitted(const GeneralName& name) { return shown(name) + " is in no permitted subtree"; }
std::string in_excluded(const GeneralName& name, const GeneralName& base) {
    return shown(name) + " is in the excluded subtree " + shown(base);
}
std::string malformed(const GeneralName& name) {
    return shown(name) + " is malformed, and names of its kind are constrained";
}

/// Compares a name with all bases of its kind until `spend` says no.
template <class Spend>
std::string violation(const ComparedName& name, std::span<const ComparedName> permitted,
                      std::span<const ComparedName> excluded, const Spend& spend) {
    bool inside = permitted.empty();
    for (const ComparedName& base : permitted) {
        if (inside || !spend(cost(*name.name, *base.name))) break;
        const Fit result = fit(name, base);
        if (result == Fit::not_comparable) return not_comparable(*name.name);
        inside = result == Fit::inside;
    }
    if (!inside) return in_no_permitted(*name.name);
    for (const ComparedName& base : excluded) {
        if (!spend(cost(*name.name, *base.name))) break;
        const Fit result = fit(name, base);
        if (result == Fit::not_comparable) return not_comparable(*name.name);
        if (result == Fit::inside) return in_excluded(*name.name, *base.name);
    }
    const bool constrained = !permitted.empty() || !excluded.empty();
    return constrained && !is_sound(*name.name) ? malformed(*name.name) : "";
}

/// The same by look-ups, of which a sound name takes few.
template <class Spend>
std::string dns_violation(const GeneralName& name, const DnsSubtrees& permitted, const DnsSubtrees& excluded,
                          const Spend& spend) {
    if (permitted.empty() && excluded.empty()) return "";
    if (!is_sound(name)) return malformed(name);
    if (!spend(permitted.cost(name.text()) + excluded.cost(name.text()))) return "";
    if (!permitted.empty() && permitted.covering(name.text()) == nullptr) return in_no_permitted(name);
    const GeneralName* base = excluded.covering(name.text());
    // An exclusion of x.y also hits *.y, which covers x.y.
    if (base == nullptr) base = excluded.below_wildcard(name.text());
    return base != nullptr ? in_excluded(name, *base) : "";
}

}  // namespace

std::string ConstraintChecker::violation(const Certificate& issuer, const Certificate& subject) {
    if (!issuer.name_subtrees()) return "";
    Prepared &above = prepared(issuer), &below = prepared(subject);
    above.prepare_bases();
    below.prepare_names();
    const auto spend = [this](std::size_t steps) { return this->spend(steps); };
    for (const ComparedName& name : below.names) {
        const auto kind = static_cast<std::size_t>(name.name->kind);
        std::string why = name.name->kind == Kind::dns
                              ? dns_violation(*name.name, above.permitted_dns, above.excluded_dns, spend)
                              : x509::violation(name, above.permitted[kind], above.excluded[kind], spend);
        if (!spend(1 + name.name->value.size() / k_octets_a_step)) return "too many names and constraints to compare";
        if (!why.empty()) return why;
    }
    return "";
}

std::string constraint_violation(const Certificate& issuer, const Certificate& subject) {
    return ConstraintChecker().violation(issuer, subject);
}

}  // namespace signet::x509
