#include "crypto/spki.h"

#include <array>

namespace signet::crypto {
namespace {

using base::Bytes;
using base::ByteView;

constexpr std::uint8_t k_integer = 0x02, k_bit_string = 0x03, k_sequence = 0x30;

constexpr std::array<std::uint8_t, 21> k_p256 = {0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                                 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr std::array<std::uint8_t, 18> k_p384 = {0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                                 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
constexpr std::array<std::uint8_t, 18> k_p521 = {0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                                 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23};
constexpr std::array<std::uint8_t, 7> k_ed25519 = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};
constexpr std::array<std::uint8_t, 15> k_rsa = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                                0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

struct Curve {
    KeyType type;
    ByteView algorithm;
    std::size_t coordinate;
    const char* group;
};
constexpr std::array<Curve, 4> k_curves = {{{KeyType::ec_p256, k_p256, 32, "P-256"},
                                            {KeyType::ec_p384, k_p384, 48, "P-384"},
                                            {KeyType::ec_p521, k_p521, 66, "P-521"},
                                            {KeyType::ed25519, k_ed25519, 0, nullptr}}};

const Curve* curve(KeyType type) {
    for (const Curve& row : k_curves) {
        if (row.type == type) return &row;
    }
    return nullptr;
}

/// Takes one element with this tag off the front of `in`: minimal definite lengths up to 64 KiB only.
std::optional<ByteView> take(ByteView& in, std::uint8_t tag) {
    if (in.size() < 2 || in[0] != tag) return std::nullopt;
    std::size_t length = in[1], header = 2;
    if (length == 0x81 && in.size() > 2) {
        length = in[2];
        header = 3;
        if (length < 0x80) return std::nullopt;
    } else if (length == 0x82 && in.size() > 3) {
        length = static_cast<std::size_t>(in[2] << 8 | in[3]);
        header = 4;
        if (length < 0x100) return std::nullopt;
    } else if (length >= 0x80) {
        return std::nullopt;
    }
    if (in.size() - header < length) return std::nullopt;
    const ByteView contents = in.subspan(header, length);
    in = in.subspan(header + length);
    return contents;
}

/// A positive INTEGER without its sign octet.
std::optional<ByteView> take_positive(ByteView& in) {
    const auto contents = take(in, k_integer);
    if (!contents || contents->empty()) return std::nullopt;
    if ((*contents)[0] != 0) return (*contents)[0] < 0x80 ? contents : std::nullopt;
    const bool needed = contents->size() > 1 && (*contents)[1] >= 0x80;  // the sign octet, else zero or not minimal
    return needed ? std::optional(contents->subspan(1)) : std::nullopt;
}

void put(Bytes& out, std::uint8_t tag, std::size_t length) {
    out.push_back(tag);
    if (length >= 0x100) {
        out.push_back(0x82);
        out.push_back(static_cast<std::uint8_t>(length >> 8));
    } else if (length >= 0x80) {
        out.push_back(0x81);
    }
    out.push_back(static_cast<std::uint8_t>(length & 0xff));
}

Bytes wrap(std::uint8_t tag, ByteView contents) {
    Bytes out;
    out.reserve(contents.size() + 4);
    put(out, tag, contents.size());
    base::append(out, contents);
    return out;
}

Bytes integer(ByteView number) {
    Bytes contents;
    if (number.empty() || number[0] >= 0x80) contents.push_back(0);
    base::append(contents, number);
    return wrap(k_integer, contents);
}

ByteView without_leading_zeros(ByteView number) {
    while (!number.empty() && number[0] == 0) number = number.subspan(1);
    return number;
}

Bytes assemble(ByteView algorithm, ByteView key_bits) {
    Bytes bits = {0};  // no unused bits
    base::append(bits, key_bits);
    Bytes contents(algorithm.begin(), algorithm.end());
    base::append(contents, wrap(k_bit_string, bits));
    return wrap(k_sequence, contents);
}

}  // namespace

std::optional<Spki> read_spki(ByteView der) {
    auto outer = take(der, k_sequence);
    if (!outer || !der.empty()) return std::nullopt;
    const ByteView begin = *outer;
    if (!take(*outer, k_sequence)) return std::nullopt;
    const ByteView algorithm = begin.first(begin.size() - outer->size());
    const auto bits = take(*outer, k_bit_string);
    if (!bits || !outer->empty() || bits->empty() || (*bits)[0] != 0) return std::nullopt;
    return Spki{algorithm, bits->subspan(1)};
}

std::optional<RsaNumbers> read_rsa_key(ByteView der) {
    auto sequence = take(der, k_sequence);
    if (!sequence || !der.empty()) return std::nullopt;
    const auto modulus = take_positive(*sequence);
    if (!modulus) return std::nullopt;
    const auto exponent = take_positive(*sequence);
    if (!exponent || !sequence->empty()) return std::nullopt;
    return RsaNumbers{*modulus, *exponent};
}

std::optional<KeyType> type_of_algorithm(ByteView algorithm) {
    for (const Curve& row : k_curves) {
        if (base::equal(row.algorithm, algorithm)) return row.type;
    }
    return std::nullopt;
}

bool is_rsa_algorithm(ByteView algorithm) { return base::equal(algorithm, k_rsa); }

Bytes write_spki(KeyType type, ByteView key_bits) { return assemble(curve(type)->algorithm, key_bits); }

Bytes write_rsa_spki(ByteView modulus, ByteView exponent) {
    Bytes numbers = integer(without_leading_zeros(modulus));
    base::append(numbers, integer(without_leading_zeros(exponent)));
    return assemble(k_rsa, wrap(k_sequence, numbers));
}

std::size_t coordinate_size(KeyType type) {
    const Curve* row = curve(type);
    return row == nullptr ? 0 : row->coordinate;
}

const char* group_name(KeyType type) {
    const Curve* row = curve(type);
    return row == nullptr ? nullptr : row->group;
}

}  // namespace signet::crypto
