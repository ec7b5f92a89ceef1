#include "base/error.h"
#include "deliver/deliver.h"
#include "deliver/versions.h"
#include "x509/pem.h"

namespace signet::deliver {

using base::Path;

namespace {

constexpr std::size_t k_chain_limit = 1 << 20;
constexpr std::size_t k_key_limit = 64 << 10;
constexpr std::size_t k_anchors_limit = 4 << 20;  // a distribution's whole bundle fits

bool fits(const base::Secret& key_pem, const x509::Certificate& leaf) {
    try {
        return crypto::PrivateKey::from_pem(key_pem.reveal(), "tls.key").public_key() == leaf.public_key();
    } catch (const base::Error&) {
        return false;  // no key, an encrypted one, a key of a kind we do not know: nothing that renewal could use
    }
}

std::optional<Installed> read_once(const Path& directory) {
    const auto certificate = directory / "tls.crt";
    const auto text = base::read_file_if_there(certificate, k_chain_limit);
    if (!text) return std::nullopt;
    Installed found;
    found.chain = x509::parse_certificates(*text, certificate.string());
    if (auto key = base::read_file_if_there(directory / "tls.key", k_key_limit)) {
        found.key_pem = base::Secret(std::move(*key));
        found.key_fits = fits(*found.key_pem, found.chain.front());
    }
    if (const auto anchors = base::read_file_if_there(directory / "ca.crt", k_anchors_limit);
        anchors && !anchors->empty()) {
        found.anchors = x509::parse_certificates(*anchors, (directory / "ca.crt").string());
    }
    return found;
}

}  // namespace

std::optional<base::Secret> fitting_key(const Path& directory, const x509::Certificate& leaf) {
    try {
        auto text = base::read_file_if_there(directory / "tls.key", k_key_limit);
        if (!text) return std::nullopt;
        base::Secret key(std::move(*text));
        if (fits(key, leaf)) return key;
    } catch (const base::Error&) {
        // One that we may not read is not ours to keep.
    }
    return std::nullopt;
}

std::optional<Installed> installed(const Path& directory) {
    auto found = read_once(directory);
    if (!found || found->key_fits || !found->key_pem) return found;
    return read_once(directory);  // perhaps the files were being switched
}

}  // namespace signet::deliver
