#pragma once

#include <functional>
#include <memory>
#include <string>

#include "acme/enrolment_token.h"
#include "client/session.h"

namespace signet::client {

struct AccountSettings {
    bool agree_tos = false;
    /// Asks a person to agree to the terms at this URL; empty where there is nobody to ask.
    std::function<bool(const std::string& url)> ask_about_terms = {};
    std::string email;                                    // contact; may be empty
    std::shared_ptr<const acme::AccountBinding> binding;  // by the server's operator; null: none
};

/// Finds the account of the session's key, or makes it (RFC 8555 section 7.3), and lets the session speak as it.
/// A new account is bound by `settings.binding` (RFC 8555 section 7.3.4): its key signs, and is never sent.
/// Throws user_action_required when the server has terms that were not agreed to and the key has no account yet.
void open_account(Session& session, const AccountSettings& settings);

/// Whether the server knows the session's key. Changes nothing.
bool account_exists(Session& session);

}  // namespace signet::client
