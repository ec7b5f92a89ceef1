// CRLs and OCSP. Caches on the way must ask each time, by ETag for a CRL: what was good before a revocation is never
// good after it.

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "server/exchange.h"
#include "server/router.h"

namespace signet::server {
namespace {

constexpr std::size_t k_longest_get = 4096;  // a request for one certificate has 150 characters of base64

void require_authority(const Exchange& exchange) {
    const auto names = exchange.services.authorities.names();
    if (std::ranges::find(names, exchange.parameter) == names.end())
        throw base::Error{base::Kind::not_found, "there is no such authority"};
}

bool has_tag(const net::Request& request, const std::string& tag) {
    const auto* wanted = net::find_header(request.headers, "If-None-Match");
    return wanted != nullptr && (*wanted == "*" || wanted->find(tag) != std::string::npos);
}

net::Response crl_file(Exchange& exchange, std::string_view which) {
    require_authority(exchange);
    const auto published = exchange.services.crls.get(exchange.parameter, which);
    const std::string tag = "\"" + published->issuer_id + "-" + std::to_string(published->number) + "\"";
    net::Response response;
    response.set("ETag", tag);
    response.set("Cache-Control", "public, no-cache");
    response.set("Last-Modified", net::http_date(base::to_unix(published->this_update)));
    if (has_tag(exchange.request, tag)) {
        response.status = 304;
        return response;
    }
    response.set("Content-Type", "application/pkix-crl");
    response.shared_body = {published, &published->der};  // large, and in memory anyway
    return response;
}

// GET: the rest of the path is base64, URL-encoded or not (RFC 6960 appendix A.1). What is no base64 comes out empty,
// and so as malformedRequest.
base::Bytes request_in_path(const std::string& text) {
    if (text.size() > k_longest_get) return {};
    const auto plain = base::percent_decode(text);
    return plain ? base::base64_decode(*plain).value_or(base::Bytes{}) : base::Bytes{};
}

}  // namespace

net::Response current_crl(Exchange& exchange) { return crl_file(exchange, {}); }
net::Response crl(Exchange& exchange) { return crl_file(exchange, exchange.second); }

net::Response ocsp(Exchange& exchange) {
    require_authority(exchange);
    const bool post = exchange.request.method == "POST";
    const base::Bytes request = post ? base::to_bytes(exchange.request.body) : request_in_path(exchange.second);
    net::Response response;
    response.set("Content-Type", "application/ocsp-response");
    response.set("Cache-Control", "no-store");
    response.body = base::to_text(exchange.services.ocsp.answer(exchange.parameter, request));
    return response;
}

}  // namespace signet::server
