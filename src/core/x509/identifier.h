#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace signet::x509 {

/// What a certificate can name: a DNS name, an IP address, a URI or an e-mail address, always in canonical form
/// (DNS in lower case without trailing dot, IPv6 as RFC 5952, URI scheme and host in lower case), so that equal
/// identifiers have equal text.
class Identifier {
public:
    enum class Type { dns, ip, uri, email };

    /// The form tells the type: an address, something with "://" or a URI scheme, something with "@", else DNS.
    /// Throws bad_input saying what is wrong with it and, where one can guess, what was meant.
    static Identifier parse(std::string_view text);
    /// Syntax is strict: LDH labels, A-labels that decode (U-labels are refused with their A-label as the hint when
    /// it can be told), no all-digit last label, 253 octets; a wildcard is "*." before at least two labels.
    static Identifier dns(std::string_view text);
    static Identifier ip(std::string_view text);
    static Identifier ip_bytes(base::ByteView octets);  // 4 or 16; throws bad_input for another length
    static Identifier uri(std::string_view text);       // absolute, with a host or path; ASCII; RFC 3986
    static Identifier email(std::string_view text);     // RFC 5321 Mailbox, ASCII

    Type type() const { return type_; }
    const std::string& text() const { return text_; }
    bool is_wildcard() const { return type_ == Type::dns && text_.starts_with("*."); }
    /// "*.example.internal" without its "*."; else the text.
    std::string_view base_name() const;
    /// Network order, 4 or 16 octets. Only for ip.
    base::Bytes octets() const;

    friend auto operator<=>(const Identifier&, const Identifier&) = default;

private:
    Identifier(Type type, std::string text) : type_(type), text_(std::move(text)) {}
    Type type_;
    std::string text_;
};

/// "dns", "ip" (RFC 8555, RFC 8738), "uri", "email".
std::string_view type_name(Identifier::Type type);

/// RFC 9525 section 6.3: does the certificate's name cover the reference identity? A wildcard covers exactly one
/// left-most label; comparison is by canonical form.
bool matches(const Identifier& presented, const Identifier& reference);

}  // namespace signet::x509
