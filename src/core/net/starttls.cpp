#include "net/starttls.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace signet::net {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_longest_line = 2048;  // RFC 5321 allows 512 for replies
constexpr int k_most_lines = 100;
constexpr std::array<std::string_view, 4> k_words{"smtp", "imap", "postgres", "ldap"};
constexpr std::array<StartTls, 4> k_protocols{StartTls::smtp, StartTls::imap, StartTls::postgres, StartTls::ldap};

[[noreturn]] void unexpected(std::string_view protocol, std::string_view said) {
    throw Error{Kind::incorrect_response,
                "no " + std::string(protocol) + " server answers there: \"" + base::printable(said) + "\"",
                "choose the right port and --starttls"};
}

[[noreturn]] void refused(std::string_view said) {
    throw Error{Kind::tls, "the server refuses STARTTLS: \"" + base::printable(said) + "\"",
                "switch TLS on in the server, or leave --starttls out where TLS begins at once"};
}

/// Octet by octet: what follows the last line belongs to TLS.
std::string octets(ClientStream& stream, std::size_t count, const Deadline& deadline) {
    std::string out(count, '\0');
    for (std::size_t at = 0; at < count;) {
        const std::size_t size = stream.read(out.data() + at, count - at, deadline);
        if (size == 0) throw Error{Kind::connection, "the server closed the connection before STARTTLS"};
        at += size;
    }
    return out;
}

std::string line(ClientStream& stream, const Deadline& deadline) {
    std::string out;
    while (!out.ends_with('\n')) {
        if (out.size() == k_longest_line) unexpected("line-based", out.substr(0, 80));
        out += octets(stream, 1, deadline);
    }
    out.erase(out.find_last_not_of("\r\n") + 1);
    return out;
}

/// A reply of one line or several ("250-…", "250 …"); its last line.
std::string smtp_reply(ClientStream& stream, const Deadline& deadline, bool& offers_tls) {
    for (int count = 0; count < k_most_lines; ++count) {
        std::string text = line(stream, deadline);
        if (text.size() < 3 || !base::is_digits(std::string_view(text).substr(0, 3))) unexpected("SMTP", text);
        if (text.size() > 4 && base::iequals(base::trim(std::string_view(text).substr(4)), "STARTTLS"))
            offers_tls = true;
        if (text.size() == 3 || text[3] != '-') return text;
    }
    unexpected("SMTP", "too many lines");
}

void smtp(ClientStream& stream, const Deadline& deadline) {
    bool offers = false;
    std::string reply = smtp_reply(stream, deadline, offers);
    if (!reply.starts_with("220")) refused(reply);
    stream.write("EHLO signet.invalid\r\n", deadline);
    reply = smtp_reply(stream, deadline, offers);
    if (!reply.starts_with("250") || !offers) refused(offers ? reply : "it does not offer STARTTLS");
    stream.write("STARTTLS\r\n", deadline);
    reply = smtp_reply(stream, deadline, offers);
    if (!reply.starts_with("220")) refused(reply);
}

void imap(ClientStream& stream, const Deadline& deadline) {
    const std::string greeting = line(stream, deadline);
    if (!greeting.starts_with("* OK") && !greeting.starts_with("* PREAUTH")) unexpected("IMAP", greeting);
    stream.write("a1 STARTTLS\r\n", deadline);
    for (int count = 0; count < k_most_lines; ++count) {
        const std::string reply = line(stream, deadline);
        if (!reply.starts_with("a1 ")) continue;
        if (base::iequals(std::string_view(reply).substr(3, 2), "OK")) return;
        refused(reply);
    }
    unexpected("IMAP", "too many lines");
}

void postgres(ClientStream& stream, const Deadline& deadline) {
    constexpr std::string_view k_request("\0\0\0\x08\x04\xd2\x16\x2f", 8);  // length 8, code 80877103
    stream.write(k_request, deadline);
    const std::string answer = octets(stream, 1, deadline);
    if (answer == "S") return;
    if (answer != "N") unexpected("PostgreSQL", answer);
    refused("N: ssl is off");
}

/// ExtendedRequest of the STARTTLS OID as message 1; the answer's result code.
void ldap(ClientStream& stream, const Deadline& deadline) {
    constexpr std::string_view k_request(
        "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
        "1.3.6.1.4.1.1466.20037",
        31);
    stream.write(k_request, deadline);
    const std::string head = octets(stream, 2, deadline);
    std::size_t size = static_cast<unsigned char>(head[1]);
    if (head[0] != '\x30') unexpected("LDAP", head);
    if (size >= 0x80) {  // the long form
        const std::size_t width = size & 0x7f;
        if (width == 0 || width > 4) unexpected("LDAP", head);
        size = 0;
        for (const char c : octets(stream, width, deadline)) size = size << 8 | static_cast<unsigned char>(c);
    }
    if (size > k_longest_line) unexpected("LDAP", "a message that is too long");
    const std::string message = octets(stream, size, deadline);
    const std::size_t response = message.find('\x78');  // ExtendedResponse; the message number stands before it
    const std::size_t code = response == std::string::npos ? response : message.find("\x0a\x01", response);
    if (code == std::string::npos || code + 2 >= message.size()) unexpected("LDAP", message);
    if (message[code + 2] != 0) refused("result code " + std::to_string(static_cast<unsigned char>(message[code + 2])));
}

}  // namespace

std::span<const std::string_view> starttls_words() { return k_words; }

std::optional<StartTls> parse_starttls(std::string_view word) {
    const auto* const found = std::find(k_words.begin(), k_words.end(), word);
    if (found == k_words.end()) return std::nullopt;
    return k_protocols[static_cast<std::size_t>(found - k_words.begin())];
}

void negotiate(ClientStream& stream, StartTls protocol, const Deadline& deadline) {
    switch (protocol) {
        case StartTls::none:
            return;
        case StartTls::smtp:
            return smtp(stream, deadline);
        case StartTls::imap:
            return imap(stream, deadline);
        case StartTls::postgres:
            return postgres(stream, deadline);
        case StartTls::ldap:
            return ldap(stream, deadline);
    }
}

}  // namespace signet::net
