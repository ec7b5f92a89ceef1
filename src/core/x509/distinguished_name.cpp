#include "x509/distinguished_name.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "x509/der.h"
#include "x509/punycode.h"

namespace signet::x509 {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_most_rdns = 64;
constexpr std::size_t k_most_attributes = 256;

struct AttributeType {
    const char* oid;
    const char* name;
    std::size_t upper_bound;  // characters, RFC 5280 appendix A.1; 0: parsed and shown only
};

constexpr AttributeType k_types[] = {
    {"2.5.4.3", "CN", 64},
    {"2.5.4.10", "O", 64},
    {"2.5.4.11", "OU", 64},
    {"2.5.4.6", "C", 2},
    {"2.5.4.8", "ST", 128},
    {"2.5.4.7", "L", 128},
    {"2.5.4.9", "STREET", 0},
    {"2.5.4.5", "serialNumber", 0},
    {"0.9.2342.19200300.100.1.25", "DC", 0},
    {"0.9.2342.19200300.100.1.1", "UID", 0},
    {"1.2.840.113549.1.9.1", "emailAddress", 0},
};

void append_utf8(std::string& out, std::uint32_t c) {
    const auto put = [&](std::uint32_t octet) { out += static_cast<char>(octet); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0 | c >> 6);
        put(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        put(0xe0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    } else {
        put(0xf0 | (c >> 18 & 0x07));
        put(0x80 | (c >> 12 & 0x3f));
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    }
}

/// Strings of one, two or four octets a character, as Latin-1, UCS-2 and UCS-4.
std::string from_wide(base::ByteView contents, std::size_t width) {
    if (contents.size() % width != 0) der::fail("name", "a string that is not of whole characters");
    std::string out;
    for (std::size_t i = 0; i < contents.size(); i += width) {
        std::uint32_t c = 0;
        for (std::size_t k = 0; k < width; ++k) c = c << 8 | contents[i + k];
        append_utf8(out, c > 0x10ffff ? 0xfffd : c);
    }
    return out;
}

/// Attribute values of types that are no strings are shown as their DER in hex, as RFC 4514 section 2.4 does.
std::string value_text(const der::Element& value) {
    switch (value.tag) {
        case der::k_utf8_string:
            if (!punycode::from_utf8(base::text_of(value.contents))) der::fail("name", "UTF8String is not UTF-8");
            return base::to_text(value.contents);
        case der::k_printable_string:
        case der::k_ia5_string:
        case der::k_numeric_string:
        case der::k_visible_string:
        case der::k_teletex_string:
            return from_wide(value.contents, 1);
        case der::k_bmp_string:
            return from_wide(value.contents, 2);
        case der::k_universal_string:
            return from_wide(value.contents, 4);
        default:
            return "#" + base::hex_encode(value.whole);
    }
}

/// Leading, trailing and repeated spaces dropped, ASCII case folded.
std::string folded(std::string_view value) {
    std::string out;
    for (const char c : base::lower(base::trim(value))) {
        if (c == ' ' && !out.empty() && out.back() == ' ') continue;
        out += c;
    }
    return out;
}

template <class Visit>
void for_each_rdn(base::ByteView name_der, const Visit& visit) {
    der::Reader outer(name_der);
    der::Reader rdns = outer.sequence("name");
    outer.finish("name");
    for (std::size_t count = 0; !rdns.at_end(); ++count) {
        if (count == k_most_rdns) der::fail("name", "too many parts");
        std::vector<DistinguishedName::Attribute> attributes;
        der::Reader set = rdns.enter(der::k_set, "name");
        do {
            der::Reader pair = set.sequence("name");
            std::string oid = pair.oid("name");
            attributes.push_back({std::move(oid), value_text(pair.any("name"))});
            if (attributes.size() > k_most_rdns) der::fail("name", "too many attributes");
            pair.finish("name");
        } while (!set.at_end());
        visit(std::move(attributes));
    }
}

const char* short_name(std::string_view oid) {
    const auto row =
        std::find_if(std::begin(k_types), std::end(k_types), [&](const auto& type) { return oid == type.oid; });
    return row == std::end(k_types) ? nullptr : row->name;
}

/// RFC 4514 section 2.4.
std::string escaped(std::string_view value) {
    std::string out;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        const bool edge = (c == ' ' && (i == 0 || i + 1 == value.size())) || (c == '#' && i == 0);
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            out += "\\" + base::hex_encode(base::bytes_of(value.substr(i, 1)));
            continue;
        }
        if (edge || std::string_view("\"+,;<>\\").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

void check_value(const AttributeType& type, std::string_view value) {
    const std::string shown = std::string(type.name) + " \"" + base::printable(value, 80) + "\"";
    const auto points = punycode::from_utf8(value);
    if (!points) throw Error{Kind::bad_input, shown + " is not UTF-8", "write it in UTF-8"};
    if (points->empty()) throw Error{Kind::bad_input, shown + " is empty", "leave it out, or give it a value"};
    const auto is_control = [](char32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); };
    if (std::any_of(points->begin(), points->end(), is_control)) {
        throw Error{Kind::bad_input, shown + " has control characters", "remove them"};
    }
    if (std::string_view(type.name) == "C") {
        const bool letters = std::all_of(value.begin(), value.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
        if (value.size() != 2 || !letters) {
            throw Error{Kind::bad_input, shown + " is no country code",
                        "use two capital letters of ISO 3166, as in DE"};
        }
    }
    if (points->size() > type.upper_bound) {
        throw Error{
            Kind::bad_input,
            shown + " is longer than the " + std::to_string(type.upper_bound) + " characters that RFC 5280 allows",
            "shorten it"};
    }
}

}  // namespace

DistinguishedName DistinguishedName::from_der(base::ByteView der) {
    DistinguishedName out;
    for_each_rdn(der, [&](std::vector<Attribute> attributes) {
        out.single_valued_ &= attributes.size() == 1;
        std::move(attributes.begin(), attributes.end(), std::back_inserter(out.attributes_));
        if (out.attributes_.size() > k_most_attributes) der::fail("name", "too many attributes");
    });
    out.der_.assign(der.begin(), der.end());
    return out;
}

void DistinguishedName::add(std::string_view type, std::string_view value) {
    const auto row = std::find_if(std::begin(k_types), std::end(k_types),
                                  [&](const auto& known) { return type == known.name && known.upper_bound != 0; });
    if (row == std::end(k_types)) {
        throw Error{Kind::bad_input, "\"" + base::printable(type) + "\" is no part of a subject",
                    "use CN, O, OU, C, ST or L"};
    }
    check_value(*row, value);
    const der::Tag string_type = type == "C" ? der::k_printable_string : der::k_utf8_string;
    const base::Bytes rdn = der::set({der::sequence({der::oid(row->oid), der::text(string_type, value)})});
    der::Reader outer(der_);
    der_ = der::sequence({outer.read(der::k_sequence, "name").contents, rdn});
    attributes_.push_back({row->oid, std::string(value)});
}

std::optional<std::string> DistinguishedName::common_name() const {
    const auto found =
        std::find_if(attributes_.rbegin(), attributes_.rend(), [](const auto& a) { return a.oid == "2.5.4.3"; });
    return found == attributes_.rend() ? std::nullopt : std::optional(found->value);
}

std::string DistinguishedName::text() const {
    std::string out;
    std::vector<std::string> rdns;
    for_each_rdn(der_, [&](const std::vector<Attribute>& attributes) {
        std::string rdn;
        for (const Attribute& attribute : attributes) {
            const char* name = short_name(attribute.oid);
            rdn += (rdn.empty() ? "" : "+") + (name != nullptr ? std::string(name) : attribute.oid) + "=" +
                   escaped(attribute.value);
        }
        rdns.push_back(std::move(rdn));
    });
    std::reverse(rdns.begin(), rdns.end());
    return base::join(rdns, ",");
}

std::vector<std::string> DistinguishedName::comparison_keys() const {
    std::vector<std::string> keys;
    for_each_rdn(der_, [&](const std::vector<Attribute>& attributes) {
        std::vector<std::string> parts;
        for (const Attribute& attribute : attributes) parts.push_back(attribute.oid + "=" + folded(attribute.value));
        std::sort(parts.begin(), parts.end());
        keys.push_back(base::join(parts, std::string_view("\0", 1)));
    });
    return keys;
}

bool same_name(const DistinguishedName& a, const DistinguishedName& b) {
    if (a == b) return true;
    if (!a.single_valued_ || !b.single_valued_) return a.comparison_keys() == b.comparison_keys();
    return std::equal(a.attributes_.begin(), a.attributes_.end(), b.attributes_.begin(), b.attributes_.end(),
                      [](const auto& x, const auto& y) {
                          return x.oid == y.oid && (x.value == y.value || folded(x.value) == folded(y.value));
                      });
}

bool within(const DistinguishedName& name, const DistinguishedName& base) {
    const auto names = name.comparison_keys();
    const auto bases = base.comparison_keys();
    return bases.size() <= names.size() && std::equal(bases.begin(), bases.end(), names.begin());
}

}  // namespace signet::x509
