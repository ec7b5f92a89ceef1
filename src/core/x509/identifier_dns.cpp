#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "x509/identifier_forms.h"
#include "x509/punycode.h"

namespace signet::x509::forms {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_longest_name = 253;  // RFC 1035 section 2.3.4, without the root's dot
constexpr std::size_t k_longest_label = 63;

struct Fault {
    std::string message;
    std::string hint;
};

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_ldh(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

/// Enough of case folding to give a right hint for Latin-1, Greek and Cyrillic.
char32_t fold(char32_t c) {
    if ((c >= U'A' && c <= U'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7)) return c + 32;
    if ((c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f)) return c + 32;
    return c;
}

/// The name with its U-labels as A-labels, as far as that can be told without the tables of RFC 5892.
std::optional<std::string> with_a_labels(std::string_view name) {
    std::string out;
    for (const std::string_view label : base::split(name, '.')) {
        if (!out.empty()) out += '.';
        if (is_ascii(label)) {
            out += base::lower(label);
            continue;
        }
        auto points = punycode::from_utf8(label);
        if (!points) return std::nullopt;
        std::transform(points->begin(), points->end(), points->begin(), fold);
        const auto encoded = punycode::encode(*points);
        if (!encoded) return std::nullopt;
        out += "xn--" + *encoded;
    }
    return out;
}

std::optional<Fault> fault_of_label(std::string_view label) {
    if (label.empty()) return Fault{"an empty label", "remove the doubled dot"};
    if (label.size() > k_longest_label) return Fault{"a label of more than 63 octets", "shorten it"};
    if (label.find('*') != std::string_view::npos) {
        return Fault{"a \"*\" that is not the whole left-most label", "write a wildcard as \"*.example.internal\""};
    }
    if (const auto bad = std::find_if_not(label.begin(), label.end(), is_ldh); bad != label.end()) {
        return Fault{"the character \"" + base::printable(std::string_view(&*bad, 1)) + "\"",
                     *bad == '_' ? "host names have no underscore: use a hyphen" : "use letters, digits and hyphens"};
    }
    if (label.front() == '-' || label.back() == '-')
        return Fault{"a label that starts or ends with a hyphen", "remove it"};
    if (!label.starts_with("xn--")) return std::nullopt;
    const auto decoded = punycode::decode(label.substr(4));
    const auto is_control = [](char32_t c) { return c >= 0x80 && c <= 0xa0; };
    const bool foreign = decoded &&
                         std::any_of(decoded->begin(), decoded->end(), [](char32_t c) { return c >= 0x80; }) &&
                         std::none_of(decoded->begin(), decoded->end(), is_control);
    if (!foreign || punycode::encode(*decoded) != label.substr(4)) {
        return Fault{"\"" + std::string(label) + "\", which is no A-label (RFC 5890): it does not decode",
                     "correct the label"};
    }
    return std::nullopt;
}

/// A last label that a resolver would read as a number makes the whole an address (10.0.0.1, 0x7f.1).
bool is_number(std::string_view label) {
    if (base::is_digits(label)) return true;
    return label.starts_with("0x") && label.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

std::optional<Fault> fault_of_name(std::string_view name) {
    if (name.empty()) return Fault{"no label at all", "give a DNS name"};
    if (name.size() > k_longest_name) return Fault{"more than 253 octets", "shorten it"};
    const auto labels = base::split(name, '.');
    for (const std::string_view label : labels) {
        if (auto fault = fault_of_label(label)) return fault;
    }
    if (is_number(labels.back()))
        return Fault{"a number as its last label", "write an address in full, or another name"};
    return std::nullopt;
}

[[noreturn]] void refuse(std::string_view name, const Fault& fault) {
    throw Error{Kind::bad_input, "\"" + base::printable(name) + "\" is not a DNS name: it has " + fault.message,
                fault.hint};
}

}  // namespace

std::string canonical_dns(std::string_view text) {
    if (!is_ascii(text)) {
        const auto ascii = with_a_labels(text);
        refuse(text,
               {"characters beyond ASCII", ascii ? "write its A-labels: " + *ascii : "write its A-labels (xn--…)"});
    }
    std::string name = base::lower(text);
    if (name.size() > 1 && name.ends_with('.')) name.pop_back();
    const bool wildcard = name.starts_with("*.");
    const std::string_view host = wildcard ? std::string_view(name).substr(2) : std::string_view(name);
    if (auto fault = fault_of_name(host)) refuse(text, *fault);
    if (name.size() > k_longest_name) refuse(text, {"more than 253 octets", "shorten it"});
    if (wildcard && host.find('.') == std::string_view::npos) {
        refuse(text, {"a wildcard above a single label", "put at least two labels after \"*.\""});
    }
    return name;
}

bool is_host_name(std::string_view text) { return is_ascii(text) && !fault_of_name(base::lower(text)); }

}  // namespace signet::x509::forms
