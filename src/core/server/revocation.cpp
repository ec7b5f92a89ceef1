#include "ca/revocation.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "server/authorization_modes.h"
#include "server/router.h"
#include "store/authorizations.h"
#include "store/certificates.h"
#include "x509/certificate.h"
#include "x509/revocation_reason.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;
using x509::Identifier;

// For a leaf that will not come back (RFC 5280 section 5.3.1): no CA's and no hold's.
constexpr std::array k_reasons = {0, 1, 3, 4, 5, 9};

struct Wish {
    x509::Certificate certificate;
    int reason;
};

Error bad_reason() {
    std::vector<std::string> allowed;
    for (const int reason : k_reasons) {
        allowed.push_back(std::to_string(reason) + " (" + std::string(x509::revocation_reason_name(reason)) + ")");
    }
    return {Kind::bad_revocation_reason, "this reason is not allowed; allowed are " + base::join(allowed, ", ")};
}

int parse_reason(const base::Json& json) {
    const auto member = json.find("reason");
    if (member == json.end()) return 0;
    if (!member->is_number_integer()) throw Error{Kind::malformed, "revokeCert: \"reason\" is not an integer"};
    const auto found = std::ranges::find(k_reasons, member->get<std::int64_t>());
    if (found == k_reasons.end()) throw bad_reason();
    return *found;
}

Wish parse_wish(const Exchange& exchange) {
    const auto json = exchange.payload_json();
    const auto der = base::base64url_decode(base::json_string(json, "certificate", "revokeCert"));
    if (!der) throw Error{Kind::malformed, "revokeCert: \"certificate\" is not base64url of DER"};
    return {x509::Certificate::from_der(*der), parse_reason(json)};
}

// Only the very certificate that was issued: its serial on another one is none of ours.
store::CertificateRecord find_issued(store::Transaction& transaction, const x509::Certificate& certificate) {
    auto record = store::find_certificate(transaction, certificate.serial_hex());
    if (!record || record->der != certificate.der()) {
        throw Error{Kind::not_found, "this CA has issued no such certificate"};
    }
    return std::move(*record);
}

bool controls(store::Transaction& transaction, const Exchange& exchange, const Identifier& name) {
    const auto identifier = name.is_wildcard() ? Identifier::dns(name.base_name()) : name;
    const auto proofs = store::proofs_held(transaction, exchange.account->record.id, identifier, name.is_wildcard(),
                                           base::to_unix(exchange.now));
    return std::ranges::any_of(proofs, shows_control);
}

// RFC 8555 section 7.6: who ordered it, who controls all that it names, who has its key.
bool may_revoke(store::Transaction& transaction, const Exchange& exchange, const store::CertificateRecord& record,
                const x509::Certificate& certificate) {
    if (!exchange.account) return *exchange.key == certificate.public_key();
    if (record.account == exchange.account->record.id) return true;
    const auto& names = certificate.names();
    return !names.empty() &&
           std::ranges::all_of(names, [&](const auto& name) { return controls(transaction, exchange, name); });
}

ca::Revoker revoker(const Exchange& exchange) {
    if (!exchange.account) return {"certificate key", exchange.client_address, std::nullopt};
    const std::string& id = exchange.account->record.id;
    return {"account " + id, exchange.client_address, id};
}

}  // namespace

net::Response revoke(Exchange& exchange) {
    const auto wish = parse_wish(exchange);
    const auto record = exchange.services.store.query([&](store::Transaction& transaction) {
        auto found = find_issued(transaction, wish.certificate);
        if (!may_revoke(transaction, exchange, found, wish.certificate)) {
            throw Error{Kind::refused, "this key may not revoke this certificate",
                        "sign with the account that ordered it, one that proved control of all its names, or its key"};
        }
        return found;
    });
    ca::revoke(exchange.services.store, record, wish.reason, exchange.now, revoker(exchange));
    return {};
}

}  // namespace signet::server
