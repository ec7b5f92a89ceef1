#include "base/error.h"
#include "x509/extensions.h"

namespace signet::x509 {
namespace {

constexpr std::size_t k_most_names = 10'000;  // public CAs stop at a hundred or two

}  // namespace

void read_subject_alt_names(der::Reader& value, ExtensionValues& out) {
    der::Reader items = value.sequence("subjectAltName");
    std::vector<GeneralName> names;
    do {
        names.push_back(read_general_name(items, "subjectAltName"));
        if (names.back().kind == GeneralName::Kind::ip && names.back().value.size() != 4 &&
            names.back().value.size() != 16) {
            der::fail("subjectAltName", "an iPAddress of neither 4 nor 16 octets");
        }
    } while (!items.at_end() && names.size() < k_most_names);
    items.finish("subjectAltName");
    out.subject_alt_names = std::move(names);
}

base::Bytes encode_subject_alt_names(const std::vector<Identifier>& names) {
    base::Bytes items;
    for (const Identifier& name : names) base::append(items, encode_general_name(name));
    return der::sequence({items});
}

std::optional<EncodedExtension> write_subject_alt_names(const ExtensionSource& source) {
    if (source.content.names.empty()) return std::nullopt;
    return EncodedExtension{source.content.subject.empty(), encode_subject_alt_names(source.content.names)};
}

}  // namespace signet::x509
