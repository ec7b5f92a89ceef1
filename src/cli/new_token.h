#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme/enrolment_token.h"
#include "cli/context.h"
#include "store/records.h"
#include "store/store.h"

namespace signet::cli {

/// What a token is for, as the operator says it; unset: the default profile, where the server is reached.
struct TokenWords {
    std::optional<std::string> profile, server;
    std::vector<std::string> dns, ip, uri;
    std::string uses = "1";
    std::string expires = "1h";
};

struct NewToken {
    store::TokenRecord record;
    acme::EnrolmentToken token;
};
/// Records and audits it. Throws usage for words that cannot be, or when it is not known where the server is reached.
NewToken create_token(const Context& context, store::Store& store, const Settings& settings, const TokenWords& words);

/// "for profile default, 1 account, until …"
std::string token_terms(const store::TokenRecord& record);

}  // namespace signet::cli
