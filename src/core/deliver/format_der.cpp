#include "deliver/format_der.h"

#include "base/error.h"
#include "x509/pem.h"

namespace signet::deliver {

namespace {

base::Secret der_of(base::ByteView der) { return base::Secret(base::to_text(der)); }

base::Secret key_der(const base::Secret& pem) {
    auto blocks = x509::parse_pem(pem.reveal(), "the private key");
    if (blocks.size() != 1) throw base::Error{base::Kind::internal, "a private key is one PEM block"};
    auto& der = blocks.front().der;
    auto secret = der_of(der);
    base::wipe(der.data(), der.size());
    return secret;
}

}  // namespace

std::vector<File> write_der(const Bundle& bundle, const FormatOptions& /*options*/) {
    std::vector<File> files;
    files.push_back({"tls.crt.der", der_of(bundle.leaf.der()), false});
    if (!bundle.key_pem.empty()) files.push_back({"tls.key.der", key_der(bundle.key_pem), true});
    return files;
}

}  // namespace signet::deliver
