#include "base/error.h"
#include "base/text.h"
#include "x509/identifier_forms.h"

namespace signet::x509::forms {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_longest_local_part = 64;  // RFC 5321 section 4.5.3.1.1
constexpr std::size_t k_longest_mailbox = 254;    // section 4.5.3.1.3, less the angle brackets

[[noreturn]] void refuse(std::string_view text, std::string why, std::string hint) {
    throw Error{Kind::bad_input, "\"" + base::printable(text) + "\" is not an e-mail address: " + std::move(why),
                std::move(hint)};
}

bool is_atext(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_string(std::string_view local) {
    for (const std::string_view atom : base::split(local, '.')) {
        if (atom.empty()) return false;
        for (const char c : atom) {
            if (!is_atext(c)) return false;
        }
    }
    return true;
}

bool is_quoted_string(std::string_view local) {
    if (local.size() < 2 || local.front() != '"' || local.back() != '"') return false;
    const std::string_view inside = local.substr(1, local.size() - 2);
    for (std::size_t i = 0; i < inside.size(); ++i) {
        if (inside[i] == '"') return false;
        if (inside[i] == '\\' && ++i == inside.size()) return false;
        if (inside[i] < ' ' || inside[i] > '~') return false;
    }
    return true;
}

/// RFC 5321 section 4.1.3: [192.0.2.1] or [IPv6:2001:db8::1].
bool is_address_literal(std::string_view domain) {
    if (!domain.starts_with('[') || !domain.ends_with(']')) return false;
    std::string_view inside = domain.substr(1, domain.size() - 2);
    const bool six = base::iequals(inside.substr(0, 5), "IPv6:");
    if (six) inside.remove_prefix(5);
    try {
        return parse_ip(inside).size() == (six ? 16u : 4u);
    } catch (const Error&) {
        return false;
    }
}

}  // namespace

std::string canonical_email(std::string_view text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos) refuse(text, "it has no \"@\"", "write local-part@domain");
    const std::string_view local = text.substr(0, at);
    const std::string_view domain = text.substr(at + 1);
    if (local.empty() || domain.empty()) refuse(text, "nothing on one side of the \"@\"", "write local-part@domain");
    if (text.size() > k_longest_mailbox || local.size() > k_longest_local_part) {
        refuse(text.substr(0, 80), "more than 64 octets before the \"@\" or 254 in all", "shorten it");
    }
    if (!is_dot_string(local) && !is_quoted_string(local)) {
        refuse(text, "the part before the \"@\" is not RFC 5321", "use ASCII letters, digits and dots, or quote it");
    }
    if (!is_address_literal(domain) && !is_host_name(domain)) {
        refuse(text, "\"" + base::printable(domain) + "\" is no mail domain", "use a DNS name after the \"@\"");
    }
    return std::string(local) + "@" + base::lower(domain);
}

}  // namespace signet::x509::forms
