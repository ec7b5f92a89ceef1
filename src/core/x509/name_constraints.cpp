#include "x509/name_constraints.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "x509/general_name.h"

namespace signet::x509 {
namespace {

using Kind = GeneralName::Kind;

constexpr std::size_t k_most_comparisons = 1'000'000;
constexpr char k_email_attribute[] = "1.2.840.113549.1.9.1";

enum class Side { permitted, excluded };
enum class Fit { inside, outside, not_comparable };

bool ends_with_label(std::string_view name, std::string_view base) {
    return name.size() > base.size() && name.ends_with(base) && name[name.size() - base.size() - 1] == '.';
}

/// A base without leading dot covers itself and everything below (section 4.2.1.10).
Fit dns_fit(std::string_view name_text, std::string_view base_text, Side side) {
    const std::string name = base::lower(name_text);
    const std::string base = base::lower(base_text);
    if (base.empty() || name == base || ends_with_label(name, base)) return Fit::inside;
    // An exclusion of x.y also hits *.y, which covers x.y.
    const bool wildcard = side == Side::excluded && name.starts_with("*.");
    const std::size_t dot = base.find('.');
    const bool covered = wildcard && dot != std::string::npos &&
                         std::string_view(base).substr(dot + 1) == std::string_view(name).substr(2);
    return covered ? Fit::inside : Fit::outside;
}

/// A base with a leading dot covers hosts below it, one without covers that host alone: URIs and e-mail.
bool host_fits(std::string_view host_text, std::string_view base_text) {
    const std::string host = base::lower(host_text);
    const std::string base = base::lower(base_text);
    if (base.empty()) return true;
    return base.front() == '.' ? host.size() > base.size() && host.ends_with(base) : host == base;
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

Fit fit(const GeneralName& name, const GeneralName& base, Side side) {
    switch (name.kind) {
        case Kind::dns:
            return dns_fit(name.text(), base.text(), side);
        case Kind::email:
            return email_fit(name.text(), base.text());
        case Kind::uri:
            return uri_fit(name.text(), base.text());
        case Kind::ip:
            return ip_fit(name.value, base.value);
        case Kind::directory:
            return within(DistinguishedName::from_der(name.value), DistinguishedName::from_der(base.value))
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

std::string violation(const GeneralName& name, const Certificate::NameSubtrees& subtrees) {
    const auto same_kind = [&](const GeneralName& base) { return base.kind == name.kind; };
    bool constrained = false, permitted = false;
    for (const GeneralName& base : subtrees.permitted) {
        if (!same_kind(base) || permitted) continue;
        constrained = true;
        const Fit result = fit(name, base, Side::permitted);
        if (result == Fit::not_comparable) return shown(name) + " cannot be held to the name constraints";
        permitted = result == Fit::inside;
    }
    if (constrained && !permitted) return shown(name) + " is in no permitted subtree";
    for (const GeneralName& base : subtrees.excluded) {
        if (!same_kind(base)) continue;
        constrained = true;
        const Fit result = fit(name, base, Side::excluded);
        if (result == Fit::not_comparable) return shown(name) + " cannot be held to the name constraints";
        if (result == Fit::inside) return shown(name) + " is in the excluded subtree " + shown(base);
    }
    return constrained && !is_sound(name) ? shown(name) + " is malformed, and names of its kind are constrained" : "";
}

/// SAN, subject, and for want of a SAN the subject's e-mail addresses (section 4.2.1.10).
std::vector<GeneralName> names_of(const Certificate& certificate) {
    std::vector<GeneralName> names = certificate.general_names();
    if (!certificate.subject().empty()) names.push_back({Kind::directory, certificate.subject().der()});
    if (certificate.has_san()) return names;
    for (const auto& attribute : certificate.subject().attributes()) {
        if (attribute.oid == k_email_attribute) names.push_back({Kind::email, base::to_bytes(attribute.value)});
    }
    return names;
}

}  // namespace

std::string constraint_violation(const Certificate& issuer, const Certificate& subject) {
    if (!issuer.name_subtrees()) return "";
    const Certificate::NameSubtrees& subtrees = *issuer.name_subtrees();
    const std::vector<GeneralName> names = names_of(subject);
    if (names.size() * (subtrees.permitted.size() + subtrees.excluded.size()) > k_most_comparisons) {
        return "too many names and constraints to compare";
    }
    for (const GeneralName& name : names) {
        if (std::string why = violation(name, subtrees); !why.empty()) return why;
    }
    return "";
}

}  // namespace signet::x509
