#include "x509/der.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"

namespace signet::x509::der {
namespace {

constexpr std::size_t k_longest_oid = 128;  // content octets; the longest in use have some thirty

std::string tag_name(unsigned tag) {
    switch (tag) {
        case k_boolean:
            return "BOOLEAN";
        case k_integer:
            return "INTEGER";
        case k_bit_string:
            return "BIT STRING";
        case k_octet_string:
            return "OCTET STRING";
        case k_null:
            return "NULL";
        case k_oid:
            return "OBJECT IDENTIFIER";
        case k_sequence:
            return "SEQUENCE";
        case k_set:
            return "SET";
        default:
            break;
    }
    constexpr char digits[] = "0123456789abcdef";
    return std::string("tag 0x") + digits[tag >> 4] + digits[tag & 15];
}

/// Splits off the length octets that follow the tag: minimal, definite, at most four.
std::size_t take_length(base::ByteView& rest, std::string_view field) {
    if (rest.empty()) fail(field, "cut short");
    const std::uint8_t first = rest[0];
    rest = rest.subspan(1);
    if (first < 0x80) return first;
    const std::size_t count = first & 0x7fu;
    if (count == 0) fail(field, "indefinite length");
    if (count > 4 || count > rest.size()) fail(field, "length beyond the end");
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | rest[i];
    if (length < 128 || rest[0] == 0) fail(field, "length is not minimal");
    rest = rest.subspan(count);
    return length;
}

/// decimal = decimal * 128 + digit, on text.
void shift_in(std::string& decimal, unsigned digit) {
    unsigned carry = digit;
    for (auto place = decimal.rbegin(); place != decimal.rend(); ++place) {
        const unsigned value = static_cast<unsigned>(*place - '0') * 128 + carry;
        *place = static_cast<char>('0' + value % 10);
        carry = value / 10;
    }
    for (; carry != 0; carry /= 10) decimal.insert(decimal.begin(), static_cast<char>('0' + carry % 10));
}

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

base::Time parse_digits(std::string_view digits, int year, std::string_view field) {
    const auto two = [&](std::size_t at) { return (digits[at] - '0') * 10 + (digits[at + 1] - '0'); };
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(two(0))),
                                           std::chrono::day(static_cast<unsigned>(two(2)))};
    const int hour = two(4), minute = two(6), second = two(8);
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) fail(field, "no such date or time");
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second);
}

}  // namespace

void fail(std::string_view field, std::string_view why) {
    throw base::Error{base::Kind::malformed, std::string(field) + ": " + std::string(why)};
}

std::optional<std::string> dotted_oid(base::ByteView contents) {
    if (contents.empty() || contents.size() > k_longest_oid || (contents.back() & 0x80) != 0) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < contents.size();) {
        if (contents[i] == 0x80) return std::nullopt;  // padding
        std::size_t end = i;
        while ((contents[end] & 0x80) != 0) ++end;
        std::string arc = "0";
        if (end - i < 8) {
            std::uint64_t value = 0;
            for (; i <= end; ++i) value = value << 7 | (contents[i] & 0x7f);
            if (out.empty()) {
                const std::uint64_t first = value < 80 ? value / 40 : 2;
                out = std::to_string(first);
                value -= first * 40;
            }
            arc = std::to_string(value);
        } else {  // the UUID arcs below 2.25 have 128 bits
            if (out.empty()) return std::nullopt;
            for (; i <= end; ++i) shift_in(arc, contents[i] & 0x7fu);
        }
        out += "." + arc;
    }
    return out;
}

base::ByteView check_integer(base::ByteView contents, std::string_view field) {
    if (contents.empty()) fail(field, "INTEGER without octets");
    if (contents.size() > 1 &&
        ((contents[0] == 0x00 && (contents[1] & 0x80) == 0) || (contents[0] == 0xff && (contents[1] & 0x80) != 0))) {
        fail(field, "INTEGER is not minimal");
    }
    return contents;
}

int small_integer(base::ByteView contents, std::string_view field) {
    contents = check_integer(contents, field);
    if ((contents[0] & 0x80) != 0) fail(field, "negative");
    if (contents.size() > 4) fail(field, "too large");
    int value = 0;
    for (const std::uint8_t octet : contents) value = value << 8 | octet;
    return value;
}

bool check_boolean(base::ByteView contents, std::string_view field) {
    if (contents.size() != 1 || (contents[0] != 0x00 && contents[0] != 0xff))
        fail(field, "BOOLEAN is neither 00 nor FF");
    return contents[0] == 0xff;
}

BitString check_bit_string(base::ByteView contents, std::string_view field) {
    if (contents.empty()) fail(field, "BIT STRING without octets");
    const unsigned unused = contents[0];
    const base::ByteView bytes = contents.subspan(1);
    if (unused > 7 || (bytes.empty() && unused != 0)) fail(field, "BIT STRING with a wrong count of unused bits");
    if (!bytes.empty() && (bytes.back() & ((1u << unused) - 1)) != 0)
        fail(field, "BIT STRING whose unused bits are set");
    return {bytes, unused};
}

std::uint16_t named_bits(const BitString& bits) {
    unsigned out = 0;
    for (std::size_t bit = 0; bit < 16 && bit / 8 < bits.bytes.size(); ++bit) {
        if ((bits.bytes[bit / 8] & 0x80u >> bit % 8) != 0) out |= 1u << bit;
    }
    return static_cast<std::uint16_t>(out);
}

Element Reader::any(std::string_view field) {
    if (rest_.empty()) fail(field, "missing");
    const base::ByteView start = rest_;
    const std::uint8_t tag = rest_[0];
    if ((tag & 0x1f) == 0x1f) fail(field, "tag of more than one octet");
    rest_ = rest_.subspan(1);
    const std::size_t length = take_length(rest_, field);
    if (length > rest_.size()) fail(field, "length beyond the end");
    const base::ByteView contents = rest_.first(length);
    rest_ = rest_.subspan(length);
    return {tag, contents, start.first(start.size() - rest_.size())};
}

Element Reader::read(std::uint8_t tag, std::string_view field) {
    if (!rest_.empty() && rest_[0] != tag) {
        fail(field, "expected " + tag_name(tag) + ", found " + tag_name(rest_[0]));
    }
    return any(field);
}

std::optional<Element> Reader::read_if(std::uint8_t tag, std::string_view field) {
    if (!next_is(tag)) return std::nullopt;
    return any(field);
}

bool Reader::boolean(std::string_view field) { return check_boolean(read(k_boolean, field).contents, field); }
base::ByteView Reader::integer(std::string_view field) { return check_integer(read(k_integer, field).contents, field); }
int Reader::small_integer(std::string_view field) { return der::small_integer(read(k_integer, field).contents, field); }

std::string Reader::oid(std::string_view field) {
    auto dotted = dotted_oid(read(k_oid, field).contents);
    if (!dotted) fail(field, "not an object identifier");
    return *std::move(dotted);
}

BitString Reader::bit_string(std::string_view field) {
    return check_bit_string(read(k_bit_string, field).contents, field);
}

base::ByteView Reader::octet_bits(std::string_view field) {
    const BitString bits = bit_string(field);
    if (bits.unused != 0) fail(field, "BIT STRING is not of whole octets");
    return bits.bytes;
}

base::Time Reader::time(std::string_view field) {
    const bool utc = next_is(k_utc_time);
    const std::string_view text = base::text_of(read(utc ? k_utc_time : k_generalized_time, field).contents);
    const std::size_t size = utc ? 13 : 15;
    if (text.size() != size || text.back() != 'Z' || !all_digits(text.substr(0, size - 1))) {
        fail(field,
             utc ? "UTCTime is not of the form YYMMDDhhmmssZ" : "GeneralizedTime is not of the form YYYYMMDDhhmmssZ");
    }
    int year = 0;
    for (const char c : text.substr(0, utc ? 2 : 4)) year = year * 10 + (c - '0');
    if (utc) year += year < 50 ? 2000 : 1900;
    return parse_digits(text.substr(utc ? 2 : 4), year, field);
}

void Reader::null(std::string_view field) {
    if (!read(k_null, field).contents.empty()) fail(field, "NULL with contents");
}

void Reader::finish(std::string_view field) const {
    if (!rest_.empty()) fail(field, std::to_string(rest_.size()) + " bytes too many");
}

}  // namespace signet::x509::der
