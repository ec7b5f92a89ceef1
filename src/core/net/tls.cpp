#include "net/tls.h"

#include <algorithm>
#include <array>
#include <openssl/ssl.h>

#include "base/error.h"
#include "crypto/openssl.h"
#include "net/client_stream.h"
#include "net/starttls.h"
#include "net/tls_context.h"

namespace signet::net {

namespace {

// How long a server may take to refuse our certificate after a TLS 1.3 handshake that is finished on our side only:
// a round trip and its own verification. Servers that issue session tickets answer sooner, either way.
constexpr auto k_refusal_wait = std::chrono::milliseconds(700);

/// What OpenSSL's callbacks find out during one dial.
struct Observed {
    bool certificate_requested = false;
    bool ticket = false;
};

int observed_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

Observed& observed(SSL* ssl) { return *static_cast<Observed*>(SSL_get_ex_data(ssl, observed_index())); }

int on_certificate_request(SSL* ssl, void*) {
    observed(ssl).certificate_requested = true;
    return 1;
}

int on_session(SSL* ssl, SSL_SESSION*) {
    observed(ssl).ticket = true;
    return 0;  // not kept
}

std::vector<unsigned char> alpn_wire(const std::vector<std::string>& protocols) {
    std::vector<unsigned char> wire;
    for (const auto& protocol : protocols) {
        if (protocol.empty() || protocol.size() > 255) {
            throw base::Error{base::Kind::internal, "an ALPN protocol has 1 to 255 octets"};
        }
        wire.push_back(static_cast<unsigned char>(protocol.size()));
        wire.insert(wire.end(), protocol.begin(), protocol.end());
    }
    return wire;
}

TlsContext make_dial_context(const TlsDialRequest& request) {
    auto context = make_client_context({Trust::Mode::none, {}});
    if (!request.certificate_pem.empty() && request.key_pem != nullptr) {
        use_identity(context.get(), request.certificate_pem, *request.key_pem);
    }
    SSL_CTX_set_cert_cb(context.get(), on_certificate_request, nullptr);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context.get(), on_session);
    return context;
}

int wire_version(TlsVersion version) {
    switch (version) {
        case TlsVersion::v1_0:
            return TLS1_VERSION;
        case TlsVersion::v1_1:
            return TLS1_1_VERSION;
        case TlsVersion::v1_2:
            return TLS1_2_VERSION;
        case TlsVersion::v1_3:
            return TLS1_3_VERSION;
    }
    return 0;
}

/// Nothing else is offered, and what OpenSSL has switched off for being weak is offered too: whether the server takes
/// it is the question.
void offer_only(SSL* ssl, TlsVersion version) {
    SSL_set_security_level(ssl, 0);
    SSL_set_options(ssl, SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_set_min_proto_version(ssl, wire_version(version));
    const bool set =
        SSL_set_max_proto_version(ssl, wire_version(version)) == 1 && SSL_set_cipher_list(ssl, "ALL:@SECLEVEL=0") == 1;
    crypto::check(set, "offering an old version of TLS");
}

SslHandle make_dial_ssl(const TlsContext& context, const TlsDialRequest& request, Observed& observed) {
    auto ssl = make_client_ssl(context, request.server_name);
    SSL_set_ex_data(ssl.get(), observed_index(), &observed);
    const auto alpn = alpn_wire(request.alpn);
    if (!alpn.empty()) SSL_set_alpn_protos(ssl.get(), alpn.data(), static_cast<unsigned int>(alpn.size()));
    if (request.version) offer_only(ssl.get(), *request.version);
    if (request.ask_status) SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, TLSEXT_STATUSTYPE_ocsp, nullptr);
    return ssl;
}

base::Bytes stapled_response(SSL* ssl) {
    const unsigned char* response = nullptr;
    const long size = SSL_ctrl(ssl, SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP, 0, &response);
    return response == nullptr || size <= 0 ? base::Bytes{} : base::Bytes(response, response + size);
}

std::vector<x509::Certificate> peer_chain(const SSL* ssl, const TlsDialRequest& request) {
    std::vector<x509::Certificate> chain;
    const auto* sent = SSL_get_peer_cert_chain(ssl);
    for (int i = 0; sent != nullptr && i < sk_X509_num(sent); ++i) {
        base::Bytes der(static_cast<std::size_t>(std::max(0, i2d_X509(sk_X509_value(sent, i), nullptr))));
        unsigned char* cursor = der.data();
        i2d_X509(sk_X509_value(sent, i), &cursor);
        try {
            chain.push_back(x509::Certificate::from_der(der));
        } catch (const base::Error& error) {
            throw base::Error{base::Kind::tls, "certificate " + std::to_string(i) + " that " + request.host +
                                                   " sent is malformed: " + error.message()};
        }
    }
    return chain;
}

std::string group_name(SSL* ssl) {
    const int group = static_cast<int>(SSL_get_negotiated_group(ssl));
    const char* name = group == 0 ? nullptr : SSL_group_to_name(ssl, group);
    return name == nullptr ? "" : name;
}

std::string selected_alpn(const SSL* ssl) {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl, &name, &size);
    return {name, name + size};
}

/// In TLS 1.3 the server looks at our certificate, or at its absence, when we have long finished (RFC 8446
/// section 4.4.2.4).
void wait_for_refusal(ClientStream& stream, const Observed& observed, const Deadline& deadline) {
    if (!observed.certificate_requested || SSL_version(stream.ssl()) < TLS1_3_VERSION) return;
    const auto until = deadline.at_most(k_refusal_wait);
    std::array<char, 1024> buffer;
    while (!observed.ticket && !until.passed()) {
        const auto size =
            stream.read_if_any(buffer.data(), buffer.size(), until.at_most(std::chrono::milliseconds(20)));
        if (size) return;  // it talks to us, or has closed in peace
    }
}

constexpr auto k_answer_wait = std::chrono::milliseconds(1000);
constexpr std::size_t k_longest_answer = 4096;

std::optional<std::string> ask(ClientStream& stream, const std::string& question, const Deadline& deadline) {
    stream.write(question, deadline);
    std::array<char, k_longest_answer> buffer;
    const auto size = stream.read_if_any(buffer.data(), buffer.size(), deadline.at_most(k_answer_wait));
    return size ? std::optional(std::string(buffer.data(), *size)) : std::nullopt;
}

class OpenSslDialer final : public TlsDialer {
public:
    TlsHandshake dial(const TlsDialRequest& request) override {
        const Deadline deadline(request.timeout);
        const auto context = make_dial_context(request);
        Observed observed;
        ClientStream stream(request.host, request.port, request.connect_to, deadline);
        negotiate(stream, request.starttls, deadline);
        stream.start_tls(make_dial_ssl(context, request, observed), deadline);
        SSL* ssl = stream.ssl();
        if (request.await_refusal && request.question.empty()) wait_for_refusal(stream, observed, deadline);
        TlsHandshake result;
        result.protocol = SSL_get_version(ssl);
        result.cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl));
        result.group = group_name(ssl);
        result.alpn = selected_alpn(ssl);
        result.chain = peer_chain(ssl, request);
        result.client_certificate_requested = observed.certificate_requested;
        result.peer = stream.peer();
        result.stapled = stapled_response(ssl);
        if (!request.question.empty()) result.answer = ask(stream, request.question, deadline);
        return result;
    }
};

}  // namespace

std::unique_ptr<TlsDialer> make_tls_dialer() { return std::make_unique<OpenSslDialer>(); }

}  // namespace signet::net
