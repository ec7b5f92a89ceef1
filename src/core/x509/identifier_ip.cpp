#include <arpa/inet.h>

#include <array>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "x509/identifier_forms.h"

namespace signet::x509::forms {
namespace {

using base::Error;
using base::Kind;

[[noreturn]] void refuse(std::string_view text, std::string why, std::string hint) {
    throw Error{Kind::bad_input, "\"" + base::printable(text) + "\" is not an IP address: " + std::move(why),
                std::move(hint)};
}

base::Bytes parse_ipv4(std::string_view text) {
    base::Bytes out;
    for (const std::string_view piece : base::split(text, '.')) {
        int value = 0;
        if (!base::is_digits(piece) || piece.empty())
            refuse(text, "a part of it is no number", "write four numbers with dots");
        if (piece.size() > 1 && piece[0] == '0') refuse(text, "a number with a leading zero", "write it without");
        for (const char c : piece.substr(0, 4)) value = value * 10 + (c - '0');
        if (value > 255) refuse(text, "a number above 255", "correct it");
        out.push_back(static_cast<std::uint8_t>(value));
    }
    if (out.size() != 4)
        refuse(text, std::to_string(out.size()) + " numbers instead of four", "write four numbers with dots");
    return out;
}

/// RFC 5952 section 4: the longest run of two or more zero groups, the first of equals.
std::pair<std::size_t, std::size_t> zero_run(const std::array<unsigned, 8>& groups) {
    std::size_t best = 8, length = 1;
    for (std::size_t i = 0; i < 8; ++i) {
        std::size_t end = i;
        while (end < 8 && groups[end] == 0) ++end;
        if (end - i > length) {
            best = i;
            length = end - i;
        }
    }
    return {best, best == 8 ? 0 : length};
}

std::string format_ipv4(base::ByteView octets) {
    std::string out;
    for (const std::uint8_t octet : octets) out += (out.empty() ? "" : ".") + std::to_string(octet);
    return out;
}

std::string format_ipv6(base::ByteView octets) {
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(octets[2 * i]) << 8 | octets[2 * i + 1];
    const auto [start, length] = zero_run(groups);
    if (start == 0 && length == 5 && groups[5] == 0xffff) return "::ffff:" + format_ipv4(octets.subspan(12));
    std::string out;
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == start) {
            out += "::";
            i += length - 1;
            continue;
        }
        std::array<char, 8> text{};
        std::snprintf(text.data(), text.size(), "%x", groups[i]);
        if (!out.empty() && out.back() != ':') out += ':';
        out += text.data();
    }
    return out;
}

}  // namespace

base::Bytes parse_ip(std::string_view text) {
    if (text.starts_with('[')) refuse(text, "it is in brackets", "leave brackets and port out");
    if (text.find('%') != std::string_view::npos) refuse(text, "it has a zone", "leave the \"%\" part out");
    if (text.find(':') == std::string_view::npos) return parse_ipv4(text);
    base::Bytes out(16);
    if (text.size() > 45 || inet_pton(AF_INET6, std::string(text).c_str(), out.data()) != 1) {
        refuse(text, "it has colons but is no IPv6 address", "write eight groups, or \"::\" once");
    }
    return out;
}

std::string format_ip(base::ByteView octets) { return octets.size() == 4 ? format_ipv4(octets) : format_ipv6(octets); }

}  // namespace signet::x509::forms
