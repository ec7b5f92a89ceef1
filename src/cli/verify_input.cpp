#include "cli/verify_input.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "cli/input_file.h"
#include "cli/passphrase.h"
#include "inspect/things.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_largest_input = 4 << 20;  // a distribution's trust bundle has a quarter of a megabyte
constexpr std::size_t k_largest_crl = 88 << 20;   // 1.8 million entries; twice in memory for a moment
constexpr std::size_t k_largest_p12_password = 4096;

bool is_pem(std::string_view text) { return text.find("-----BEGIN ") != std::string_view::npos; }

/// The certificate of the file's key in front; for want of a key the first that is no CA.
void put_leaf_first(std::vector<x509::Certificate>& certificates, const std::optional<crypto::PublicKey>& key) {
    const auto leaf = std::find_if(certificates.begin(), certificates.end(), [&](const x509::Certificate& one) {
        return key ? base::equal(one.spki_der(), key->spki_der()) : !one.is_ca();
    });
    if (leaf != certificates.end()) std::rotate(certificates.begin(), leaf, leaf + 1);
}

}  // namespace

VerifyInput::VerifyInput(Context& context, const std::optional<base::Path>& p12_password_file) : context_(context) {
    if (!p12_password_file) return;
    std::string text = read_input(*p12_password_file, k_largest_p12_password);
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    password_ = std::make_unique<const base::Secret>(std::move(text));
}

VerifyInput::Subject VerifyInput::subject(const base::Path& path) const {
    std::error_code ignored;
    const base::Path file = std::filesystem::is_directory(path, ignored) ? path / "tls.crt" : path;
    const base::Secret contents(read_input(file, k_largest_input));
    Subject out;
    for (const inspect::Thing& thing : inspect::read_things(contents, file.string(), password_.get())) {
        if (const auto* certificate = std::get_if<x509::Certificate>(&thing)) out.certificates.push_back(*certificate);
        if (const auto* key = std::get_if<inspect::ShownKey>(&thing); key != nullptr && key->is_private && !out.key)
            out.key = key->key;
    }
    if (out.certificates.empty())
        throw Error{Kind::bad_input, file.string() + " holds no certificate", "name a file that holds one"};
    if (!is_pem(contents.reveal())) put_leaf_first(out.certificates, out.key);
    return out;
}

std::vector<x509::Certificate> VerifyInput::certificates(const std::vector<base::Path>& paths) const {
    std::vector<x509::Certificate> out;
    for (const base::Path& path : paths) {
        const base::Secret contents(read_input(path, k_largest_input));
        const std::size_t before = out.size();
        for (const inspect::Thing& thing : inspect::read_things(contents, path.string(), password_.get())) {
            if (const auto* certificate = std::get_if<x509::Certificate>(&thing)) out.push_back(*certificate);
        }
        if (out.size() == before)
            throw Error{Kind::bad_input, path.string() + " holds no certificate", "name a file that holds one"};
    }
    return out;
}

std::vector<x509::Crl> VerifyInput::crls(const std::vector<base::Path>& paths) const {
    std::vector<x509::Crl> out;
    for (const base::Path& path : paths) {
        try {
            for (auto& crl : x509::parse_crl_file(read_input(path, k_largest_crl), path.string()))
                out.push_back(std::move(crl));
        } catch (const Error& error) {
            if (error.kind() != Kind::malformed) throw;
            throw Error{Kind::bad_input, path.string() + " is no CRL: " + error.message(), "name a CRL, PEM or DER"};
        }
    }
    return out;
}

std::vector<x509::OcspResponse> VerifyInput::responses(const std::vector<base::Path>& paths) const {
    std::vector<x509::OcspResponse> out;
    for (const base::Path& path : paths) {
        const base::Secret contents(read_input(path, k_largest_input));
        const std::size_t before = out.size();
        for (inspect::Thing& thing : inspect::read_things(contents, path.string(), nullptr)) {
            if (auto* response = std::get_if<x509::OcspResponse>(&thing)) out.push_back(std::move(*response));
        }
        if (out.size() == before)
            throw Error{Kind::bad_input, path.string() + " holds no OCSP response",
                        "name one in DER, as `openssl ocsp -respout` writes it"};
    }
    return out;
}

void VerifyInput::warn_of_readers(const base::Path& path) const {
    const auto facts = base::file_facts(path);
    if (facts && (facts->mode & 077) != 0)
        context_.out.warning(path.string() + " can be read by others: chmod 600 " + path.string());
}

crypto::PublicKey VerifyInput::key(const base::Path& path) const {
    const base::Secret contents(read_input(path, k_largest_input));
    warn_of_readers(path);
    if (is_pem(contents.reveal())) {
        const auto passphrase = given_passphrase(context_);
        return crypto::PrivateKey::from_pem(contents.reveal(), path.string(), passphrase.get()).public_key();
    }
    for (const inspect::Thing& thing : inspect::read_things(contents, path.string(), password_.get())) {
        if (const auto* key = std::get_if<inspect::ShownKey>(&thing); key != nullptr && key->is_private)
            return key->key;
    }
    throw Error{Kind::bad_input, path.string() + " holds no private key that can be read without a passphrase",
                "give a key in PEM, DER or PKCS#12"};
}

base::Secret VerifyInput::key_pem(const base::Path& path) const {
    const base::Secret contents(read_input(path, k_largest_input));
    warn_of_readers(path);
    const auto passphrase = given_passphrase(context_);
    return crypto::PrivateKey::from_pem(contents.reveal(), path.string(), passphrase.get()).to_pem();
}

}  // namespace signet::cli
