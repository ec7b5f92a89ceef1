#include "client/acme_source.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "acme/challenges.h"
#include "acme/problem.h"
#include "base/encoding.h"
#include "base/text.h"
#include "client/chain_choice.h"
#include "client/renewal_information.h"
#include "x509/pem.h"

namespace signet::client {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_chain_limit = 10;  // certificates; the longest real chains have four
constexpr std::size_t k_chain_size = 256 << 10;

// Refusals of a new order that may be due to `replaces`, so that the order is worth placing again without.
bool may_be_about_replaces(Kind kind) {
    return kind == Kind::already_replaced || kind == Kind::malformed || kind == Kind::unauthorized ||
           kind == Kind::remote_problem || kind == Kind::not_found;
}

bool waiting(const std::string& status) { return status == "pending" || status == "processing"; }

// A problem document inside an order or a challenge, as the Error it stands for.
Error embedded_problem(const std::optional<std::string>& document, const std::string& doing) {
    if (!document) return {Kind::remote_problem, doing + ": the server gives no reason", "ask the server's operator"};
    return acme::from_problem_document(*document, doing);
}

std::string name_of(const acme::AuthorizationMessage& authorization) {
    const std::string base = authorization.identifier ? authorization.identifier->text() : "an unknown kind of name";
    return authorization.wildcard ? "*." + base : base;
}

// A challenge that the server offers and we can answer.
struct Choice {
    const acme::ChallengeType* type;
    const acme::ChallengeMessage* challenge;
};

std::string offered_types(const acme::AuthorizationMessage& authorization) {
    std::vector<std::string> types;
    for (const auto& challenge : authorization.challenges) types.push_back(challenge.type);
    return types.empty() ? "none" : base::printable(base::join(types, ", "));
}

Error no_challenge(const acme::AuthorizationMessage& authorization, const std::string& wanted,
                   const acme::ResponderContext& equipment) {
    const bool dns_would_do =
        equipment.dns_hook.empty() && !equipment.dns_update &&
        std::ranges::count(authorization.challenges, "dns-01", &acme::ChallengeMessage::type) != 0;
    return {
        Kind::refused,
        "no challenge to answer for " + name_of(authorization) + ": the server offers " + offered_types(authorization),
        dns_would_do ? "for dns-01 give a program with --dns-hook that writes the TXT record, or the name server with "
                       "--dns-update"
        : wanted == "auto" ? "ask for a name that a challenge exists for"
                           : "try --challenge auto"};
}

// Of what is offered, and what this client is equipped for, in our own order of preference: a server's order says
// nothing. Throws when there is none.
std::vector<Choice> choices(const acme::AuthorizationMessage& authorization, const std::string& wanted,
                            const acme::ResponderContext& equipment) {
    if (wanted == "none") {
        throw Error(Kind::refused,
                    "the server wants proof of " + name_of(authorization) + " (" + offered_types(authorization) + ")",
                    "leave out --challenge none, or have the server's operator allow it without");
    }
    std::vector<Choice> found;
    for (const auto& type : acme::challenge_types()) {
        const auto challenge = std::ranges::find_if(authorization.challenges, [&](const acme::ChallengeMessage& one) {
            return one.type == type.name && !one.token.empty();
        });
        if (challenge == authorization.challenges.end() || (wanted != "auto" && wanted != type.name)) continue;
        if (!authorization.identifier || !type.applies(*authorization.identifier, authorization.wildcard)) continue;
        if (type.answerable(equipment)) found.push_back({&type, &*challenge});
    }
    if (found.empty()) throw no_challenge(authorization, wanted, equipment);
    return found;
}

}  // namespace

Certified AcmeSource::certify(const x509::CertificateRequest& request, const std::vector<x509::Identifier>& names) {
    open_account(session_, order_.account);
    auto placed = place(names);
    if (placed.order.status == "pending") {
        for (const auto& url : placed.order.authorizations) authorize(url);
        placed.order = await_order(placed.url, "waiting for the order");
    }
    if (placed.order.status == "invalid") throw embedded_problem(placed.order.error, "the order failed");
    if (placed.order.status != "valid") placed.order = finalize(placed, request);
    if (placed.order.certificate.empty()) {
        throw Error(Kind::remote_problem, "the order is valid but names no certificate", "ask the server's operator");
    }
    profile_ = placed.order.profile;
    std::vector<std::string> notes;
    chain_ = choose_chain(placed.order.certificate, notes);
    return {.leaf = chain_.front(),
            .chain = {chain_.begin() + 1, chain_.end()},
            .anchors = order_.anchors,
            .notes = std::move(notes)};
}

AcmeSource::Placed AcmeSource::place(const std::vector<x509::Identifier>& names) {
    acme::NewOrderMessage message;
    message.identifiers = names;
    if (order_.validity) message.not_after = session_.clock().now() + *order_.validity;
    if (!order_.profile.empty()) message.profile = order_.profile;
    // RFC 9773 section 5: whatever is wrong with `replaces` must not stand in the way of the certificate.
    if (order_.replaces && !session_.directory().renewal_info.empty()) {
        message.replaces = certificate_id(*order_.replaces);
        if (message.replaces) {
            try {
                return post_order(message);
            } catch (const Error& error) {
                if (!may_be_about_replaces(error.kind())) throw;
                session_.report("ordering again without naming the certificate that is replaced: " + error.message());
                message.replaces.reset();
            }
        }
    }
    return post_order(message);
}

AcmeSource::Placed AcmeSource::post_order(const acme::NewOrderMessage& message) {
    const std::string doing = "placing the order";
    const auto& url = session_.directory().new_order;
    const auto response = session_.post(url, base::dump_json(acme::encode_new_order(message)), doing);
    Placed placed{session_.location(response, url, doing), session_.message(response, doing, acme::parse_order)};
    session_.report("placed an order");
    return placed;
}

void AcmeSource::authorize(const std::string& url) {
    const std::string doing = "reading an authorization";
    const auto authorization = session_.message(session_.read(url, doing), doing, acme::parse_authorization);
    if (authorization.status == "valid") return;
    if (authorization.status != "pending") {
        throw Error(Kind::remote_problem,
                    "the authorization of " + name_of(authorization) + " is " + authorization.status, "run it again");
    }
    answer(url, authorization);
}

void AcmeSource::answer(const std::string& url, const acme::AuthorizationMessage& authorization) {
    const auto possible = choices(authorization, order_.challenge, order_.equipment);
    for (const auto& [type, challenge] : possible) {
        const auto proof = acme::key_authorization(challenge->token, session_.account_key().public_key());
        std::unique_ptr<acme::Presented> presented;  // taken back when this turn ends, however it ends
        try {
            presented = type->present(order_.equipment, *authorization.identifier, challenge->token, proof);
        } catch (const Error& error) {
            // A port that is taken here is no reason not to try the next way; a hook or a server was named to be used.
            if (challenge == possible.back().challenge || type->name == "dns-01") throw;
            session_.report("not by " + challenge->type + ": " + error.message());
            continue;
        }
        session_.report("answering " + challenge->type + " for " + name_of(authorization));
        return settle(url, authorization, *challenge);
    }
}

// Has the answer that stands checked.
void AcmeSource::settle(const std::string& url, const acme::AuthorizationMessage& authorization,
                        const acme::ChallengeMessage& challenge) {
    if (challenge.status == "pending") respond(url, challenge);
    const auto settled =
        session_.poll(url, "waiting for " + challenge.type + " of " + name_of(authorization), acme::parse_authorization,
                      [](const acme::AuthorizationMessage& now) { return !waiting(now.status); });
    if (settled.status == "valid") return;
    const auto failed = std::ranges::find_if(settled.challenges, [](const auto& one) { return one.error.has_value(); });
    const auto why = embedded_problem(failed == settled.challenges.end() ? std::nullopt : failed->error,
                                      challenge.type + " failed for " + name_of(authorization));
    throw Error(why.kind(), why.message(), "see that the server reaches the answer under this name, then run it again",
                why.parts());
}

// RFC 8555 section 7.5.1. Some servers refuse a second answer, such as one sent again over a new connection: then the
// authorization tells whether the first one counted.
void AcmeSource::respond(const std::string& url, const acme::ChallengeMessage& challenge) {
    const std::string doing = "answering " + challenge.type;
    try {
        session_.post(challenge.url, "{}", doing);
    } catch (const Error& error) {
        if (error.kind() != Kind::remote_problem) throw;
        const auto now = session_.message(session_.read(url, doing), doing, acme::parse_authorization);
        const auto same = std::ranges::find(now.challenges, challenge.url, &acme::ChallengeMessage::url);
        if (now.status == "pending" && same != now.challenges.end() && same->status == "pending") throw;
    }
}

acme::OrderMessage AcmeSource::await_order(const std::string& url, const std::string& doing) {
    return session_.poll(url, doing, acme::parse_order,
                         [](const acme::OrderMessage& order) { return !waiting(order.status); });
}

acme::OrderMessage AcmeSource::finalize(const Placed& placed, const x509::CertificateRequest& request) {
    const std::string doing = "finalizing the order";
    base::Json payload{{"csr", base::base64url_encode(request.der)}};
    acme::OrderMessage order;
    try {
        const auto response = session_.post(placed.order.finalize, base::dump_json(payload), doing);
        order = session_.message(response, doing, acme::parse_order);
    } catch (const Error& error) {
        if (error.kind() != Kind::order_not_ready) throw;  // an answer got lost, and this was the second try
        order.status = "processing";
    }
    session_.report("finalized the order");
    if (waiting(order.status)) order = await_order(placed.url, "waiting for the certificate");
    if (order.status != "valid") throw embedded_problem(order.error, "the order is " + order.status);
    return order;
}

// RFC 8555 section 9.1: certificates and nothing else; section 11.4: anything else must be refused, since the file may
// be handed to a program that would take a key or another text from it.
AcmeSource::Chain AcmeSource::download(const std::string& url) {
    const std::string doing = "downloading the certificate";
    const auto response = session_.read(url, doing);
    try {
        std::vector<x509::Certificate> certificates;
        const auto blocks = x509::parse_pem(response.body, "the chain", false, {k_chain_limit, k_chain_size});
        for (const auto& block : blocks) {
            if (block.label != "CERTIFICATE") throw Error(Kind::bad_input, "the chain holds a " + block.label);
            certificates.push_back(x509::Certificate::from_der(block.der));
        }
        if (certificates.empty()) throw Error(Kind::bad_input, "the chain is empty");
        return {std::move(certificates), alternate_urls(response, url)};
    } catch (const Error& error) {
        throw Error(Kind::remote_problem, doing + ": " + error.message(), "ask the server's operator");
    }
}

// RFC 8555 section 7.4.2. The first chain of those offered that ends where the operator prefers it and reaches the
// anchors at hand; the server's own when none does.
std::vector<x509::Certificate> AcmeSource::choose_chain(const std::string& url, std::vector<std::string>& notes) {
    const auto& wanted = order_.preferred_chain;
    const auto good = [&](const Chain& chain) {
        return (wanted.empty() || ends_below(chain.certificates, wanted)) &&
               reaches(chain.certificates, order_.anchors, session_.clock().now());
    };
    auto first = download(url);
    if (good(first)) return std::move(first.certificates);
    for (const auto& other : first.alternates) {
        auto chain = download(other);
        const bool same_leaf = chain.certificates.front() == first.certificates.front();
        if (same_leaf && good(chain)) return std::move(chain.certificates);
    }
    if (!wanted.empty() && !ends_below(first.certificates, wanted)) {
        notes.push_back("no chain that the server offers was issued by '" + wanted + "': its default was taken");
    }
    return std::move(first.certificates);
}

}  // namespace signet::client
