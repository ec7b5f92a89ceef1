#include <bit>
#include <charconv>

#include "base/error.h"
#include "x509/extensions.h"

namespace signet::x509 {
namespace {

using Kind = GeneralName::Kind;

constexpr std::size_t k_most_subtrees = 10'000;

/// Ones, then zeros: nothing else is a prefix (RFC 4632).
bool is_prefix_mask(base::ByteView mask) {
    bool ended = false;
    for (const std::uint8_t octet : mask) {
        if (ended && octet != 0) return false;
        if (octet == 0xff) continue;
        if (std::countl_one(octet) != std::popcount(octet)) return false;
        ended = true;
    }
    return true;
}

void check_base(const GeneralName& name) {
    if (name.kind != Kind::ip) return;
    if (name.value.size() != 8 && name.value.size() != 32) {
        der::fail("nameConstraints", "an iPAddress of neither 8 nor 32 octets");
    }
    if (!is_prefix_mask(base::ByteView(name.value).subspan(name.value.size() / 2))) {
        der::fail("nameConstraints", "an iPAddress whose mask is no prefix");
    }
}

std::vector<GeneralName> read_subtrees(der::Reader items) {
    std::vector<GeneralName> out;
    do {
        der::Reader subtree = items.sequence("GeneralSubtree");
        // An empty text base means "all names of this kind", so the SAN's rule against empty names does not hold here.
        if (subtree.next_is(der::context(1)) || subtree.next_is(der::context(2)) || subtree.next_is(der::context(6))) {
            const der::Element base = subtree.any("GeneralSubtree");
            out.push_back(
                {static_cast<Kind>(base.tag & 0x1f), base::Bytes(base.contents.begin(), base.contents.end())});
        } else {
            out.push_back(read_general_name(subtree, "GeneralSubtree"));
        }
        // minimum is 0 and maximum absent (RFC 5280 section 4.2.1.10).
        subtree.finish("GeneralSubtree");
        check_base(out.back());
    } while (!items.at_end() && out.size() < k_most_subtrees);
    items.finish("nameConstraints");
    return out;
}

/// Other CAs leave bits set that the mask hides: they do not count.
std::string prefix_text(base::ByteView octets) {
    const std::size_t half = octets.size() / 2;
    int length = 0;
    base::Bytes address;
    for (std::size_t i = 0; i < half; ++i) {
        const std::uint8_t mask = octets[half + i];
        length += std::popcount(mask);
        address.push_back(octets[i] & mask);
    }
    return Identifier::ip_bytes(address).text() + "/" + std::to_string(length);
}

void append_text(const std::vector<GeneralName>& bases, std::vector<NameConstraints::Subtree>& out) {
    for (const GeneralName& name : bases) {
        switch (name.kind) {
            case Kind::dns:
                out.push_back({Identifier::Type::dns, std::string(name.text())});
                break;
            case Kind::email:
                out.push_back({Identifier::Type::email, std::string(name.text())});
                break;
            case Kind::uri:
                out.push_back({Identifier::Type::uri, std::string(name.text())});
                break;
            case Kind::ip:
                out.push_back({Identifier::Type::ip, prefix_text(name.value)});
                break;
            case Kind::other:
            case Kind::x400:
            case Kind::directory:
            case Kind::edi:
            case Kind::registered_id:
                break;
        }
    }
}

/// "10.0.0.0/8" as address and mask; host bits must be zero, so that a slip of the pen is not signed.
base::Bytes encode_prefix(std::string_view text) {
    const auto bad = [&](std::string why, std::string hint) {
        return base::Error{base::Kind::bad_input,
                           "\"" + std::string(text) + "\" is no address range: " + std::move(why), std::move(hint)};
    };
    const std::size_t slash = text.find('/');
    base::Bytes out = Identifier::ip(text.substr(0, slash)).octets();
    const std::size_t size = out.size();
    std::size_t length = size * 8;
    if (slash != std::string_view::npos) {
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, length);
        if (error != std::errc{} || stop != end || length > size * 8)
            throw bad("its length is no number that fits", "write 10.0.0.0/8");
    }
    for (std::size_t i = 0; i < size; ++i) {
        const std::size_t ones = length > 8 * i ? std::min<std::size_t>(8, length - 8 * i) : 0;
        const auto mask = static_cast<std::uint8_t>(0xff00u >> ones);
        if ((out[i] & static_cast<std::uint8_t>(~mask)) != 0) throw bad("bits are set beyond its length", "clear them");
        out.push_back(mask);
    }
    return out;
}

base::Bytes encode_subtree(const NameConstraints::Subtree& subtree) {
    const auto general = [](Kind kind, base::ByteView value) {
        return der::sequence({der::tlv(der::context(static_cast<unsigned>(kind)), value)});
    };
    switch (subtree.type) {
        case Identifier::Type::dns:
            return general(Kind::dns, base::bytes_of(subtree.base));
        case Identifier::Type::email:
            return general(Kind::email, base::bytes_of(subtree.base));
        case Identifier::Type::uri:
            return general(Kind::uri, base::bytes_of(subtree.base));
        case Identifier::Type::ip:
            return general(Kind::ip, encode_prefix(subtree.base));
    }
    return {};
}

base::Bytes encode_subtrees(unsigned number, const std::vector<NameConstraints::Subtree>& subtrees) {
    if (subtrees.empty()) return {};
    base::Bytes items;
    for (const auto& subtree : subtrees) base::append(items, encode_subtree(subtree));
    return der::tlv(der::context_constructed(number), items);
}

}  // namespace

void read_name_constraints(der::Reader& value, ExtensionValues& out) {
    der::Reader fields = value.sequence("nameConstraints");
    Certificate::NameSubtrees subtrees;
    if (fields.at_end()) der::fail("nameConstraints", "empty");
    if (const auto permitted = fields.read_if(der::context_constructed(0), "permittedSubtrees")) {
        subtrees.permitted = read_subtrees(der::Reader(permitted->contents));
    }
    if (const auto excluded = fields.read_if(der::context_constructed(1), "excludedSubtrees")) {
        subtrees.excluded = read_subtrees(der::Reader(excluded->contents));
    }
    fields.finish("nameConstraints");
    out.name_subtrees = std::move(subtrees);
}

std::optional<EncodedExtension> write_name_constraints(const ExtensionSource& source) {
    const NameConstraints& constraints = source.content.name_constraints;
    if (constraints.empty()) return std::nullopt;
    return EncodedExtension{
        true, der::sequence({encode_subtrees(0, constraints.permitted), encode_subtrees(1, constraints.excluded)})};
}

NameConstraints to_name_constraints(const Certificate::NameSubtrees& subtrees) {
    NameConstraints out;
    append_text(subtrees.permitted, out.permitted);
    append_text(subtrees.excluded, out.excluded);
    return out;
}

}  // namespace signet::x509
