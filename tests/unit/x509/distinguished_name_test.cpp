#include "x509/distinguished_name.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "x509/der.h"

using namespace signet;
using x509::DistinguishedName;
namespace der = signet::x509::der;

namespace {

base::Bytes attribute(const char* oid, der::Tag type, std::string_view value) {
    return der::sequence({der::oid(oid), der::text(type, value)});
}
DistinguishedName name_of(std::initializer_list<base::ByteView> rdns) {
    return DistinguishedName::from_der(der::sequence(rdns));
}

}  // namespace

TEST_CASE("distinguished_name: is written as added and read back the same") {
    DistinguishedName name;
    CHECK(name.empty());
    CHECK(base::hex_encode(name.der()) == "3000");
    name.add("C", "DE");
    name.add("O", "Müller, Söhne");
    name.add("CN", "default Root CA");
    CHECK(name.text() == "CN=default Root CA,O=Müller\\, Söhne,C=DE");
    CHECK(name.common_name() == "default Root CA");
    const DistinguishedName again = DistinguishedName::from_der(name.der());
    CHECK(again == name);
    CHECK(again.attributes() == name.attributes());
    CHECK(base::hex_encode(name.der()).find("13024445") != std::string::npos);  // C is a PrintableString
}

TEST_CASE("distinguished_name: refuses what RFC 5280 has no room for") {
    DistinguishedName name;
    struct Row {
        const char* type;
        std::string value;
    };
    for (const Row& row : {Row{"CN", ""}, Row{"CN", std::string(65, 'x')}, Row{"O", std::string(65, 'x')},
                           Row{"L", std::string(129, 'x')}, Row{"C", "D"}, Row{"C", "de"}, Row{"C", "DEU"},
                           Row{"CN", "a\nb"}, Row{"CN", "\xff"}, Row{"emailAddress", "a@b"}, Row{"X", "y"}}) {
        CAPTURE(row.type);
        CAPTURE(row.value);
        CHECK_THROWS_AS(name.add(row.type, row.value), base::Error);
    }
    CHECK(name.empty());
    std::string umlauts;
    for (int i = 0; i < 64; ++i) umlauts += "ü";  // characters count, not octets
    name.add("CN", umlauts);
    CHECK(name.common_name() == umlauts);
}

TEST_CASE("distinguished_name: reads the string types of others") {
    const auto latin = name_of({der::set({attribute("2.5.4.3", der::k_teletex_string, "M\xfcller")})});
    CHECK(latin.common_name() == "Müller");
    const auto wide = name_of({der::set({attribute("2.5.4.3", der::k_bmp_string, std::string_view("\0M\0\xfc", 4))})});
    CHECK(wide.common_name() == "Mü");
    const auto multi = name_of(
        {der::set({attribute("2.5.4.3", der::k_utf8_string, "a"), attribute("2.5.4.10", der::k_utf8_string, "b")})});
    CHECK(multi.text() == "CN=a+O=b");
    CHECK_THROWS_AS(name_of({der::set({})}), base::Error);
    CHECK_THROWS_AS(name_of({der::set({attribute("2.5.4.3", der::k_utf8_string, "\xc0\x80")})}), base::Error);
    CHECK_THROWS_AS(DistinguishedName::from_der(base::Bytes{0x30, 0x00, 0x00}), base::Error);
}

TEST_CASE("distinguished_name: chaining ignores case, spaces and string type (RFC 5280 section 7.1)") {
    const auto a = name_of({der::set({attribute("2.5.4.10", der::k_utf8_string, "Acme  Ltd ")}),
                            der::set({attribute("2.5.4.3", der::k_utf8_string, "CA")})});
    const auto b = name_of({der::set({attribute("2.5.4.10", der::k_printable_string, "ACME ltd")}),
                            der::set({attribute("2.5.4.3", der::k_utf8_string, "ca")})});
    CHECK(!(a == b));
    CHECK(same_name(a, b));
    const auto organization = name_of({der::set({attribute("2.5.4.10", der::k_utf8_string, "acme ltd")})});
    CHECK(within(a, organization));
    CHECK(!within(organization, a));
    CHECK(within(a, DistinguishedName()));
    CHECK(!same_name(a, organization));
}
