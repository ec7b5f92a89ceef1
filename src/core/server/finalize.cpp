#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "acme/certificate_id.h"
#include "acme/problem.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "jose/jwk.h"
#include "server/authorization_modes.h"
#include "server/bindings.h"
#include "server/orders.h"
#include "server/rate_limits.h"
#include "server/refusals.h"
#include "server/router.h"
#include "store/accounts.h"
#include "store/audit.h"
#include "store/certificates.h"
#include "store/orders.h"
#include "x509/csr.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;
using store::OrderStatus;
using x509::CertificateRequest;
using x509::Identifier;

constexpr std::int64_t k_refusals = 10;  // then the order is invalid

Error not_ready(std::string_view why) {
    return {Kind::order_not_ready, "the order is " + std::string(why) + ", not ready"};
}

void require_ready(const Exchange& exchange) {
    switch (status_now(*exchange.loaded.order, base::to_unix(exchange.now))) {
        case OrderStatus::ready:
            return;
        case OrderStatus::pending:
            throw not_ready("pending");
        case OrderStatus::processing:
            throw not_ready("processing");
        case OrderStatus::valid:
            throw not_ready("valid");
        case OrderStatus::invalid:
            throw not_ready("invalid");
    }
}

CertificateRequest parse_request(const Exchange& exchange) {
    const auto text = base::json_string(exchange.payload_json(), "csr", "finalize");
    const auto der = base::base64url_decode(text);
    if (!der) throw Error{Kind::bad_csr, "\"csr\" is not base64url of DER"};
    return CertificateRequest::from_der(*der);
}

// A CSR may have thousands of names; who mends it starts with the first.
std::string list(const std::vector<Identifier>& names) {
    constexpr std::size_t k_listed = 10;
    std::string text;
    for (const auto& name : std::span(names).first(std::min(names.size(), k_listed)))
        text += (text.empty() ? "" : ", ") + name.text();
    if (names.size() > k_listed) text += " and " + std::to_string(names.size() - k_listed) + " more";
    return text.empty() ? "none" : text;
}

void add_parts(std::vector<base::ErrorPart>& parts, const std::vector<Identifier>& names, const std::string& what) {
    constexpr std::size_t k_parts = 100;
    for (const auto& name : std::span(names).first(std::min(names.size(), k_parts)))
        parts.push_back({name.text(), Kind::bad_csr, what});
}

// Every common name counts as one of the names, if it can be one; the order is what it must be in (section 7.4).
std::vector<Identifier> common_names(const CertificateRequest& request) {
    constexpr std::string_view common_name = "2.5.4.3";
    std::vector<Identifier> names;
    for (const auto& attribute : request.subject.attributes()) {
        if (attribute.oid != common_name || attribute.value.empty()) continue;
        try {
            names.push_back(Identifier::parse(attribute.value));
        } catch (const Error&) {
            throw Error{Kind::bad_csr, "the CSR's common name \"" + base::printable(attribute.value) +
                                           "\" is none of the order's identifiers"};
        }
    }
    return names;
}

std::vector<Identifier> without(const std::vector<Identifier>& names, const std::vector<Identifier>& others) {
    std::vector<Identifier> rest;
    for (const auto& name : names) {
        if (std::ranges::find(others, name) == others.end()) rest.push_back(name);
    }
    return rest;
}

// `added`: what the profile adds of its own. A client that knows of it may name it; cert-manager does.
void check_names(const CertificateRequest& request, const std::vector<Identifier>& ordered,
                 const std::vector<Identifier>& added) {
    if (!request.other_names.empty()) {
        throw Error{Kind::bad_csr, "the CSR has a subjectAltName of kind " + request.other_names.front() +
                                       ", which this CA does not issue"};
    }
    auto asked = request.names;
    for (auto& name : common_names(request)) {
        if (std::ranges::find(asked, name) == asked.end()) asked.push_back(std::move(name));
    }
    const auto missing = without(ordered, asked), extra = without(without(asked, ordered), added);
    if (missing.empty() && extra.empty()) return;
    std::vector<base::ErrorPart> parts;
    add_parts(parts, missing, "in the order, missing in the CSR");
    add_parts(parts, extra, "in the CSR, but not in the order");
    throw Error{Kind::bad_csr,
                "the order has " + list(ordered) + "; the CSR has " + list(asked) + "; missing: " + list(missing) +
                    "; extra: " + list(extra),
                {},
                std::move(parts)};
}

Error account_key() {
    return {Kind::bad_csr, "the CSR's key is an account key", "make a key of its own for the certificate"};
}

const ca::Profile& profile_of(const Exchange& exchange) {
    const auto found = exchange.live->profiles.find(exchange.loaded.order->profile);
    if (found == exchange.live->profiles.end()) {
        throw Error{Kind::invalid_profile, "the order's profile is not offered any more"};
    }
    return found->second;
}

// Proofs that this profile's mode accepts now: it may be another one than when the order was made.
std::vector<store::ProvenIdentifier> accepted_proofs(const Exchange& exchange, const ca::Profile& profile) {
    const auto& mode = mode_of(profile, exchange.live->settings);
    std::vector<store::ProvenIdentifier> accepted;
    for (const auto& proof : exchange.loaded.proofs) {
        const bool own = is_withheld(*exchange.live, mode, proof.identifier());
        if (!own && mode.accepts(profile, proof.proof())) accepted.push_back(proof);
    }
    return accepted;
}

ca::IssuanceRequest issuance(const Exchange& exchange, const ca::Profile& profile, const CertificateRequest& request) {
    const auto& order = *exchange.loaded.order;
    const auto time = [](const std::optional<std::int64_t>& seconds) {
        return seconds ? std::optional(base::from_unix(*seconds)) : std::nullopt;
    };
    return {.profile = profile,
            .names = order.identifiers,
            .public_key = request.public_key,
            .not_before = time(order.not_before),
            .not_after = time(order.not_after),
            .wished_at = base::from_unix(order.created_at),
            .requester =
                ca::Account{exchange.account->record.id, exchange.client_address, accepted_proofs(exchange, profile),
                            name_limits(exchange, profile), exchange.account->record.token},
            .audit_refusal = false};
}

void mark_replaced(store::Transaction& transaction, const std::string& certificate_id, const std::string& successor) {
    store::mark_replaced(transaction, acme::serial_of_certificate_id(certificate_id), successor);
}

// A client gets some tries, and the audit log one line: neither grows with how often a hostile one asks again.
void note_refusal(const Exchange& exchange, const Error& error) {
    const auto& order = *exchange.loaded.order;
    store::AuditRecord entry{};
    entry.at = base::to_unix(exchange.now);
    entry.action = "certificate.refused";
    entry.actor = "account " + order.account;
    entry.address = exchange.client_address;
    entry.account = order.account;
    entry.profile = order.profile;
    for (const auto& name : order.identifiers) entry.names.push_back(name.text());
    entry.detail = refusal_detail(exchange, error);
    const auto problem = acme::to_problem(error, {}).document;
    try {
        exchange.services.store.write([&](store::Transaction& transaction) {
            const auto refusals = store::count_refusal(transaction, order.id);
            if (refusals == 1) store::append_audit(transaction, entry);
            if (refusals >= k_refusals) store::fail_order(transaction, order.id, problem);
        });
    } catch (const Error& failure) {  // the refusal stands: it must not turn into another error
        base::log(base::Level::error, "a refusal is missing in the audit log",
                  {{"reason", failure.message()}, {"refusal", entry.detail}});
    }
}

net::Response certify(Exchange& exchange) {
    auto order = *exchange.loaded.order;
    const auto& profile = profile_of(exchange);
    exchange.asked_profile = profile.name;
    const auto request = parse_request(exchange);
    check_names(request, order.identifiers, ca::added_uris(profile, order.identifiers));
    if (request.public_key == *exchange.key) throw account_key();
    // RFC 8555 section 6.7: badPublicKey is for the key of a JWS.
    if (const auto reason = exchange.services.issuer.weakness(request.public_key)) {
        throw Error{Kind::bad_csr, "the CSR's key cannot be certified: " + *reason, "make a new key, of type ec-p256"};
    }
    if (profile.acme.caa) exchange.services.caa.require(exchange);
    const auto thumbprint = jose::thumbprint(request.public_key);
    // The certificate and the order's end are one transaction: of many finalizes at once one gets through.
    const auto issued =
        exchange.services.issuer.issue(issuance(exchange, profile, request),
                                       [&](store::Transaction& transaction, const store::CertificateRecord& record) {
                                           if (store::find_account_by_thumbprint(transaction, thumbprint))
                                               throw account_key();
                                           if (!store::complete_order(transaction, order.id, record.serial))
                                               throw not_ready("done");
                                           limit_certificate(exchange, transaction, profile, order.identifiers);
                                           if (order.replaces)
                                               mark_replaced(transaction, *order.replaces, record.serial);
                                       });
    order.status = OrderStatus::valid;
    order.certificate = issued.record.serial;
    return order_response(exchange, order, 200);
}

}  // namespace

net::Response finalize(Exchange& exchange) {
    require_ready(exchange);
    try {
        return certify(exchange);
    } catch (const Error& error) {
        if (is_refusal(error)) note_refusal(exchange, error);
        throw;
    }
}

}  // namespace signet::server
