#include "acme/challenges.h"
#include "jose/jwk.h"

namespace signet::acme {

std::string key_authorization(std::string_view token, const crypto::PublicKey& account_key) {
    std::string result(token);
    result += '.';
    result += jose::thumbprint(account_key);
    return result;
}

}  // namespace signet::acme
