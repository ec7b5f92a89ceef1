#include "acme/challenge_tls_alpn01.h"

#include "acme/targets.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "net/handshake_listener.h"
#include "net/tls.h"
#include "x509/build.h"
#include "x509/der.h"
#include "x509/pem.h"

namespace signet::acme {
namespace {

using base::Error;
using base::Kind;
using x509::GeneralName;
using x509::Identifier;

constexpr auto k_protocol = "acme-tls/1";
constexpr auto k_acme_identifier = "1.3.6.1.5.5.7.1.31";

bool is_address(const Identifier& identifier) { return identifier.type() == Identifier::Type::ip; }

std::string server_name(const Identifier& identifier) {
    return is_address(identifier) ? reverse_name(net::Address::from_octets(identifier.octets())) : identifier.text();
}

/// The value of the acmeIdentifier extension (RFC 8737 section 3): an OCTET STRING with the digest.
base::Bytes authorization_value(const std::string& key_authorization) {
    return x509::der::octet_string(crypto::sha256(base::bytes_of(key_authorization)));
}

// ---- the CA's check -------------------------------------------------------------------------------------------------

std::string place(const ValidationContext& context, const Identifier& identifier, const net::Address& address) {
    return identifier.text() + " at " + address.text() + " port " + std::to_string(context.tls_alpn01_port);
}

net::TlsHandshake shake_hands(const ValidationContext& context, const Identifier& identifier,
                              const net::Address& address, std::chrono::milliseconds timeout) {
    const auto where = place(context, identifier, address);
    try {
        return net::make_tls_dialer()->dial({.host = identifier.text(),
                                             .port = context.tls_alpn01_port,
                                             .connect_to = address,
                                             .server_name = server_name(identifier),
                                             .alpn = {k_protocol},
                                             .certificate_pem = {},
                                             .timeout = timeout});
    } catch (const Error& error) {  // its text may quote an alert or a certificate
        if (error.kind() == Kind::timeout) throw Error{Kind::timeout, "no TLS handshake with " + where + " in time"};
        if (error.kind() != Kind::tls) throw Error{Kind::connection, "no connection to " + where};
        throw Error{Kind::tls, "no TLS handshake for " + std::string(k_protocol) + " with " + where};
    }
}

bool names_exactly(const x509::Certificate& certificate, const Identifier& identifier) {
    const auto& names = certificate.general_names();
    if (names.size() != 1) return false;
    const auto& name = names.front();
    if (is_address(identifier)) {
        return name.kind == GeneralName::Kind::ip && base::equal(name.value, identifier.octets());
    }
    return name.kind == GeneralName::Kind::dns && base::iequals(name.text(), identifier.text());
}

// Empty when the handshake proves it, else what is missing.
std::string shortcoming(const net::TlsHandshake& handshake, const Identifier& identifier,
                        const std::string& key_authorization) {
    if (handshake.alpn != k_protocol) return "did not select the protocol acme-tls/1";
    if (handshake.chain.empty()) return "sent no certificate";
    const auto& certificate = handshake.chain.front();
    if (!names_exactly(certificate, identifier)) {
        return "sent a certificate whose subjectAltName is not just " + identifier.text();
    }
    const auto* extension = certificate.find_extension(k_acme_identifier);
    if (extension == nullptr) return "sent a certificate without acmeIdentifier extension";
    if (!extension->critical) return "sent a certificate whose acmeIdentifier extension is not critical";
    if (!base::equal(extension->value, authorization_value(key_authorization))) {
        return "sent a certificate whose acmeIdentifier is not the digest of the key authorization";
    }
    return {};
}

}  // namespace

// ---- the client's answer --------------------------------------------------------------------------------------------

/// The shared listener, by a name that the context can declare.
class TlsAlpn01Listener : public net::HandshakeListener {
public:
    explicit TlsAlpn01Listener(int port) : HandshakeListener(port, k_protocol) {}
};

namespace {

// Nobody looks at the times (RFC 8737 section 3 has no rule for them), so they need no clock: 2020, and the end that
// RFC 5280 section 4.1.2.5 has for certificates without one.
constexpr std::int64_t k_not_before = 1'577'836'800;
constexpr std::int64_t k_not_after = 253'402'300'799;

net::TlsIdentity challenge_identity(const Identifier& identifier, const std::string& key_authorization) {
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    x509::Template content;
    content.serial = {1};
    content.subject.add("CN", "ACME challenge");
    content.names = {identifier};
    content.public_key = key.public_key();
    content.not_before = base::from_unix(k_not_before);
    content.not_after = base::from_unix(k_not_after);
    content.key_usage = x509::usage_bit(x509::KeyUsage::digital_signature);
    content.extra = {{k_acme_identifier, true, authorization_value(key_authorization)}};
    return {x509::encode_certificates({x509::build_self_signed(content, key)}), key.to_pem()};
}

class HandshakeAnswer final : public Presented {
public:
    HandshakeAnswer(std::shared_ptr<TlsAlpn01Listener> listener, std::string name, const net::TlsIdentity& identity)
        : listener_(std::move(listener)), name_(std::move(name)) {
        listener_->add(name_, identity);
    }
    ~HandshakeAnswer() override { listener_->remove(name_); }
    HandshakeAnswer(const HandshakeAnswer&) = delete;
    HandshakeAnswer& operator=(const HandshakeAnswer&) = delete;

private:
    std::shared_ptr<TlsAlpn01Listener> listener_;
    std::string name_;
};

}  // namespace

std::string reverse_name(const net::Address& address) {
    std::string name;
    const auto& octets = address.octets();
    for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet) {
        if (!address.is_v6()) {
            name += std::to_string(*octet) + ".";
            continue;
        }
        const auto digits = base::hex_encode(base::ByteView(&*octet, 1));
        name += {digits[1], '.', digits[0], '.'};
    }
    return name + (address.is_v6() ? "ip6.arpa" : "in-addr.arpa");
}

bool tls_alpn01_applies(const Identifier& identifier, bool wildcard) {
    return !wildcard && !identifier.is_wildcard() &&
           (identifier.type() == Identifier::Type::dns || is_address(identifier));
}

void validate_tls_alpn01(const ValidationContext& context, const Identifier& identifier, std::string_view,
                         const std::string& key_authorization) {
    const auto deadline = std::chrono::steady_clock::now() + context.timeout;
    std::optional<net::TlsHandshake> handshake;
    try_in_turn(
        permitted_addresses(context, identifier.text()), deadline,
        [&](const net::Address& address, auto share) { handshake = shake_hands(context, identifier, address, share); });
    const auto missing = shortcoming(*handshake, identifier, key_authorization);
    if (missing.empty()) return;
    throw Error{Kind::incorrect_response, place(context, identifier, handshake->peer) + " " + missing};
}

std::unique_ptr<Presented> present_tls_alpn01(const ResponderContext& context, const Identifier& identifier,
                                              std::string_view token, const std::string& key_authorization) {
    check_token(token);
    auto listener = context.tls_alpn01_listener.lock();
    if (!listener) {
        listener = std::make_shared<TlsAlpn01Listener>(context.tls_alpn01_port);
        context.tls_alpn01_listener = listener;
    }
    return std::make_unique<HandshakeAnswer>(std::move(listener), server_name(identifier),
                                             challenge_identity(identifier, key_authorization));
}

}  // namespace signet::acme
