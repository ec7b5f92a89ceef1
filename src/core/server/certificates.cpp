#include "base/error.h"
#include "base/log.h"
#include "server/router.h"
#include "x509/pem.h"

namespace signet::server {

// RFC 8555 section 7.4.2: leaf first, each next one certifies the one before, no text between.
net::Response certificate(Exchange& exchange) {
    exchange.require_post_as_get();
    const auto& record = *exchange.loaded.certificate;
    const auto published = exchange.services.files.get(record.authority);
    net::Response response;
    response.set("Content-Type", "application/pem-certificate-chain");
    response.body = x509::encode_pem("CERTIFICATE", record.der) + published->chain_pem;
    response.add("Link", "<" + exchange.url("/ca/", record.authority) + "/" + record.issuer_id + ".der>;rel=\"up\"");
    return response;
}

}  // namespace signet::server
