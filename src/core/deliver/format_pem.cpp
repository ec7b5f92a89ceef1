#include "deliver/format_pem.h"

#include "base/error.h"
#include "x509/pem.h"

namespace signet::deliver {

namespace {

std::string chain_pem(const Bundle& bundle) {
    std::vector<x509::Certificate> chain{bundle.leaf};
    chain.insert(chain.end(), bundle.chain.begin(), bundle.chain.end());
    return x509::encode_certificates(chain);
}

}  // namespace

std::vector<File> write_pem(const Bundle& bundle, const FormatOptions& /*options*/) {
    std::vector<File> files;
    files.push_back({"tls.crt", base::Secret(chain_pem(bundle)), false});
    if (!bundle.key_pem.empty()) files.push_back({"tls.key", base::Secret(std::string(bundle.key_pem.reveal())), true});
    files.push_back({"ca.crt", base::Secret(x509::encode_certificates(bundle.anchors)), false});
    return files;
}

std::vector<File> write_combined(const Bundle& bundle, const FormatOptions& /*options*/) {
    if (bundle.key_pem.empty()) {
        throw base::Error{base::Kind::usage,
                          "the format 'combined' needs the private key, which stayed with the maker of the request",
                          "leave out --format combined, or --csr"};
    }
    const auto chain = chain_pem(bundle);
    const auto key = bundle.key_pem.reveal();
    std::string both;
    both.reserve(key.size() + 1 + chain.size());  // no copy of the key is left behind by growing
    both += key;
    if (!key.ends_with('\n')) both += '\n';
    both += chain;
    std::vector<File> files;
    files.push_back({"tls.pem", base::Secret(std::move(both)), true});
    return files;
}

}  // namespace signet::deliver
