#include "x509/der.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"

using namespace signet;
using namespace signet::x509;

namespace {

base::Bytes hex(std::string_view text) { return base::hex_decode(text).value(); }

std::string reading(std::string_view bytes, void (*read)(der::Reader&)) {
    const base::Bytes input = hex(bytes);
    der::Reader reader(input);
    try {
        read(reader);
        reader.finish("value");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::malformed);
        return error.message();
    }
    return "fine";
}

}  // namespace

TEST_CASE("der: integers are minimal") {
    struct Row {
        std::int64_t value;
        const char* expected;
    };
    for (const Row& row : {Row{0, "020100"}, Row{127, "02017f"}, Row{128, "02020080"}, Row{-1, "0201ff"},
                           Row{-128, "020180"}, Row{-129, "0202ff7f"}, Row{65536, "0203010000"}}) {
        CAPTURE(row.value);
        CHECK(base::hex_encode(der::integer(row.value)) == row.expected);
    }
    CHECK(base::hex_encode(der::integer_octets(hex("0000ff"))) == "020200ff");
    CHECK(base::hex_encode(der::integer_octets({})) == "020100");
}

TEST_CASE("der: lengths are minimal") {
    CHECK(base::hex_encode(der::octet_string(base::Bytes(127))).starts_with("047f"));
    CHECK(base::hex_encode(der::octet_string(base::Bytes(128))).starts_with("048180"));
    CHECK(base::hex_encode(der::octet_string(base::Bytes(256))).starts_with("04820100"));
    CHECK(base::hex_encode(der::octet_string(base::Bytes(65536))).starts_with("0483010000"));
}

TEST_CASE("der: named bits drop trailing zeros") {
    CHECK(base::hex_encode(der::named_bits(0)) == "030100");
    CHECK(base::hex_encode(der::named_bits(1)) == "03020780");
    CHECK(base::hex_encode(der::named_bits(0b1100000)) == "03020106");
    CHECK(base::hex_encode(der::named_bits(1u << 8)) == "0303070080");
    const base::Bytes bits = der::named_bits(0b101000001);
    der::Reader reader(bits);
    CHECK(der::named_bits(reader.bit_string("bits")) == 0b101000001);
}

TEST_CASE("der: object identifiers go both ways") {
    for (const char* text :
         {"2.5.29.17", "1.2.840.113549.1.1.11", "0.9.2342.19200300.100.1.25", "2.999.1", "1.3.6.1.4.1.4294967296"}) {
        CAPTURE(text);
        const base::Bytes encoded = der::oid(text);
        CHECK(der::Reader(encoded).oid("oid") == text);
    }
    CHECK(base::hex_encode(der::oid("2.5.29.17")) == "0603551d11");
    // A UUID below 2.25 has more bits than any integer type.
    const base::Bytes uuid = hex("06146983a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a001");
    CHECK(reading("06146983a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a001",
                  [](der::Reader& r) { CHECK(r.oid("oid").starts_with("2.25.")); }) == "fine");
    for (const char* text : {"", "1", "3.1", "1.40.1", "1..2", "1.2.", ".1.2", "1.2.x", "1.2.99999999999999999999"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(der::oid(text), base::Error);
    }
}

TEST_CASE("der: times change form in 2050") {
    const auto text = [](const char* time) {
        const base::Bytes der = der::time(base::parse_time(time, "test"));
        return base::to_text(der::Reader(der).any("time").contents);
    };
    CHECK(text("1950-01-01T00:00:00Z") == "500101000000Z");
    CHECK(text("2049-12-31T23:59:59.9Z") == "491231235959Z");
    CHECK(text("2050-01-01T00:00:00Z") == "20500101000000Z");
    CHECK(text("9999-12-31T23:59:59Z") == "99991231235959Z");
    CHECK_THROWS_AS(der::time(base::from_unix(-700'000'000)), base::Error);
    for (const char* time :
         {"1950-01-01T00:00:00Z", "1999-02-28T12:34:56Z", "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z"}) {
        const base::Bytes der = der::time(base::parse_time(time, "test"));
        CHECK(base::format_time(der::Reader(der).time("time")) == time);
    }
}

TEST_CASE("der: the reader refuses what is BER only, or nothing") {
    struct Row {
        const char* name;
        const char* bytes;
        void (*read)(der::Reader&);
        const char* message;
    };
    const auto integer = [](der::Reader& r) { r.integer("value"); };
    const auto boolean = [](der::Reader& r) { r.boolean("value"); };
    const auto bits = [](der::Reader& r) { r.bit_string("value"); };
    const auto any = [](der::Reader& r) { r.any("value"); };
    const auto time = [](der::Reader& r) { r.time("value"); };
    const auto oid = [](der::Reader& r) { r.oid("value"); };
    const Row rows[] = {
        {"nothing", "", any, "value: missing"},
        {"tag alone", "02", any, "value: cut short"},
        {"cut short", "020201", any, "value: length beyond the end"},
        {"indefinite", "308000000000", any, "value: indefinite length"},
        {"long form for a short length", "04810100", any, "value: length is not minimal"},
        {"length with a leading zero", "0482008000", any, "value: length is not minimal"},
        {"length of five octets", "04850000000001", any, "value: length beyond the end"},
        {"two-octet tag", "1f8100", any, "value: tag of more than one octet"},
        {"trailing byte", "02010100", integer, "value: 1 bytes too many"},
        {"padded integer", "02020001", integer, "value: INTEGER is not minimal"},
        {"padded negative integer", "0202ffff", integer, "value: INTEGER is not minimal"},
        {"empty integer", "0200", integer, "value: INTEGER without octets"},
        {"wrong type", "0101ff", integer, "value: expected INTEGER, found BOOLEAN"},
        {"boolean 01", "010101", boolean, "value: BOOLEAN is neither 00 nor FF"},
        {"unused bits set", "03020181", bits, "value: BIT STRING whose unused bits are set"},
        {"eight unused bits", "03020800", bits, "value: BIT STRING with a wrong count of unused bits"},
        {"no bits but unused ones", "030101", bits, "value: BIT STRING with a wrong count of unused bits"},
        {"constructed bit string", "2303030100", bits, "value: expected BIT STRING, found tag 0x23"},
        {"no seconds", "170b323730313135303830305a", time, "value: UTCTime is not of the form YYMMDDhhmmssZ"},
        {"offset",
         "1711323730313135303830303030"
         "2b30313030",
         time, "value: UTCTime is not of the form YYMMDDhhmmssZ"},
        {"February 30", "170d3237303233303038303030305a", time, "value: no such date or time"},
        {"padded arc", "0603558001", oid, "value: not an object identifier"},
        {"unfinished arc", "06025581", oid, "value: not an object identifier"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(reading(row.bytes, row.read) == row.message);
    }
    CHECK(reading("0101ff", boolean) == "fine");
    CHECK(reading("020200ff", integer) == "fine");
}
