#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "net/http_server.h"
#include "net/stream.h"
#include "net/transport.h"

struct ssl_ctx_st;

namespace signet::net {

/// Shared, since connections outlive a change of identity. Read-only once made, hence thread-safe.
using TlsContext = std::shared_ptr<ssl_ctx_st>;

/// The groups of our key agreement, listener or client: elliptic curves, in front of them a hybrid with ML-KEM where
/// OpenSSL has one.
void choose_groups(ssl_ctx_st* context);

/// For a listener: TLS 1.2 and 1.3, ECDHE with AEAD only, no renegotiation, no compression, stateless session tickets,
/// ALPN "http/1.1". Throws bad_input when chain and key are not PEM, or do not belong together.
TlsContext make_server_context(const TlsIdentity& identity);

/// For connections to servers that `trust` decides about. Names are not in it: see require_name.
TlsContext make_client_context(const Trust& trust);

/// Sends this certificate when asked. Chain leaf first. Throws bad_input.
void use_identity(ssl_ctx_st* context, std::string_view chain_pem, const base::Secret& key_pem);

/// A client's side of a connection to `host`, a name or address: SNI for names (RFC 6066 section 3 has none for
/// addresses).
SslHandle make_client_ssl(const TlsContext& context, const std::string& server_name);
/// The certificate must carry `host` in its SAN; a CN never counts (RFC 9525 section 6.3).
void require_name(ssl_st* ssl, const std::string& host);
SslHandle make_server_ssl(const TlsContext& context);

/// "unknown_ca": the name that RFC 8446 section 6 gives to an alert; "alert 200" for one that it does not know.
std::string alert_name(int alert);

}  // namespace signet::net
