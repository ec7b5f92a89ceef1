#include "net/dns_update.h"

#include <array>

#include "base/encoding.h"
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "net/client_stream.h"
#include "net/http.h"

namespace signet::net {
namespace {

using base::Bytes;
using base::Error;
using base::Kind;

constexpr std::uint16_t k_soa = 6, k_txt = 16, k_tsig = 250;
constexpr std::uint16_t k_in = 1, k_none = 254, k_any = 255;
constexpr std::uint16_t k_update = 5 << 11;  // the opcode in its place in the flags
constexpr std::uint16_t k_fudge = 300;       // seconds: RFC 8945 section 10 recommends it
constexpr std::uint32_t k_lifetime = 60;     // of the record, in caches
constexpr std::size_t k_header = 12;
constexpr std::size_t k_label_limit = 63, k_name_limit = 255;

class Message {
public:
    void byte(std::size_t value) { bytes_.push_back(static_cast<std::uint8_t>(value)); }
    void number16(std::size_t value) {
        byte(value >> 8 & 0xff);
        byte(value & 0xff);
    }
    void number32(std::uint32_t value) {
        number16(value >> 16);
        number16(value & 0xffff);
    }
    void append(base::ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    void name(std::string_view text) {
        if (text.ends_with('.')) text.remove_suffix(1);
        if (text.size() > k_name_limit - 2) throw Error{Kind::dns, "the name is too long: " + base::printable(text)};
        for (const auto label : base::split(text, '.')) {
            if (label.empty() || label.size() > k_label_limit)
                throw Error{Kind::dns, base::printable(text) + " is no name of the DNS"};
            byte(label.size());
            append(base::bytes_of(base::lower(label)));
        }
        byte(0);
    }
    void header(std::uint16_t id, std::uint16_t flags, int second, int third) {
        number16(id);
        number16(flags);
        for (const int count : {1, second, third, 0}) number16(static_cast<std::size_t>(count));
    }
    void set16(std::size_t at, std::uint16_t value) {
        bytes_[at] = static_cast<std::uint8_t>(value >> 8);
        bytes_[at + 1] = static_cast<std::uint8_t>(value & 0xff);
    }
    const Bytes& bytes() const { return bytes_; }

private:
    Bytes bytes_;
};

Bytes mac_of(const DnsUpdateKey& key, const Bytes& message) {
    const auto secret = base::bytes_of(key.secret.reveal());
    if (key.algorithm == "hmac-sha512") return crypto::hmac_sha512(secret, message);
    if (key.algorithm == "hmac-sha384") return crypto::hmac_sha384(secret, message);
    const auto mac = crypto::hmac_sha256(secret, message);
    return {mac.begin(), mac.end()};
}

void time_and_fudge(Message& message, std::uint64_t now) {
    message.number16(now >> 32 & 0xffff);
    message.number32(static_cast<std::uint32_t>(now & 0xffffffff));
    message.number16(k_fudge);
}

// RFC 8945 section 4.3.3: what is signed is the message and these variables; the record is appended then.
void sign(Message& message, const DnsUpdateKey& key, std::uint16_t id, base::Time now) {
    const auto seconds = static_cast<std::uint64_t>(base::to_unix(now));
    Message covered = message;
    covered.name(key.name);
    covered.number16(k_any);
    covered.number32(0);
    covered.name(key.algorithm);
    time_and_fudge(covered, seconds);
    covered.number32(0);  // no error, no other data
    const auto mac = mac_of(key, covered.bytes());

    Message data;
    data.name(key.algorithm);
    time_and_fudge(data, seconds);
    data.number16(mac.size());
    data.append(mac);
    data.number16(id);
    data.number32(0);
    message.name(key.name);
    message.number16(k_tsig);
    message.number16(k_any);
    message.number32(0);
    message.number16(data.bytes().size());
    message.append(data.bytes());
    message.set16(10, 1);  // one additional record
}

std::uint16_t random_id() {
    std::array<std::uint8_t, 2> bytes{};
    base::OsRandom().fill(bytes);
    return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

std::uint16_t number_at(const Bytes& bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

void read_exactly(ClientStream& stream, std::uint8_t* to, std::size_t count, const Deadline& deadline) {
    while (count > 0) {
        const auto got = stream.read(reinterpret_cast<char*>(to), count, deadline);
        if (got == 0) throw Error{Kind::connection, "the DNS server closed the connection before it answered"};
        to += got;
        count -= got;
    }
}

// One question and its answer: two octets of length before each (RFC 1035 section 4.2.2).
Bytes exchange(const DnsUpdateServer& server, const Bytes& message, const Deadline& deadline) {
    ClientStream stream(server.host, server.port, {}, deadline);
    Message framed;
    framed.number16(message.size());
    framed.append(message);
    stream.write(base::to_text(framed.bytes()), deadline);
    Bytes length(2);
    read_exactly(stream, length.data(), length.size(), deadline);
    Bytes answer(number_at(length, 0));
    read_exactly(stream, answer.data(), answer.size(), deadline);
    const bool fits = answer.size() >= k_header && number_at(answer, 0) == number_at(message, 0) && (answer[2] & 0x80);
    if (!fits) throw Error{Kind::dns, "the DNS server " + server.host + " answered something else"};
    return answer;
}

std::string code_of(const Bytes& answer) {
    constexpr std::array<const char*, 11> k_codes{"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                                                  "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE"};
    const std::size_t code = answer[3] & 0x0f;
    return code < k_codes.size() ? k_codes[code] : "code " + std::to_string(code);
}

// Whether the first answer is a record of this type. The question stands before it, uncompressed, of known length.
bool answers_with(const Bytes& answer, std::size_t question_size, std::uint16_t type) {
    if (number_at(answer, 6) == 0) return false;
    std::size_t at = k_header + question_size;
    while (at < answer.size() && answer[at] != 0 && answer[at] < 0xc0) at += 1U + answer[at];
    at += at < answer.size() && answer[at] >= 0xc0 ? 2U : 1U;
    return at + 2 <= answer.size() && number_at(answer, at) == type;
}

bool is_zone(const DnsUpdateServer& server, const std::string& name, const Deadline& deadline) {
    Message question;
    question.header(random_id(), 0, 0, 0);
    question.name(name);
    question.number16(k_soa);
    question.number16(k_in);
    const auto answer = exchange(server, question.bytes(), deadline);
    return answers_with(answer, question.bytes().size() - k_header, k_soa);
}

std::string zone_of(const DnsUpdateServer& server, const std::string& name, const Deadline& deadline) {
    for (std::string_view rest = name; !rest.empty();) {
        if (is_zone(server, std::string(rest), deadline)) return std::string(rest);
        const auto dot = rest.find('.');
        rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    }
    throw Error{Kind::dns, "the DNS server " + server.host + " has no zone that " + name + " is in",
                "name the zone's primary server with --dns-update"};
}

}  // namespace

Bytes encode_text_update(const DnsUpdateServer& server, DnsUpdateAction action, const std::string& zone,
                         const std::string& name, const std::string& value, std::uint16_t id, base::Time now) {
    Message message;
    message.header(id, k_update, 0, 1);
    message.name(zone);
    message.number16(k_soa);
    message.number16(k_in);
    message.name(name);
    message.number16(k_txt);
    const bool add = action == DnsUpdateAction::add;
    message.number16(add ? k_in : k_none);
    message.number32(add ? k_lifetime : 0);
    message.number16(value.size() + 1);
    message.byte(value.size());
    message.append(base::bytes_of(value));
    if (server.key) sign(message, *server.key, id, now);
    return message.bytes();
}

void update_text(const DnsUpdateServer& server, DnsUpdateAction action, const std::string& name,
                 const std::string& value, base::Time now, std::chrono::milliseconds timeout) {
    const Deadline deadline(timeout);
    std::string plain = name;
    if (plain.ends_with('.')) plain.pop_back();
    const auto zone = zone_of(server, plain, deadline);
    const auto message = encode_text_update(server, action, zone, plain, value, random_id(), now);
    const auto answer = exchange(server, message, deadline);
    if ((answer[3] & 0x0f) == 0) return;
    throw Error{Kind::dns, "the DNS server " + server.host + " does not update " + zone + ": " + code_of(answer),
                "let its operator allow updates with this key: --dns-update-key"};
}

}  // namespace signet::net
