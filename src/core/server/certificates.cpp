#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "server/router.h"
#include "x509/pem.h"

namespace signet::server {
namespace {

constexpr std::string_view k_chain = "application/pem-certificate-chain", k_der = "application/pkix-cert";

// How closely a media range names a type of "application/": 3 by name, 0 not at all.
int closeness(std::string_view range, std::string_view type) {
    if (base::iequals(range, type)) return 3;
    if (base::iequals(range, "application/*")) return 2;
    return range == "*/*" ? 1 : 0;
}

double weight_of(std::string_view parameter) {
    if (!base::iequals(parameter.substr(0, 2), "q=")) return 1;
    double weight = 0;
    std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), weight);
    return std::clamp(weight, 0.0, 1.0);
}

// What an Accept field gives a type: the weight of the range that names it most closely (RFC 9110 section 12.5.1).
double weight(std::string_view accept, std::string_view type) {
    int closest = 0;
    double found = 0;
    for (const auto item : base::split(accept, ',')) {
        const auto parts = base::split(item, ';');
        const int close = closeness(base::trim(parts.front()), type);
        if (close <= closest) continue;
        closest = close;
        found = 1;
        for (std::size_t i = 1; i < parts.size(); ++i) found = std::min(found, weight_of(base::trim(parts[i])));
    }
    return found;
}

// Only who likes it better than the chain: what else a client may want, the chain is what there is.
bool wants_der(const net::Request& request) {
    const auto* accept = net::find_header(request.headers, "Accept");
    return accept != nullptr && weight(*accept, k_der) > weight(*accept, k_chain);
}

net::Response chain_response(const Exchange& exchange, const std::string& chain_pem) {
    net::Response response;
    response.set("Content-Type", std::string(k_chain));
    response.body = x509::encode_pem("CERTIFICATE", exchange.loaded.certificate->der) + chain_pem;
    return response;
}

}  // namespace

// RFC 8555 section 7.4.2: leaf first, each next one certifies the one before, no text between; or the leaf alone, in
// DER, with a link "up" to its issuer. A chain has no such link: clients would look there, by POST, for more of it.
// While two roots count, the chain goes on to the other one, and what ends below the leaf's own root is the alternate.
net::Response certificate(Exchange& exchange) {
    exchange.require_post_as_get();
    const auto& record = *exchange.loaded.certificate;
    net::Response response;
    if (wants_der(exchange.request)) {
        response.set("Content-Type", std::string(k_der));
        response.body = base::to_text(record.der);
        response.add("Link",
                     "<" + exchange.url("/ca/", record.authority) + "/" + record.issuer_id + ".der>;rel=\"up\"");
    } else {
        const auto published = exchange.services.files.get(record.authority);
        const auto& chain = published->chain_for(record.issuer_id);
        response = chain_response(exchange, chain.pem);
        if (!chain.shorter.empty())
            response.add("Link",
                         "<" + exchange.url("/acme/certificate/", record.serial) + "/alternate>;rel=\"alternate\"");
    }
    response.set("Vary", "Accept");
    return response;
}

net::Response alternate_certificate(Exchange& exchange) {
    exchange.require_post_as_get();
    const auto& record = *exchange.loaded.certificate;
    const auto published = exchange.services.files.get(record.authority);
    const auto& chain = published->chain_for(record.issuer_id);
    if (chain.shorter.empty()) throw base::Error{base::Kind::not_found, "there is no other chain for this certificate"};
    return chain_response(exchange, chain.shorter);
}

}  // namespace signet::server
