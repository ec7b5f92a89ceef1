#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "base/error.h"
#include "x509/der.h"

namespace signet::x509::der {
namespace {

void append_length(base::Bytes& out, std::size_t size) {
    if (size < 128) {
        out.push_back(static_cast<std::uint8_t>(size));
        return;
    }
    std::array<std::uint8_t, sizeof size> octets{};
    std::size_t count = 0;
    for (; size != 0; size >>= 8) octets[count++] = static_cast<std::uint8_t>(size & 0xff);
    out.push_back(static_cast<std::uint8_t>(0x80 | count));
    while (count != 0) out.push_back(octets[--count]);
}

base::Bytes constructed(std::uint8_t tag, std::initializer_list<base::ByteView> parts) {
    std::size_t size = 0;
    for (const auto& part : parts) size += part.size();
    base::Bytes out;
    out.reserve(size + 6);
    out.push_back(tag);
    append_length(out, size);
    for (const auto& part : parts) base::append(out, part);
    return out;
}

void append_base128(base::Bytes& out, std::uint64_t arc) {
    std::array<std::uint8_t, 10> octets{};
    std::size_t count = 0;
    do {
        octets[count++] = static_cast<std::uint8_t>(arc & 0x7f);
        arc >>= 7;
    } while (arc != 0);
    while (count-- != 0) out.push_back(static_cast<std::uint8_t>(octets[count] | (count != 0 ? 0x80 : 0)));
}

/// "20270115080000Z"
std::string digits_of(base::Time time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(seconds - day);
    const int year = static_cast<int>(date.year());
    if (year < 1950 || year > 9999) throw base::Error{base::Kind::internal, "a time outside the years 1950 to 9999"};
    std::array<char, 64> out{};
    const int size =
        std::snprintf(out.data(), out.size(), "%04d%02u%02u%02d%02d%02dZ", year, static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return {out.data(), static_cast<std::size_t>(size)};
}

}  // namespace

base::Bytes tlv(std::uint8_t tag, base::ByteView contents) { return constructed(tag, {contents}); }

base::Bytes concat(std::initializer_list<base::ByteView> parts) {
    base::Bytes out;
    for (const auto& part : parts) base::append(out, part);
    return out;
}

base::Bytes sequence(std::initializer_list<base::ByteView> parts) { return constructed(k_sequence, parts); }
base::Bytes set(std::initializer_list<base::ByteView> parts) { return constructed(k_set, parts); }

base::Bytes boolean(bool value) { return {k_boolean, 1, static_cast<std::uint8_t>(value ? 0xff : 0x00)}; }

base::Bytes integer(std::int64_t value) {
    base::Bytes octets(8);
    for (std::size_t i = 0; i < 8; ++i) octets[i] = static_cast<std::uint8_t>((value >> (56 - 8 * i)) & 0xff);
    std::size_t skip = 0;
    const std::uint8_t filler = value < 0 ? 0xff : 0x00;
    while (skip < 7 && octets[skip] == filler && (octets[skip + 1] & 0x80) == (filler & 0x80)) ++skip;
    return tlv(k_integer, base::ByteView(octets).subspan(skip));
}

base::Bytes integer_octets(base::ByteView magnitude) {
    while (!magnitude.empty() && magnitude[0] == 0) magnitude = magnitude.subspan(1);
    base::Bytes octets;
    if (magnitude.empty() || (magnitude[0] & 0x80) != 0) octets.push_back(0);
    base::append(octets, magnitude);
    return tlv(k_integer, octets);
}

base::Bytes octet_string(base::ByteView contents) { return tlv(k_octet_string, contents); }

base::Bytes bit_string(base::ByteView bits) {
    const std::uint8_t unused = 0;
    return constructed(k_bit_string, {base::ByteView(&unused, 1), bits});
}

base::Bytes named_bits(std::uint16_t bits) {
    base::Bytes contents{0};
    int last = -1;
    for (int bit = 0; bit < 16; ++bit) {
        if ((bits >> bit & 1) == 0) continue;
        contents.resize(static_cast<std::size_t>(2 + bit / 8));
        contents.back() = static_cast<std::uint8_t>(contents.back() | 0x80 >> bit % 8);
        last = bit;
    }
    if (last >= 0) contents[0] = static_cast<std::uint8_t>(7 - last % 8);
    return tlv(k_bit_string, contents);
}

base::Bytes null() { return {k_null, 0}; }

base::Bytes oid(std::string_view dotted) {
    const auto bad = [&]() -> base::Error {
        return {base::Kind::internal, "\"" + std::string(dotted) + "\" is not an object identifier"};
    };
    base::Bytes contents;
    std::uint64_t first = 0;
    std::size_t count = 0;
    for (const char* p = dotted.data(); p != dotted.data() + dotted.size(); ++count) {
        const char* const end = dotted.data() + dotted.size();
        std::uint64_t arc = 0;
        const auto [next, error] = std::from_chars(p, end, arc);
        if (error != std::errc{} || (next != end && (*next != '.' || next + 1 == end))) throw bad();
        if (count == 0 && arc > 2) throw bad();
        if (count == 1 && (first < 2 ? arc > 39 : arc > UINT64_MAX - 80)) throw bad();
        if (count == 0) first = arc;
        if (count == 1) append_base128(contents, first * 40 + arc);
        if (count > 1) append_base128(contents, arc);
        p = next == end ? end : next + 1;
    }
    if (count < 2) throw bad();
    return tlv(k_oid, contents);
}

base::Bytes text(Tag type, std::string_view text) { return tlv(type, base::bytes_of(text)); }

base::Bytes time(base::Time time) {
    const bool utc = time < std::chrono::sys_days(std::chrono::year(2050) / 1 / 1);
    const std::string digits = digits_of(time);
    return utc ? text(k_utc_time, std::string_view(digits).substr(2)) : text(k_generalized_time, digits);
}

base::Bytes generalized_time(base::Time time) { return text(k_generalized_time, digits_of(time)); }

base::Bytes enumerated(std::uint8_t value) { return {k_enumerated, 1, value}; }

base::Bytes header(std::uint8_t tag, std::size_t length) {
    base::Bytes out{tag};
    append_length(out, length);
    return out;
}

}  // namespace signet::x509::der
