// One extension's value: the first octet picks the row of the table (beyond it: a distinguished name). What signet can
// write is written from what was read, and must read the same.
#include "fuzz/fuzz.h"
#include "x509/extensions.h"

namespace signet::fuzz {
namespace {

using x509::ExtensionValues;

ExtensionValues read(const x509::ExtensionRow& row, base::ByteView value) {
    ExtensionValues values;
    x509::der::Reader reader(value);
    row.read(reader, values);
    reader.finish(row.name);
    return values;
}

std::vector<x509::Identifier> identifiers(const ExtensionValues& values) {
    std::vector<x509::Identifier> out;
    if (!values.subject_alt_names) return out;
    for (const auto& name : *values.subject_alt_names) {
        if (auto id = x509::to_identifier(name)) out.push_back(*std::move(id));
    }
    return out;
}

x509::NameConstraints constraints(const ExtensionValues& values) {
    return values.name_subtrees ? x509::to_name_constraints(*values.name_subtrees) : x509::NameConstraints{};
}

x509::Template to_template(const ExtensionValues& values) {
    x509::Template out;
    if (values.basic_constraints) {
        out.ca = values.basic_constraints->ca;
        out.path_length = values.basic_constraints->path_length;
    }
    out.key_usage = values.key_usage.value_or(0);
    out.extended_key_usage = values.extended_key_usage.value_or(std::vector<std::string>{});
    out.names = identifiers(values);
    out.name_constraints = constraints(values);
    out.crl_urls = values.crl_urls;
    out.ocsp_urls = values.ocsp_urls;
    out.issuer_urls = values.issuer_urls;
    out.no_revocation_available = values.no_revocation_available;
    out.must_staple = values.must_staple;
    out.ocsp_no_check = values.ocsp_no_check;
    return out;
}

/// The writer, whose object identifiers come from profiles, knows arcs of 64 bits; the reader knows any.
bool has_huge_arc(const ExtensionValues& values) {
    for (const auto& oid : values.extended_key_usage.value_or(std::vector<std::string>{})) {
        std::size_t digits = 0;
        for (const char c : oid) {
            digits = c == '.' ? 0 : digits + 1;
            if (digits > 18) return true;
        }
    }
    return false;
}

void check_same(const ExtensionValues& a, const ExtensionValues& b) {
    require(identifiers(a) == identifiers(b), "names come back");
    const auto before = constraints(a);
    const auto after = constraints(b);
    require(before.permitted == after.permitted && before.excluded == after.excluded, "constraints come back");
    require(a.key_usage.value_or(0) == b.key_usage.value_or(0), "key usage comes back");
    require(a.extended_key_usage == b.extended_key_usage, "extended key usage comes back");
    require(a.subject_key_id == b.subject_key_id && a.authority_key_id == b.authority_key_id,
            "key identifiers come back");
    require(a.crl_urls == b.crl_urls && a.ocsp_urls == b.ocsp_urls && a.issuer_urls == b.issuer_urls, "URLs come back");
    require(a.no_revocation_available == b.no_revocation_available && a.must_staple == b.must_staple &&
                a.ocsp_no_check == b.ocsp_no_check,
            "flags come back");
}

void check_name(base::ByteView der) {
    const auto name = accepted([&] { return x509::DistinguishedName::from_der(der); });
    if (!name) return;
    require(base::equal(name->der(), der), "a name keeps its DER");
    require(x509::same_name(*name, *name) && x509::within(*name, *name), "a name equals itself");
    name->text();
    name->common_name();
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    const auto table = x509::extension_table();
    const auto number = parts.number() % (table.size() + 1);
    if (number == table.size()) return check_name(parts.rest());
    const auto& row = table[number];
    const auto parsed = accepted([&] { return read(row, parts.rest()); });
    if (!parsed || row.write == nullptr || has_huge_arc(*parsed)) return;
    const auto& values = *parsed;
    const auto content = to_template(values);
    const auto key_id = values.subject_key_id.value_or(base::Bytes{});
    const auto authority_id = values.authority_key_id.value_or(base::Bytes{});
    const auto written = row.write({content, key_id, authority_id});
    if (written) check_same(values, read(row, written->value));
}

}  // namespace signet::fuzz
