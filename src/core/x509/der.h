#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

/// The Distinguished Encoding Rules (X.690 section 10), as far as certificates, requests, CRLs and OCSP need them.
namespace signet::x509::der {

enum Tag : std::uint8_t {
    k_boolean = 0x01,
    k_integer = 0x02,
    k_bit_string = 0x03,
    k_octet_string = 0x04,
    k_null = 0x05,
    k_oid = 0x06,
    k_enumerated = 0x0a,
    k_utf8_string = 0x0c,
    k_numeric_string = 0x12,
    k_printable_string = 0x13,
    k_teletex_string = 0x14,
    k_ia5_string = 0x16,
    k_utc_time = 0x17,
    k_generalized_time = 0x18,
    k_visible_string = 0x1a,
    k_universal_string = 0x1c,
    k_bmp_string = 0x1e,
    k_sequence = 0x30,
    k_set = 0x31,
};
/// [number] IMPLICIT of a primitive type, and the constructed form (EXPLICIT, or IMPLICIT of a SEQUENCE).
constexpr std::uint8_t context(unsigned number) { return static_cast<std::uint8_t>(0x80u | number); }
constexpr std::uint8_t context_constructed(unsigned number) { return static_cast<std::uint8_t>(0xa0u | number); }

// Writing. Each returns a whole TLV with a definite, minimal length.

base::Bytes tlv(std::uint8_t tag, base::ByteView contents);
base::Bytes concat(std::initializer_list<base::ByteView> parts);
base::Bytes sequence(std::initializer_list<base::ByteView> parts);
base::Bytes set(std::initializer_list<base::ByteView> parts);  // the caller orders the parts
base::Bytes boolean(bool value);
base::Bytes integer(std::int64_t value);
base::Bytes integer_octets(
    base::ByteView magnitude);  // unsigned big-endian; leading zeros are dropped, a sign octet added
base::Bytes octet_string(base::ByteView contents);
base::Bytes bit_string(base::ByteView bits);  // whole octets
base::Bytes named_bits(std::uint16_t bits);   // 1 << bit number; trailing zero bits dropped (X.690 section 11.2.2)
base::Bytes null();
base::Bytes oid(std::string_view dotted);  // throws internal for text that is no OID
base::Bytes text(Tag type, std::string_view text);
/// UTCTime up to 2049, GeneralizedTime from 2050 on, to the second (RFC 5280 section 4.1.2.5).
base::Bytes time(base::Time time);
base::Bytes generalized_time(base::Time time);  // in any year: what OCSP wants (RFC 6960 section 4.2.1)
base::Bytes enumerated(std::uint8_t value);     // up to 127
/// Tag and minimal length alone, for contents that are written in place.
base::Bytes header(std::uint8_t tag, std::size_t length);

/// An OID's content octets as dotted decimal; nullopt when they are no OID.
std::optional<std::string> dotted_oid(base::ByteView contents);

// Reading.

struct Element {
    std::uint8_t tag;
    base::ByteView contents;
    base::ByteView whole;  // tag, length and contents
};
struct BitString {
    base::ByteView bytes;
    unsigned unused;  // bits at the end, all zero
};

/// Reads elements one after another from bytes that it borrows. Strict: definite minimal lengths, one-octet tags,
/// minimal INTEGERs, BOOLEAN 00 or FF, zero unused bits, no trailing bytes. Every failure throws malformed naming the
/// field ("validity: length is not minimal").
class Reader {
public:
    explicit Reader(base::ByteView bytes) : rest_(bytes) {}

    bool at_end() const { return rest_.empty(); }
    bool next_is(std::uint8_t tag) const { return !rest_.empty() && rest_[0] == tag; }
    base::ByteView rest() const { return rest_; }

    Element any(std::string_view field);
    Element read(std::uint8_t tag, std::string_view field);
    std::optional<Element> read_if(std::uint8_t tag, std::string_view field);
    Reader enter(std::uint8_t tag, std::string_view field) { return Reader(read(tag, field).contents); }
    Reader sequence(std::string_view field) { return enter(k_sequence, field); }

    bool boolean(std::string_view field);
    /// Content octets of an INTEGER: minimal, of either sign.
    base::ByteView integer(std::string_view field);
    /// An INTEGER from 0 to 2^31-1.
    int small_integer(std::string_view field);
    std::string oid(std::string_view field);
    base::ByteView octet_string(std::string_view field) { return read(k_octet_string, field).contents; }
    BitString bit_string(std::string_view field);
    /// A BIT STRING of whole octets: keys, signatures.
    base::ByteView octet_bits(std::string_view field);
    /// UTCTime or GeneralizedTime in the forms of RFC 5280 section 4.1.2.5: seconds, "Z", no fraction.
    base::Time time(std::string_view field);
    void null(std::string_view field);
    /// Throws when anything is left.
    void finish(std::string_view field) const;

private:
    base::ByteView rest_;
};

/// What the Reader's members do, for contents under an IMPLICIT tag.
base::ByteView check_integer(base::ByteView contents, std::string_view field);
int small_integer(base::ByteView contents, std::string_view field);
bool check_boolean(base::ByteView contents, std::string_view field);
BitString check_bit_string(base::ByteView contents, std::string_view field);
/// Bits 0 to 15 of a named bit list, as 1 << bit number.
std::uint16_t named_bits(const BitString& bits);

[[noreturn]] void fail(std::string_view field, std::string_view why);

}  // namespace signet::x509::der
