#include "server/renewal.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "acme/certificate_id.h"
#include "base/error.h"
#include "ca/renewal_window.h"
#include "server/router.h"
#include "store/certificates.h"
#include "store/orders.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;

std::optional<store::CertificateRecord> find_by_id(const Exchange& exchange, const std::string& id) {
    const auto serial = acme::serial_of_certificate_id(id);
    auto record = exchange.services.store.query(
        [&](store::Transaction& transaction) { return store::find_certificate(transaction, serial); });
    // The whole identifier must be the certificate's: the key identifier too, in the one spelling.
    if (!record || acme::certificate_id(x509::Certificate::from_der(record->der)) != id) return std::nullopt;
    return record;
}

}  // namespace

std::optional<store::CertificateRecord> predecessor_of(const Exchange& exchange, const acme::NewOrderMessage& message) {
    if (!message.replaces) return std::nullopt;
    auto record = find_by_id(exchange, *message.replaces);
    if (!record || record->account != exchange.account->record.id) {
        throw Error{Kind::not_found, "this account has no certificate of the identifier in \"replaces\""};
    }
    const bool shared = std::ranges::any_of(message.identifiers, [&](const auto& identifier) {
        return std::ranges::find(record->names, identifier.text()) != record->names.end();
    });
    if (!shared) {
        throw Error{Kind::malformed, "the certificate in \"replaces\" has none of the order's identifiers"};
    }
    return record;
}

void require_unreplaced(store::Transaction& transaction, const store::CertificateRecord& predecessor,
                        const std::string& certificate_id, std::int64_t now) {
    const auto record = store::find_certificate(transaction, predecessor.serial);
    if ((record && record->replaced_by) || store::being_replaced(transaction, certificate_id, now)) {
        throw Error{Kind::already_replaced, "another order replaces this certificate already"};
    }
}

// RFC 9773 section 4: for whoever asks, without a signature.
net::Response renewal_info(Exchange& exchange) {
    const auto record = find_by_id(exchange, exchange.parameter);
    if (!record) throw Error{Kind::not_found, "this CA has issued no certificate of this identifier"};
    const auto window = ca::renewal_window(*record, exchange.services.files.replaced_at(*record));
    base::Json json;
    json["suggestedWindow"]["start"] = base::format_time(base::from_unix(window.start));
    json["suggestedWindow"]["end"] = base::format_time(base::from_unix(window.end));
    auto response = json_response(200, json);
    response.set("Retry-After", std::to_string(ca::ask_again_after(*record)));
    return response;
}

}  // namespace signet::server
