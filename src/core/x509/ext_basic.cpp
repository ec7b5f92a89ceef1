#include "base/error.h"
#include "x509/extensions.h"

namespace signet::x509 {

void read_basic_constraints(der::Reader& value, ExtensionValues& out) {
    der::Reader fields = value.sequence("basicConstraints");
    Certificate::BasicConstraints constraints{};
    // A written-out FALSE is not DER, but some old issuers do it, and it changes no meaning.
    if (fields.next_is(der::k_boolean)) constraints.ca = fields.boolean("cA");
    if (!fields.at_end()) constraints.path_length = fields.small_integer("pathLenConstraint");
    fields.finish("basicConstraints");
    out.basic_constraints = constraints;
}

std::optional<EncodedExtension> write_basic_constraints(const ExtensionSource& source) {
    const Template& content = source.content;
    if (!content.ca) return std::nullopt;
    const base::Bytes length = content.path_length ? der::integer(*content.path_length) : base::Bytes{};
    return EncodedExtension{true, der::sequence({der::boolean(true), length})};
}

void read_key_usage(der::Reader& value, ExtensionValues& out) {
    const auto bits = der::named_bits(value.bit_string("keyUsage"));
    if (bits == 0) der::fail("keyUsage", "no bit is set");
    out.key_usage = bits;
}

std::optional<EncodedExtension> write_key_usage(const ExtensionSource& source) {
    if (source.content.key_usage == 0) return std::nullopt;
    return EncodedExtension{true, der::named_bits(source.content.key_usage)};
}

}  // namespace signet::x509
