#include "ca/authority_files.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "x509/build.h"
#include "x509/pem.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_certificate_limit = 64 << 10;  // one certificate; ML-DSA-87 ones take 10 KiB

[[noreturn]] void throw_corrupt(const base::Path& path, const std::string& why) {
    throw Error{Kind::corrupt, path.string() + ": " + why, "restore the file from a backup of the store"};
}

/// Exactly one CA certificate that may sign certificates.
x509::Certificate read_ca(const base::Path& path) {
    const std::string pem = base::read_file(path, k_certificate_limit);
    std::vector<x509::Certificate> certificates;
    try {
        certificates = x509::parse_certificates(pem, path.string());
    } catch (const Error& error) {
        throw_corrupt(path, error.message());
    }
    if (certificates.size() != 1)
        throw_corrupt(path, "it holds " + std::to_string(certificates.size()) + " certificates instead of one");
    const x509::Certificate& ca = certificates.front();
    const auto usage = ca.key_usage();
    const bool may_sign = !usage || (*usage & x509::usage_bit(x509::KeyUsage::key_cert_sign)) != 0;
    if (!ca.is_ca() || !may_sign) throw_corrupt(path, "it is not the certificate of a CA");
    return ca;
}

[[noreturn]] void throw_not_found(const store::Layout& layout, const std::string& name) {
    const std::vector<std::string> names = authority_names(layout);
    const auto near = base::nearest(name, names);
    const std::string hint = near            ? "did you mean '" + *near + "'?"
                             : names.empty() ? "signet ca init"
                                             : "use one of: " + base::join(names, ", ");
    throw Error{Kind::not_found, "there is no CA '" + base::printable(name) + "' in " + layout.root().string(), hint};
}

}  // namespace

bool authority_exists(const store::Layout& layout, const std::string& name) {
    return base::file_facts(layout.root_certificate(name)).has_value();
}

std::vector<std::string> authority_names(const store::Layout& layout) {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(layout.authorities(), error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with('.') && authority_exists(layout, name)) names.push_back(name);
    }
    if (error && error != std::errc::no_such_file_or_directory)
        base::throw_errno(error.value(), "read", layout.authorities());
    std::sort(names.begin(), names.end());
    return names;
}

AuthorityFiles read_authority_files(const store::Layout& layout, const std::string& name) {
    store::check_plain_name(name, "a CA");
    if (!authority_exists(layout, name)) throw_not_found(layout, name);
    AuthorityFiles files{name, read_ca(layout.root_certificate(name)), std::nullopt};
    const base::Path path = layout.issuing_certificate(name);
    if (!base::file_facts(path)) return files;
    files.issuing = read_ca(path);
    if (!(files.issuing->issuer() == files.root.subject()) || !files.issuing->signed_by(files.root.public_key()))
        throw_corrupt(path, "it was not signed by the root beside it");
    return files;
}

void check_key_privacy(const store::Layout& layout, const std::string& name) {
    for (const base::Path& path : {layout.root_key(name), layout.issuing_key(name)}) {
        const auto facts = base::file_facts(path);
        if (!facts) continue;
        if (facts->owner != geteuid())
            throw Error{Kind::permission, path.string() + " belongs to another user",
                        "run signet as the owner of the store"};
        if ((facts->mode & 077) != 0)
            throw Error{Kind::permission, "others can read the CA key " + path.string(), "chmod 600 " + path.string()};
    }
}

std::string authority_id(const x509::Certificate& ca) {
    return base::hex_encode(ca.subject_key_id().value_or(x509::key_identifier(ca.public_key()))).substr(0, 8);
}

}  // namespace signet::ca
