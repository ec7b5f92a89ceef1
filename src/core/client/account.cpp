#include "client/account.h"

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace signet::client {
namespace {

using base::Error;
using base::Kind;

net::Response register_key(Session& session, const acme::NewAccountMessage& message) {
    return session.post(session.directory().new_account, base::dump_json(acme::encode_new_account(message)),
                        "registering the account");
}

Error explain(const Error& error, const acme::DirectoryMessage& directory) {
    if (error.kind() == Kind::account_does_not_exist) {
        return {Kind::user_action_required,
                "the server's terms of service must be agreed to: " + directory.terms_of_service,
                "read them, then run it again with --agree-tos"};
    }
    if (error.kind() == Kind::external_account_required) {
        return {error.kind(), error.message(),
                "this server takes only accounts that its operator has bound beforehand"};
    }
    return error;
}

}  // namespace

void open_account(Session& session, const AccountSettings& settings) {
    const auto& directory = session.directory();
    acme::NewAccountMessage message;
    if (!settings.email.empty()) message.contact.push_back("mailto:" + settings.email);
    message.terms_of_service_agreed = settings.agree_tos;
    // Terms that were not agreed to: only an account that is there already may go on.
    message.only_return_existing = !directory.terms_of_service.empty() && !settings.agree_tos;
    try {
        const auto response = register_key(session, message);
        session.use_account(session.location(response, directory.new_account, "registering the account"));
        session.report(response.status == 201 ? "registered an account" : "using the account that is there");
    } catch (const Error& error) {
        throw explain(error, directory);
    }
}

}  // namespace signet::client
