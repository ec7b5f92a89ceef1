#include "cli/exit_code.h"

namespace signet::cli {

// No default: a new kind does not compile until it is answered here.
int exit_code(base::Kind kind) {
    using enum base::Kind;
    switch (kind) {
        case refused:
        case ca_not_valid:
        case rejected_identifier:
        case bad_public_key:
        case bad_signature_algorithm:
        case unauthorized:
        case account_does_not_exist:
        case unsupported_identifier:
        case user_action_required:
        case already_revoked:
        case already_replaced:
        case invalid_profile:
        case external_account_required:
        case caa:
            return k_exit_refused;

        case usage:
        case bad_input:
        case bad_csr:
        case invalid_contact:
        case unsupported_contact:
        case bad_revocation_reason:
        case malformed:
            return k_exit_usage;

        case not_found:
        case exists:
        case permission:
        case disk:
        case environment:
        case store_busy:
        case corrupt:
        case internal:
            return k_exit_environment;

        case order_not_ready:
        case bad_nonce:
        case rate_limited:
        case dns:
        case connection:
        case tls:
        case incorrect_response:
        case remote_problem:
        case timeout:
            return k_exit_network;
    }
    return k_exit_environment;
}

}  // namespace signet::cli
