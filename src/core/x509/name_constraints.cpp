#include "x509/name_constraints.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/text.h"
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
constexpr char k_email_attribute[] = "1.2.840.113549.1.9.1";

enum class Side { permitted, excluded };
enum class Fit { inside, outside, not_comparable };

bool ends_with_label(std::string_view name, std::string_view base) {
    return name.size() > base.size() && base::iequals(name.substr(name.size() - base.size()), base) &&
           name[name.size() - base.size() - 1] == '.';
}

/// A base without leading dot covers itself and everything below (section 4.2.1.10).
Fit dns_fit(std::string_view name, std::string_view base, Side side) {
    if (base.empty() || base::iequals(name, base) || ends_with_label(name, base)) return Fit::inside;
    // An exclusion of x.y also hits *.y, which covers x.y.
    const bool wildcard = side == Side::excluded && name.starts_with("*.");
    const std::size_t dot = base.find('.');
    const bool covered =
        wildcard && dot != std::string_view::npos && base::iequals(base.substr(dot + 1), name.substr(2));
    return covered ? Fit::inside : Fit::outside;
}

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

Fit fit(const ComparedName& name, const ComparedName& base, Side side) {
    switch (name.name->kind) {
        case Kind::dns:
            return dns_fit(name.name->text(), base.name->text(), side);
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
    constexpr std::size_t k_octets_a_step = 32;
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
        const auto sort = [](const std::vector<GeneralName>& bases, auto& by_kind) {
            for (const GeneralName& base : bases)
                by_kind[static_cast<std::size_t>(base.kind)].push_back({&base, keys_of(base)});
        };
        sort(certificate.name_subtrees()->permitted, permitted);
        sort(certificate.name_subtrees()->excluded, excluded);
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

/// Compares a name with all bases of its kind until `spend` says no.
template <class Spend>
std::string violation(const ComparedName& name, std::span<const ComparedName> permitted,
                      std::span<const ComparedName> excluded, const Spend& spend) {
    bool inside = permitted.empty();
    for (const ComparedName& base : permitted) {
        if (inside || !spend(cost(*name.name, *base.name))) break;
        const Fit result = fit(name, base, Side::permitted);
        if (result == Fit::not_comparable) return not_comparable(*name.name);
        inside = result == Fit::inside;
    }
    if (!inside) return shown(*name.name) + " is in no permitted subtree";
    for (const ComparedName& base : excluded) {
        if (!spend(cost(*name.name, *base.name))) break;
        const Fit result = fit(name, base, Side::excluded);
        if (result == Fit::not_comparable) return not_comparable(*name.name);
        if (result == Fit::inside) return shown(*name.name) + " is in the excluded subtree " + shown(*base.name);
    }
    const bool constrained = !permitted.empty() || !excluded.empty();
    return constrained && !is_sound(*name.name)
               ? shown(*name.name) + " is malformed, and names of its kind are constrained"
               : "";
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
        std::string why = x509::violation(name, above.permitted[kind], above.excluded[kind], spend);
        if (!spend(1)) return "too many names and constraints to compare";
        if (!why.empty()) return why;
    }
    return "";
}

std::string constraint_violation(const Certificate& issuer, const Certificate& subject) {
    return ConstraintChecker().violation(issuer, subject);
}

}  // namespace signet::x509
