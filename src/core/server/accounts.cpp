#include "server/accounts.h"

#include <nlohmann/json.hpp>

#include "acme/messages.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/policy.h"
#include "jose/jwk.h"
#include "server/bindings.h"
#include "server/orders.h"
#include "server/rate_limits.h"
#include "server/router.h"
#include "server/terms.h"
#include "store/accounts.h"
#include "store/audit.h"
#include "store/compromised_keys.h"
#include "store/orders.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;
using store::AccountRecord;
using store::AccountStatus;

constexpr std::size_t k_contact_limit = 10;
constexpr int k_page = 100;

// RFC 8555 section 7.3: mailto with one address and no header fields, or a scheme that is not supported.
void check_contact(const std::string& contact) {
    constexpr std::string_view mailto = "mailto:";
    const auto shown = base::printable(contact);
    if (!base::iequals(std::string_view(contact).substr(0, mailto.size()), mailto)) {
        throw Error{Kind::unsupported_contact, "contact " + shown + " is not supported", "use mailto:"};
    }
    const auto address = contact.substr(mailto.size());
    if (address.find('?') != std::string::npos) {
        throw Error{Kind::invalid_contact, "contact " + shown + " has header fields", "leave out everything from ? on"};
    }
    if (address.find(',') != std::string::npos) {
        throw Error{Kind::invalid_contact, "contact " + shown + " has more than one address"};
    }
    try {
        x509::Identifier::email(address);
    } catch (const Error& error) {
        throw Error{Kind::invalid_contact, "contact " + shown + ": " + error.message()};
    }
}

void check_contacts(const std::vector<std::string>& contacts) {
    if (contacts.size() > k_contact_limit) {
        throw Error{Kind::invalid_contact, "more than " + std::to_string(k_contact_limit) + " contacts"};
    }
    for (const auto& contact : contacts) check_contact(contact);
}

const char* status_text(AccountStatus status) {
    switch (status) {
        case AccountStatus::valid:
            return "valid";
        case AccountStatus::deactivated:
            return "deactivated";
        case AccountStatus::revoked:
            return "revoked";
    }
    return "revoked";
}

AccountRecord fresh_record(const Exchange& exchange, const acme::NewAccountMessage& message) {
    AccountRecord record;
    record.id = exchange.services.new_id();
    record.thumbprint = jose::thumbprint(*exchange.key);
    record.jwk = base::dump_json(jose::to_jwk(*exchange.key));
    record.contacts = message.contact;
    record.terms_agreed = message.terms_of_service_agreed;
    if (record.terms_agreed) record.terms = exchange.live->settings.terms_of_service;
    record.profile = exchange.profile;
    record.created_at = base::to_unix(exchange.now);
    return record;
}

store::AuditRecord created_audit(const Exchange& exchange, const AccountRecord& record) {
    auto entry = account_audit(exchange, "account.created", record);
    if (record.token) entry.detail = "bound by token " + *record.token;
    return entry;
}

struct Update {
    std::optional<std::vector<std::string>> contacts;
    bool deactivate = false;
};

// Members that are not listed in RFC 8555 section 7.3.2 and 7.3.6 are ignored.
Update parse_update(const Exchange& exchange) {
    const auto json = exchange.payload_json();
    Update update;
    if (json.contains("contact")) {
        update.contacts = base::json_strings(json, "contact", "account");
        check_contacts(*update.contacts);
    }
    const auto status = base::json_string_if_there(json, "status", "account").value_or("valid");
    if (status != "valid" && status != "deactivated") {
        throw Error{Kind::malformed, "an account's status can only be set to \"deactivated\""};
    }
    update.deactivate = status == "deactivated";
    return update;
}

AccountRecord apply(Exchange& exchange, const Update& update) {
    AccountRecord result;
    exchange.services.store.write([&](store::Transaction& transaction) {
        auto record = store::find_account(transaction, exchange.account->record.id);
        if (!record) throw Error{Kind::account_does_not_exist, "the account is gone"};
        if (update.contacts) record->contacts = *update.contacts;
        if (update.deactivate) record->status = AccountStatus::deactivated;
        if (!store::update_account(transaction, *record)) throw Error{Kind::store_busy, "the account was just changed"};
        if (update.deactivate) {
            store::fail_orders_of(
                transaction, record->id,
                R"({"type":"urn:ietf:params:acme:error:unauthorized","detail":"the account is deactivated"})");
            store::append_audit(transaction, account_audit(exchange, "account.deactivated", *record));
        }
        result = std::move(*record);
    });
    return result;
}

}  // namespace

std::string account_url(const Exchange& exchange, const std::string& id) { return exchange.url("/acme/account/", id); }

net::Response account_response(const Exchange& exchange, const AccountRecord& record, int status) {
    acme::AccountMessage message;
    message.status = status_text(record.status);
    message.contact = record.contacts;
    if (record.terms_agreed) message.terms_of_service_agreed = true;
    message.orders = account_url(exchange, record.id) + "/orders";
    message.external_account_binding = record.binding;
    auto response = json_response(status, acme::encode_account(message));
    response.set("Location", account_url(exchange, record.id));
    return response;
}

store::AuditRecord account_audit(const Exchange& exchange, const char* action, const AccountRecord& record) {
    store::AuditRecord entry;
    entry.at = base::to_unix(exchange.now);
    entry.action = action;
    entry.actor = "account " + record.id;
    entry.address = exchange.client_address;
    entry.account = record.id;
    entry.profile = record.profile;
    return entry;
}

void require_sound_key(store::Transaction& transaction, const crypto::PublicKey& key) {
    if (const auto compromised = store::find_compromised_key(transaction, key)) {
        const auto refusal = ca::compromised_key_refusal(*compromised, Kind::bad_public_key);
        throw Error{refusal.kind, refusal.message, "make a new key for the account"};
    }
}

net::Response new_account(Exchange& exchange) {
    const auto message = acme::parse_new_account(exchange.payload_json());
    // An existing account is answered whatever else was asked for (RFC 8555 section 7.3).
    if (exchange.account) return account_response(exchange, exchange.account->record, 200);
    if (message.only_return_existing) {
        throw Error{Kind::account_does_not_exist, "there is no account with this key"};
    }
    if (!exchange.live->settings.terms_of_service.empty() && !message.terms_of_service_agreed) {
        return terms_not_agreed(exchange);
    }
    check_contacts(message.contact);
    const auto token = binding_token(exchange, message.external_account_binding);
    auto record = fresh_record(exchange, message);
    if (token) {
        record.token = token;
        record.binding = message.external_account_binding;
    }
    std::optional<AccountRecord> other;  // made for the same key in the same instant
    exchange.services.store.write([&](store::Transaction& transaction) {
        other.reset();
        require_sound_key(transaction, *exchange.key);
        if (store::insert_account(transaction, record)) {
            limit_account(exchange, transaction);
            if (token) count_binding(transaction, *token, record.created_at);
            store::append_audit(transaction, created_audit(exchange, record));
        } else {
            other = store::find_account_by_thumbprint(transaction, record.thumbprint);
        }
    });
    return other ? account_response(exchange, *other, 200) : account_response(exchange, record, 201);
}

net::Response account(Exchange& exchange) {
    if (exchange.post_as_get()) return account_response(exchange, exchange.account->record, 200);
    const auto update = parse_update(exchange);
    if (!update.contacts && !update.deactivate) return account_response(exchange, exchange.account->record, 200);
    return account_response(exchange, apply(exchange, update), 200);
}

// RFC 8555 section 7.1.2.1, newest first, a page at a time.
net::Response account_orders(Exchange& exchange) {
    exchange.require_post_as_get();
    const auto cursor = exchange.request.query.starts_with("after=") ? exchange.request.query.substr(6) : std::string{};
    auto urls = base::Json::array();
    std::string last;
    std::size_t seen = 0;
    const auto now = base::to_unix(exchange.now);
    exchange.services.store.read([&](store::Transaction& transaction) {
        for (const auto& id : store::list_orders(transaction, exchange.account->record.id, cursor, k_page)) {
            ++seen;
            last = id;
            const auto found = store::find_order(transaction, id);
            if (found && status_now(*found, now) != store::OrderStatus::invalid) {
                urls.push_back(exchange.url("/acme/order/", id));
            }
        }
    });
    base::Json json;
    json["orders"] = std::move(urls);
    auto response = json_response(200, json);
    if (seen == static_cast<std::size_t>(k_page)) {
        response.add("Link", "<" + account_url(exchange, exchange.account->record.id) + "/orders?after=" + last +
                                 ">;rel=\"next\"");
    }
    return response;
}

}  // namespace signet::server
