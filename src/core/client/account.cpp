#include "client/account.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "jose/jwk.h"
#include "jose/mac_jws.h"

namespace signet::client {
namespace {

using base::Error;
using base::Kind;

net::Response register_key(Session& session, const acme::NewAccountMessage& message) {
    return session.post(session.directory().new_account, base::dump_json(acme::encode_new_account(message)),
                        "registering the account");
}

std::string bind_key(Session& session, const acme::AccountBinding& binding) {
    return jose::sign_mac_jws(base::bytes_of(binding.mac_key.reveal()), binding.kid, session.directory().new_account,
                              base::dump_json(jose::to_jwk(session.account_key().public_key())));
}

Error explain(const Error& error, const acme::DirectoryMessage& directory) {
    if (error.kind() == Kind::account_does_not_exist) {
        return {Kind::user_action_required,
                "the server's terms of service must be agreed to: " + directory.terms_of_service,
                "read them, then run it again with --agree-tos"};
    }
    if (error.kind() == Kind::external_account_required) {
        return {error.kind(), error.message(),
                "get a token from the server's operator, and give it with --token, or --eab-kid and --eab-hmac-key"};
    }
    if (error.kind() == Kind::unauthorized && error.hint().empty()) {
        return {error.kind(), error.message(), "ask the server's operator for a token, and run signet fetch with it"};
    }
    return error;
}

void enter(Session& session, const acme::NewAccountMessage& message) {
    const auto response = register_key(session, message);
    session.use_account(session.location(response, session.directory().new_account, "registering the account"));
    session.report(response.status == 201 ? "registered an account" : "using the account that is there");
}

}  // namespace

void open_account(Session& session, const AccountSettings& settings) {
    const auto& directory = session.directory();
    acme::NewAccountMessage message;
    if (!settings.email.empty()) message.contact.push_back("mailto:" + settings.email);
    message.terms_of_service_agreed = settings.agree_tos;
    if (settings.binding) message.external_account_binding = bind_key(session, *settings.binding);
    // Terms that were not agreed to: only an account that is there already may go on.
    message.only_return_existing = !directory.terms_of_service.empty() && !settings.agree_tos;
    try {
        enter(session, message);
        return;
    } catch (const Error& error) {
        const bool ask = error.kind() == Kind::account_does_not_exist && settings.ask_about_terms;
        if (!ask || !settings.ask_about_terms(directory.terms_of_service)) throw explain(error, directory);
    }
    auto agreed = settings;
    agreed.agree_tos = true;
    open_account(session, agreed);
}

bool account_exists(Session& session) {
    acme::NewAccountMessage message;
    message.only_return_existing = true;
    try {
        register_key(session, message);
        return true;
    } catch (const Error& error) {
        if (error.kind() == Kind::account_does_not_exist) return false;
        throw explain(error, session.directory());
    }
}

}  // namespace signet::client
