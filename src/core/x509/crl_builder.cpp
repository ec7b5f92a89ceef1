#include "x509/crl_builder.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "x509/algorithm.h"
#include "x509/der.h"
#include "x509/general_name.h"

namespace signet::x509 {
namespace {

constexpr std::size_t k_header = 6;       // tag and length of the longest element
constexpr std::size_t k_entry_size = 56;  // with a serial of 20 octets, a UTCTime and a reason
constexpr std::size_t k_end_size = 8192;  // extensions, algorithm and the largest signature (ML-DSA-87: 4627 octets)

// SEQUENCE of the one extension reasonCode, all but the reason itself.
constexpr std::array<std::uint8_t, 13> k_reason_extension = {0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55,
                                                             0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01};

base::Bytes crl_extension(std::string_view oid, bool critical, base::ByteView value) {
    return der::sequence({der::oid(oid), critical ? der::boolean(true) : base::Bytes{}, der::octet_string(value)});
}

base::Bytes distribution_point(const std::vector<std::string>& urls) {
    base::Bytes names;
    for (const std::string& url : urls) base::append(names, encode_uri(url));
    const base::Bytes full_name = der::tlv(der::context_constructed(0), names);
    return der::sequence({der::tlv(der::context_constructed(0), full_name)});
}

base::Bytes crl_extensions(const IssuerFields& issuer, const CrlFields& fields) {
    base::Bytes list =
        crl_extension("2.5.29.35", false, der::sequence({der::tlv(der::context(0), issuer.key_identifier)}));
    base::append(list, crl_extension("2.5.29.20", false, der::integer(fields.number)));
    if (!fields.scope_urls.empty())
        base::append(list, crl_extension("2.5.29.28", true, distribution_point(fields.scope_urls)));
    return der::tlv(der::context_constructed(0), der::sequence({list}));
}

base::Bytes crl_front(const IssuerFields& issuer, crypto::SignatureAlgorithm algorithm, const CrlFields& fields) {
    return der::concat({der::integer(1), algorithm_identifier(algorithm), issuer.name.der(),
                        der::time(fields.this_update), der::time(fields.next_update)});
}

}  // namespace

CrlBuilder::CrlBuilder(const IssuerFields& issuer, crypto::SignatureAlgorithm algorithm, const CrlFields& fields,
                       std::size_t expected_entries)
    : algorithm_(algorithm),
      front_(crl_front(issuer, algorithm, fields)),
      extensions_(crl_extensions(issuer, fields)),
      start_(front_.size() + 3 * k_header) {
    buffer_.reserve(start_ + expected_entries * k_entry_size + extensions_.size() + k_end_size);
    buffer_.resize(start_);
}

void CrlBuilder::add(base::ByteView serial, base::Time revoked_at, int reason) {
    constexpr std::size_t k_longest = 40;  // far beyond the 20 octets of section 4.1.2.2, and lengths stay one octet
    if (closed_ || serial.empty() || serial.size() > k_longest || reason < 0 || reason > 10)
        throw base::Error{base::Kind::internal, "an entry that no CRL can have"};
    // A mass revocation has one time for all: it is spelt out once.
    if (const auto seconds = base::to_unix(revoked_at); seconds != last_time_ || last_time_der_.empty()) {
        last_time_der_ = der::time(revoked_at);
        last_time_ = seconds;
    }
    const std::size_t reason_size = reason == 0 ? 0 : k_reason_extension.size() + 1;
    const std::size_t size = 2 + serial.size() + last_time_der_.size() + reason_size;
    const std::array<std::uint8_t, 4> head = {der::k_sequence, static_cast<std::uint8_t>(size), der::k_integer,
                                              static_cast<std::uint8_t>(serial.size())};
    base::append(buffer_, head);
    base::append(buffer_, serial);
    base::append(buffer_, last_time_der_);
    if (reason != 0) {
        base::append(buffer_, k_reason_extension);
        buffer_.push_back(static_cast<std::uint8_t>(reason));
    }
    ++entries_;
}

void CrlBuilder::prepend(base::ByteView bytes) {
    start_ -= bytes.size();
    std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(start_));
}

base::ByteView CrlBuilder::tbs() {
    if (!closed_) {
        closed_ = true;
        // No revokedCertificates at all rather than an empty list (RFC 5280 section 5.1.2.6).
        if (entries_ != 0) prepend(der::header(der::k_sequence, buffer_.size() - start_));
        prepend(front_);
        base::append(buffer_, extensions_);
        prepend(der::header(der::k_sequence, buffer_.size() - start_));
    }
    return base::ByteView(buffer_).subspan(start_);
}

base::Bytes CrlBuilder::assemble(base::ByteView signature) {
    tbs();
    base::append(buffer_, algorithm_identifier(algorithm_));
    base::append(buffer_, der::bit_string(signature));
    prepend(der::header(der::k_sequence, buffer_.size() - start_));
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(start_));
    return std::move(buffer_);
}

}  // namespace signet::x509
