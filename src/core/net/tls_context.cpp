#include "net/tls_context.h"

#include <array>
#include <cstring>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <utility>

#include "base/error.h"
#include "crypto/key.h"
#include "crypto/openssl.h"
#include "net/address.h"
#include "x509/pem.h"

namespace signet::net {

namespace {

using X509Handle = crypto::Handle<X509, X509_free>;

// TLS 1.2 suites: forward secrecy and AEAD or nothing (RFC 9325 section 4.2). TLS 1.3 has no others.
constexpr const char* k_tls12_suites = "ECDHE+AESGCM:ECDHE+CHACHA20";

// Elliptic curves only: with the finite fields of RFC 7919, which OpenSSL takes in TLS 1.3 by default, a ClientHello of
// a few bytes costs the other side tens of milliseconds. The hybrid with ML-KEM comes first where OpenSSL has it (3.5);
// a star is a key share that a client sends at once.
constexpr const char* k_groups_with_ml_kem = "*X25519MLKEM768:*X25519:P-256:P-384:P-521:X448";
constexpr const char* k_groups = "X25519:P-256:P-384:P-521:X448";

X509Handle to_openssl(const x509::Certificate& certificate) {
    const auto& der = certificate.der();
    const unsigned char* cursor = der.data();
    X509Handle handle(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
    crypto::check(handle != nullptr, "reading a certificate for TLS");
    // OpenSSL notes what the extensions say at the first look. Threads share a context: the first look is here.
    X509_check_purpose(handle.get(), -1, 0);
    return handle;
}

TlsContext make_context(const SSL_METHOD* method) {
    TlsContext context(SSL_CTX_new(method), SSL_CTX_free);
    crypto::check(context != nullptr, "making a TLS context");
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    choose_groups(context.get());
    return context;
}

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned int in_size,
                void*) {
    static constexpr std::array<unsigned char, 9> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* selected = nullptr;
    if (SSL_select_next_proto(&selected, out_size, ours.data(), ours.size(), in, in_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 section 3.2
    }
    *out = selected;
    return SSL_TLSEXT_ERR_OK;
}

void add_anchors(X509_STORE* store, const std::vector<x509::Certificate>& anchors) {
    for (const auto& anchor : anchors)
        crypto::check(X509_STORE_add_cert(store, to_openssl(anchor).get()) == 1, "adding a trust anchor");
}

void trust_anchors(SSL_CTX* context, const std::vector<x509::Certificate>& anchors) {
    X509_STORE* store = X509_STORE_new();
    crypto::check(store != nullptr, "making a trust store");
    SSL_CTX_set_cert_store(context, store);  // owns it from here
    // An anchor is trusted because it was given, not because it signed itself.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    add_anchors(store, anchors);
}

constexpr std::pair<int, const char*> k_alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {22, "record_overflow"},
    {40, "handshake_failure"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
};

}  // namespace

void choose_groups(ssl_ctx_st* context) {
    if (SSL_CTX_set1_groups_list(context, k_groups_with_ml_kem) == 1) return;
    ERR_clear_error();
    crypto::check(SSL_CTX_set1_groups_list(context, k_groups) == 1, "choosing the TLS groups");
}

TlsContext make_server_context(const TlsIdentity& identity) {
    auto context = make_context(TLS_server_method());
    SSL_CTX* raw = context.get();
    crypto::check(SSL_CTX_set_cipher_list(raw, k_tls12_suites) == 1, "choosing the TLS 1.2 suites");
    use_identity(raw, identity.chain_pem, identity.key_pem);
    // Sessions live in tickets at the client; a cache here would grow with every handshake.
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
    constexpr std::string_view k_session_context = "signet";
    SSL_CTX_set_session_id_context(raw, base::bytes_of(k_session_context).data(), k_session_context.size());
    SSL_CTX_set_alpn_select_cb(raw, select_alpn, nullptr);
    SSL_CTX_set_read_ahead(raw, 1);  // a record in one call, not its head and its rest in two
    return context;
}

TlsContext make_client_context(const Trust& trust) {
    auto context = make_context(TLS_client_method());
    SSL_CTX_set_verify(context.get(), trust.mode == Trust::Mode::none ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    switch (trust.mode) {
        case Trust::Mode::system:
            crypto::check(SSL_CTX_set_default_verify_paths(context.get()) == 1, "reading the system's trust store");
            add_anchors(SSL_CTX_get_cert_store(context.get()), trust.anchors);
            break;
        case Trust::Mode::anchors:
            trust_anchors(context.get(), trust.anchors);
            break;
        case Trust::Mode::none:
            break;
    }
    return context;
}

void use_identity(ssl_ctx_st* context, std::string_view chain_pem, const base::Secret& key_pem) {
    const auto chain = x509::parse_certificates(chain_pem, "TLS certificate");
    const auto key = crypto::PrivateKey::from_pem(key_pem.reveal(), "TLS key");
    if (!(chain.front().public_key() == key.public_key())) {
        throw base::Error{base::Kind::bad_input, "the TLS certificate and the TLS key do not belong together"};
    }
    const auto leaf = to_openssl(chain.front());
    // OpenSSL refuses keys here that are too weak for its security level.
    if (SSL_CTX_use_certificate(context, leaf.get()) != 1 || SSL_CTX_use_PrivateKey(context, key.handle()) != 1) {
        crypto::drain_errors("using a TLS identity");
        throw base::Error{base::Kind::bad_input, "OpenSSL does not accept the TLS certificate or its key"};
    }
    for (std::size_t i = 1; i < chain.size(); ++i) {
        crypto::check(SSL_CTX_add1_chain_cert(context, to_openssl(chain[i]).get()) == 1, "adding a chain certificate");
    }
}

SslHandle make_server_ssl(const TlsContext& context) {
    SslHandle ssl(SSL_new(context.get()));
    crypto::check(ssl != nullptr, "making a TLS connection");
    SSL_set_accept_state(ssl.get());
    return ssl;
}

SslHandle make_client_ssl(const TlsContext& context, const std::string& server_name) {
    SslHandle ssl(SSL_new(context.get()));
    crypto::check(ssl != nullptr, "making a TLS connection");
    if (!server_name.empty() && !Address::parse(server_name)) {
        // What SSL_set_tlsext_host_name says, whose cast to void* drops a const.
        std::string name = server_name;
        crypto::check(SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1,
                      "setting the server name");
    }
    SSL_set_connect_state(ssl.get());
    return ssl;
}

void require_name(ssl_st* ssl, const std::string& host) {
    X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const auto address = Address::parse(host);
    const int set = address ? X509_VERIFY_PARAM_set1_ip(param, address->octets().data(), address->octets().size())
                            : X509_VERIFY_PARAM_set1_host(param, host.data(), host.size());
    crypto::check(set == 1, "setting the name to verify");
}

std::string alert_name(int alert) {
    for (const auto& [code, name] : k_alerts) {
        if (code == alert) return name;
    }
    return "alert " + std::to_string(alert);
}

}  // namespace signet::net
