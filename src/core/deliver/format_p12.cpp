#include "deliver/format_p12.h"

#include "base/error.h"
#include "base/text.h"
#include "crypto/pkcs12.h"

namespace signet::deliver {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_password_limit = 4096;

std::string first_name(const x509::Certificate& leaf) {
    if (!leaf.names().empty()) return leaf.names().front().text();
    return leaf.subject().common_name().value_or("signet");
}

}  // namespace

base::Secret read_p12_password(const FormatOptions& options) {
    if (!options.p12_password_file)
        throw Error{Kind::usage, "the format 'p12' needs a password", "name its file with --p12-password-file"};
    if (!base::file_facts(*options.p12_password_file))
        throw Error{Kind::bad_input, "there is no password file " + options.p12_password_file->string(),
                    "name a file that is there"};
    const base::Secret text(base::read_file(*options.p12_password_file, k_password_limit));
    std::string_view line = text.reveal().substr(0, text.reveal().find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty())
        throw Error{Kind::bad_input, options.p12_password_file->string() + " holds no password",
                    "write it on the first line"};
    return base::Secret(std::string(line));
}

std::vector<File> write_p12(const Bundle& bundle, const FormatOptions& options) {
    if (bundle.key_pem.empty())
        throw Error{Kind::usage, "the format 'p12' needs the private key, which stayed with the maker of the request",
                    "leave out --format p12, or --csr"};
    crypto::Pkcs12 content;
    content.key_pem = base::Secret(std::string(bundle.key_pem.reveal()));
    content.certificate = bundle.leaf.der();
    for (const auto& certificate : bundle.chain) content.others.push_back(certificate.der());
    content.name = first_name(bundle.leaf);
    content.legacy = options.p12_legacy;
    std::vector<File> files;
    files.push_back({"tls.p12", crypto::encode_pkcs12(content, read_p12_password(options)), true});
    return files;
}

}  // namespace signet::deliver
