#include "acme/certificate_id.h"

#include "base/encoding.h"
#include "base/error.h"

namespace signet::acme {
namespace {

constexpr std::size_t k_serial_limit = 20;  // octets (RFC 5280 section 4.1.2.2); a leading zero may be one more
constexpr std::size_t k_key_id_limit = 64;

[[noreturn]] void refuse() {
    throw base::Error{base::Kind::malformed,
                      "a certificate identifier is base64url(authority key identifier) \".\" base64url(serial number), "
                      "without padding (RFC 9773 section 4.1)"};
}

}  // namespace

std::optional<std::string> certificate_id(const x509::Certificate& certificate) {
    const auto key_id = certificate.authority_key_id();
    if (!key_id) return std::nullopt;
    return base::base64url_encode(*key_id) + "." + base::base64url_encode(certificate.serial());
}

std::string serial_of_certificate_id(std::string_view id) {
    const auto dot = id.find('.');
    if (dot == std::string_view::npos) refuse();
    const auto key_id = base::base64url_decode(id.substr(0, dot));
    const auto serial = base::base64url_decode(id.substr(dot + 1));
    if (!key_id || key_id->empty() || key_id->size() > k_key_id_limit) refuse();
    if (!serial || serial->empty() || serial->size() > k_serial_limit + 1) refuse();
    return base::hex_encode(*serial);
}

}  // namespace signet::acme
