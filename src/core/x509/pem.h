#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "x509/certificate.h"

namespace signet::x509 {

struct PemBlock {
    std::string label;  // "CERTIFICATE"
    base::Bytes der;
    std::size_t line;  // of its BEGIN, from 1
};

struct PemLimits {
    std::size_t blocks = 1000;   // a trust bundle of a distribution has some 150
    std::size_t size = 4 << 20;  // bytes of text
};

/// Every block of `text`. Text between blocks is allowed only when `comments`. Throws bad_input naming `what` and the
/// line of a block that is cut short, nested, or no base64.
std::vector<PemBlock> parse_pem(std::string_view text, std::string_view what, bool comments = true,
                                const PemLimits& limits = {});
std::string encode_pem(std::string_view label, base::ByteView der);

/// All CERTIFICATE blocks, in order. Throws bad_input when there is none, or one does not parse.
std::vector<Certificate> parse_certificates(std::string_view pem, std::string_view what);
/// The same for a file that may be PEM or one DER certificate: its content tells.
std::vector<Certificate> parse_certificate_file(std::string_view contents, std::string_view what);
std::string encode_certificates(const std::vector<Certificate>& certificates);

}  // namespace signet::x509
