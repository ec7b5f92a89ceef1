#include "server/terms.h"

#include <nlohmann/json.hpp>

#include "acme/problem.h"
#include "base/encoding.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "server/accounts.h"
#include "server/router.h"
#include "store/accounts.h"
#include "store/audit.h"
#include "store/meta.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;
using store::AccountRecord;

constexpr std::string_view k_secret_name = "terms.key";

const std::string& terms_in_force(const Exchange& exchange) { return exchange.live->settings.terms_of_service; }

bool agreed(const Exchange& exchange, const AccountRecord& account) {
    const auto& terms = terms_in_force(exchange);
    return terms.empty() || (account.terms_agreed && account.terms == terms);
}

net::Response refusal(const Exchange& exchange, const std::string& detail, const std::string& instance) {
    auto problem = acme::make_problem(403, "userActionRequired", detail);
    if (!instance.empty()) {
        auto json = base::parse_json(problem.document, "problem");
        json["instance"] = instance;
        problem.document = base::dump_json(json);
    }
    auto response = acme::problem_response(problem);
    response.add("Link", "<" + terms_in_force(exchange) + ">;rel=\"terms-of-service\"");
    return response;
}

std::string escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

net::Response page(const std::string& text) {
    net::Response response;
    response.set("Content-Type", "text/html; charset=utf-8");
    response.set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'");
    response.set("Referrer-Policy", "no-referrer");  // the terms may be on another site
    response.set("Cache-Control", "no-store");
    response.body = "<!doctype html><html lang=\"en\"><title>Terms of service</title><h1>Terms of service</h1>" + text +
                    "</html>\n";
    return response;
}

// What makes the URL of an account's page one that only its client has been told: account URLs are no secret (CAA and
// TXT records name them). It is for these terms and no later ones: nobody agrees to what was not shown.
std::string page_key(const Exchange& exchange, const base::Bytes& secret, const std::string& account) {
    const auto message = base::to_bytes(account + "\n" + terms_in_force(exchange));
    return base::base64url_encode(crypto::hmac_sha256(secret, message));
}

// Made when the first account is sent to its page.
base::Bytes page_secret(const Exchange& exchange) {
    const auto find = [](store::Transaction& transaction) { return store::get_meta(transaction, k_secret_name); };
    if (auto secret = exchange.services.store.query(find)) return std::move(*secret);
    base::Bytes secret(32);
    exchange.services.random.fill(secret);
    exchange.services.store.write([&](store::Transaction& transaction) {
        if (const auto there = find(transaction))
            secret = *there;
        else
            store::put_meta(transaction, k_secret_name, secret);
    });
    return secret;
}

AccountRecord account_of_page(const Exchange& exchange) {
    std::optional<base::Bytes> secret;
    std::optional<AccountRecord> record;
    exchange.services.store.read([&](store::Transaction& transaction) {
        secret = store::get_meta(transaction, k_secret_name);
        record = store::find_account(transaction, exchange.parameter);
    });
    const bool sent_here = secret && record &&
                           crypto::constant_time_equal(base::bytes_of(page_key(exchange, *secret, record->id)),
                                                       base::bytes_of(exchange.second));
    if (terms_in_force(exchange).empty() || !sent_here || record->status != store::AccountStatus::valid) {
        throw Error{Kind::not_found, "there is nothing to agree to here"};
    }
    return std::move(*record);
}

std::string link(const Exchange& exchange) {
    const auto terms = escape(terms_in_force(exchange));
    return "<a href=\"" + terms + "\">" + terms + "</a>";
}

}  // namespace

net::Response terms_not_agreed(const Exchange& exchange) {
    return refusal(exchange, "the terms of service were not agreed to: " + terms_in_force(exchange), {});
}

std::optional<net::Response> terms_refusal(const Exchange& exchange) {
    const auto& account = exchange.account->record;
    if (agreed(exchange, account)) return std::nullopt;
    const auto where =
        exchange.url("/acme/terms/", account.id) + "/" + page_key(exchange, page_secret(exchange), account.id);
    return refusal(exchange, "the terms of service have changed; read them and agree at " + where, where);
}

net::Response show_terms(Exchange& exchange) {
    const auto account = account_of_page(exchange);
    if (agreed(exchange, account)) return page("<p>This account has agreed to " + link(exchange) + ".</p>");
    return page("<p>Read " + link(exchange) +
                ".</p><form method=\"post\"><button>I agree on behalf of this account</button></form>");
}

net::Response agree_to_terms(Exchange& exchange) {
    const auto account = account_of_page(exchange);
    exchange.services.store.write([&](store::Transaction& transaction) {
        auto record = store::find_account(transaction, account.id);
        if (!record || agreed(exchange, *record)) return;
        record->terms_agreed = true;
        record->terms = terms_in_force(exchange);
        if (!store::update_account(transaction, *record)) throw Error{Kind::store_busy, "the account was just changed"};
        auto entry = account_audit(exchange, "account.terms_agreed", *record);
        entry.detail = "on the page of the terms: " + record->terms;
        store::append_audit(transaction, entry);
    });
    return page("<p>This account has agreed to " + link(exchange) + ".</p>");
}

}  // namespace signet::server
