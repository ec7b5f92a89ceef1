#include "inspect/explain.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "x509/pem.h"

namespace signet::inspect {
namespace {

using base::Json;

constexpr std::size_t k_longest_text = 2000;
constexpr char k_closed[] = "encrypted; nothing of it can be told without its passphrase";

template <class... F>
struct Visitor : F... {
    using F::operator()...;
};
template <class... F>
Visitor(F...) -> Visitor<F...>;

std::vector<std::string> texts_of(const std::vector<x509::Identifier>& names) {
    std::vector<std::string> texts;
    for (const auto& name : names) texts.push_back(name.text());
    return texts;
}

}  // namespace

std::string_view type_of(const Thing& thing) {
    return std::visit(
        Visitor{[](const x509::Certificate&) { return "certificate"; },
                [](const x509::CertificateRequest&) { return "certificate request"; },
                [](const ShownKey& key) { return key.is_private ? "private key" : "public key"; },
                [](const EncryptedKey&) { return "encrypted private key"; }, [](const x509::Crl&) { return "CRL"; },
                [](const x509::OcspResponse&) { return "OCSP response"; }},
        thing);
}

Facts explain(const Thing& thing, base::Time now) {
    return std::visit(Visitor{[&](const auto& one) { return explain(one, now); },
                              [](const x509::CertificateRequest& request) { return explain(request); },
                              [](const ShownKey& key) { return explain(key); },
                              [](const EncryptedKey&) {
                                  return Facts{{"key", k_closed}};
                              }},
                      thing);
}

Json explain_json(const Thing& thing, base::Time now) {
    return std::visit(Visitor{[&](const auto& one) { return explain_json(one, now); },
                              [](const x509::CertificateRequest& request) { return explain_json(request); },
                              [](const ShownKey& key) { return explain_json(key); },
                              [](const EncryptedKey&) {
                                  return Json{{"type", "encrypted private key"}, {"encrypted", true}};
                              }},
                      thing);
}

std::string public_pem(const Thing& thing) {
    return std::visit(
        Visitor{[](const x509::Certificate& certificate) { return x509::encode_pem("CERTIFICATE", certificate.der()); },
                [](const x509::CertificateRequest& request) {
                    return x509::encode_pem("CERTIFICATE REQUEST", request.der);
                },
                [](const ShownKey& key) { return x509::encode_pem("PUBLIC KEY", key.key.spki_der()); },
                [](const EncryptedKey&) { return std::string(); },
                [](const x509::Crl& crl) { return x509::encode_pem(x509::k_crl_pem_label, crl.der()); },
                [](const x509::OcspResponse& response) { return x509::encode_pem("OCSP RESPONSE", response.der); }},
        thing);
}

Facts explain(const x509::CertificateRequest& request) {
    auto names = texts_of(request.names);
    for (const auto& kind : request.other_names) names.push_back(kind + " (never issued)");
    const auto weak = crypto::weakness(request.public_key);
    return {{"names", base::printable(base::join(names, ", "), k_longest_text)},
            {"subject", base::printable(request.subject.text(), k_longest_text)},
            {"key", request.public_key.describe() + (weak ? ", WEAK: " + *weak : "")},
            {"signature", "made with its own key"},  // a request with another one is not read
            {"key SHA-256", spki_sha256(request.public_key.spki_der())}};
}

Json explain_json(const x509::CertificateRequest& request) {
    const auto weak = crypto::weakness(request.public_key);
    return {{"type", "certificate request"},
            {"subject", request.subject.text()},
            {"names", texts_of(request.names)},
            {"other_names", request.other_names},
            {"key_type", request.public_key.describe()},
            {"weakness", weak ? Json(*weak) : Json()},
            {"spki_sha256", spki_sha256(request.public_key.spki_der())}};
}

Facts explain(const ShownKey& key) {
    const auto weak = crypto::weakness(key.key);
    return {{"key", key.key.describe() + (weak ? ", WEAK: " + *weak : "")},
            {"key SHA-256", spki_sha256(key.key.spki_der())}};
}

Json explain_json(const ShownKey& key) {
    const auto weak = crypto::weakness(key.key);
    return {{"type", key.is_private ? "private key" : "public key"},
            {"key_type", key.key.describe()},
            {"weakness", weak ? Json(*weak) : Json()},
            {"spki_sha256", spki_sha256(key.key.spki_der())}};
}

}  // namespace signet::inspect
