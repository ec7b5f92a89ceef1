#include "base/error.h"

#include <utility>

namespace signet::base {

std::string_view kind_name(Kind kind) {
    switch (kind) {
        case Kind::usage:
            return "usage";
        case Kind::bad_input:
            return "bad_input";
        case Kind::not_found:
            return "not_found";
        case Kind::exists:
            return "exists";
        case Kind::permission:
            return "permission";
        case Kind::disk:
            return "disk";
        case Kind::environment:
            return "environment";
        case Kind::store_busy:
            return "store_busy";
        case Kind::corrupt:
            return "corrupt";
        case Kind::refused:
            return "refused";
        case Kind::ca_not_valid:
            return "ca_not_valid";
        case Kind::rejected_identifier:
            return "rejected_identifier";
        case Kind::bad_csr:
            return "bad_csr";
        case Kind::bad_public_key:
            return "bad_public_key";
        case Kind::bad_signature_algorithm:
            return "bad_signature_algorithm";
        case Kind::unauthorized:
            return "unauthorized";
        case Kind::account_does_not_exist:
            return "account_does_not_exist";
        case Kind::unsupported_identifier:
            return "unsupported_identifier";
        case Kind::invalid_contact:
            return "invalid_contact";
        case Kind::unsupported_contact:
            return "unsupported_contact";
        case Kind::user_action_required:
            return "user_action_required";
        case Kind::order_not_ready:
            return "order_not_ready";
        case Kind::already_revoked:
            return "already_revoked";
        case Kind::already_replaced:
            return "already_replaced";
        case Kind::invalid_profile:
            return "invalid_profile";
        case Kind::bad_revocation_reason:
            return "bad_revocation_reason";
        case Kind::malformed:
            return "malformed";
        case Kind::bad_nonce:
            return "bad_nonce";
        case Kind::rate_limited:
            return "rate_limited";
        case Kind::external_account_required:
            return "external_account_required";
        case Kind::caa:
            return "caa";
        case Kind::dns:
            return "dns";
        case Kind::connection:
            return "connection";
        case Kind::tls:
            return "tls";
        case Kind::incorrect_response:
            return "incorrect_response";
        case Kind::remote_problem:
            return "remote_problem";
        case Kind::timeout:
            return "timeout";
        case Kind::internal:
            return "internal";
    }
    return "internal";
}

Error::Error(Kind kind, std::string message, std::string hint, std::vector<ErrorPart> parts)
    : kind_(kind), message_(std::move(message)), hint_(std::move(hint)), parts_(std::move(parts)) {}

Error Error::with(std::string where) const {
    Error placed = *this;
    if (placed.where_.empty()) placed.where_ = std::move(where);
    return placed;
}

}  // namespace signet::base
