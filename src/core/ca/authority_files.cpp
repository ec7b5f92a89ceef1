#include "ca/authority_files.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/generations.h"
#include "x509/build.h"
#include "x509/pem.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_certificate_limit = 64 << 10;  // a short chain; ML-DSA-87 certificates take 10 KiB

[[noreturn]] void throw_corrupt(const base::Path& path, const std::string& why) {
    throw Error{Kind::corrupt, path.string() + ": " + why, "restore the file from a backup of the store"};
}

bool may_sign(const x509::Certificate& ca) {
    const auto usage = ca.key_usage();
    return ca.is_ca() && (!usage || (*usage & x509::usage_bit(x509::KeyUsage::key_cert_sign)) != 0);
}

/// Exactly one CA certificate that may sign certificates.
x509::Certificate read_ca(const base::Path& path) {
    const auto certificates = read_cas(path);
    if (certificates.size() != 1)
        throw_corrupt(path, "it holds " + std::to_string(certificates.size()) + " certificates instead of one");
    return certificates.front();
}

/// NAME.crt each; whatever else stands there is not looked at.
std::vector<AuthorityFiles::Foreign> read_trusted(const store::Layout& layout, const std::string& name) {
    std::vector<AuthorityFiles::Foreign> trusted;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(layout.trusted(name), error), end; !error && entry != end;
         entry.increment(error)) {
        const base::Path& path = entry->path();
        if (path.extension() == ".crt" && !path.filename().string().starts_with('.'))
            trusted.push_back({path.stem().string(), read_ca(path)});
    }
    if (error && error != std::errc::no_such_file_or_directory)
        base::throw_errno(error.value(), "read", layout.trusted(name));
    std::sort(trusted.begin(), trusted.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return trusted;
}

std::vector<base::Path> key_files(const store::Layout& layout, const std::string& name) {
    std::vector<base::Path> keys{layout.root_key(name), layout.issuing_key(name), layout.next_key(name)};
    std::error_code error;
    for (std::filesystem::directory_iterator entry(layout.former(name), error), end; !error && entry != end;
         entry.increment(error))
        if (entry->path().extension() == ".key") keys.push_back(entry->path());
    return keys;
}

[[noreturn]] void throw_not_found(const store::Layout& layout, const std::string& name) {
    const std::vector<std::string> names = authority_names(layout);
    const auto near = base::nearest(name, names);
    const std::string hint = near            ? "did you mean '" + *near + "'?"
                             : names.empty() ? "signet ca init"
                                             : "name one of these, or set it as ca of the profile in signet.toml: " +
                                                   base::join(names, ", ");
    throw Error{Kind::not_found, "there is no CA '" + base::printable(name) + "' in " + layout.root().string(), hint};
}

}  // namespace

std::vector<x509::Certificate> AuthorityFiles::chain() const {
    std::vector<x509::Certificate> chain;
    if (issuing) chain.push_back(*issuing);
    chain.insert(chain.end(), between.begin(), between.end());
    return chain;
}

std::vector<x509::Certificate> AuthorityFiles::above_leaf() const {
    auto above = chain();
    above.push_back(root);
    return above;
}

std::vector<x509::Certificate> AuthorityFiles::anchors() const {
    std::vector<x509::Certificate> anchors{root};
    for (const FormerCa& former : former_roots)
        if (!former.compromised) anchors.push_back(former.certificate);
    for (const Foreign& foreign : trusted) anchors.push_back(foreign.certificate);
    return anchors;
}

std::vector<x509::Certificate> read_cas(const base::Path& path) {
    const std::string pem = base::read_file(path, k_certificate_limit);
    std::vector<x509::Certificate> certificates;
    try {
        certificates = x509::parse_certificates(pem, path.string());
    } catch (const Error& error) {
        throw_corrupt(path, error.message());
    }
    if (!std::all_of(certificates.begin(), certificates.end(), may_sign))
        throw_corrupt(path, "it is not the certificate of a CA");
    return certificates;
}

bool authority_waits(const store::Layout& layout, const std::string& name) {
    return !authority_exists(layout, name) && base::file_facts(layout.issuing_request(name)).has_value();
}

bool rotation_waits(const store::Layout& layout, const std::string& name) {
    return authority_exists(layout, name) && base::file_facts(layout.issuing_request(name)).has_value();
}

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
    if (authority_waits(layout, name))
        throw Error{Kind::not_found, "the CA '" + name + "' waits for its certificate",
                    "have " + layout.issuing_request(name).string() + " signed, then: signet ca import"};
    if (!authority_exists(layout, name)) throw_not_found(layout, name);
    AuthorityFiles files{name, read_ca(layout.root_certificate(name)), std::nullopt, {}, read_trusted(layout, name)};
    read_former(layout, files);
    const base::Path path = layout.issuing_certificate(name);
    if (!base::file_facts(path)) {
        // Without this its leafs would come from the root, which the issuing CA's constraints do not bind.
        if (base::file_facts(layout.issuing_key(name))) throw_corrupt(path, "it is gone, but its key is there");
        return files;
    }
    const auto certificates = read_cas(path);
    files.issuing = certificates.front();
    files.between.assign(certificates.begin() + 1, certificates.end());
    const auto above = files.above_leaf();
    for (std::size_t i = 0; i + 1 < above.size(); ++i)
        if (!(above[i].issuer() == above[i + 1].subject()) || !above[i].signed_by(above[i + 1].public_key()))
            throw_corrupt(path, i + 2 == above.size() ? "it was not signed by the root beside it"
                                                      : "its certificates are no chain");
    return files;
}

void check_key_privacy(const store::Layout& layout, const std::string& name) {
    for (const base::Path& path : key_files(layout, name)) {
        const auto facts = base::file_facts(path);
        if (!facts) continue;
        if (facts->owner != geteuid())
            throw Error{Kind::permission, path.string() + " belongs to another user",
                        "run signet as the owner of the store"};
        if ((facts->mode & 077) != 0)
            throw Error{Kind::permission, "others can read the CA key " + path.string(), "chmod 600 " + path.string()};
    }
}

std::optional<Error> not_valid(const std::vector<x509::Certificate>& above, const std::string& name, base::Time now) {
    for (auto ca = above.rbegin(); ca != above.rend(); ++ca) {  // a new issuing CA below an old root helps nobody
        const auto who = [&] { return "the CA '" + ca->subject().text() + "'"; };
        if (ca->not_after() <= now)
            return Error{Kind::ca_not_valid, who() + " expired at " + base::format_time(ca->not_after()),
                         "make its successor: signet ca rotate" + (name == "default" ? "" : " " + name) +
                             (ca->self_issued() ? " --root" : "")};
        if (ca->not_before() > now)
            return Error{Kind::ca_not_valid, who() + " is not valid before " + base::format_time(ca->not_before()),
                         "look at the clock of this machine"};
    }
    return std::nullopt;
}

std::string authority_id(const x509::Certificate& ca) {
    return base::hex_encode(ca.subject_key_id().value_or(x509::key_identifier(ca.public_key()))).substr(0, 8);
}

}  // namespace signet::ca
