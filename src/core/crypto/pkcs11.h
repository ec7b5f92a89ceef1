#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/key.h"

namespace signet::crypto {

/// Keys in PKCS#11 tokens, named by URIs (RFC 7512): "pkcs11:token=ca;object=issuing?pin-source=file:/run/pin". Modules
/// are those that p11-kit has configured, or the one of the URI's module-path. P-256, P-384 and RSA keys.

/// Whether a text is such a URI rather than a PEM key.
bool is_pkcs11_uri(std::string_view text);
/// Throws bad_input as open_pkcs11_key would, without looking at any token.
void check_pkcs11_uri(std::string_view uri);
/// Whether a PIN must be asked for: the URI names no pin-source.
bool takes_pin(std::string_view uri);

/// The one private key that the URI names; its public half must be in the token, too. `pin`: for a URI without
/// pin-source. Throws bad_input for a URI that is none, names several keys, or carries its PIN (pin-value: it would lie
/// in a file), not_found when there is no such token or key, refused for a wrong PIN, environment for all else.
PrivateKey open_pkcs11_key(std::string_view uri, const base::Secret* pin);
/// Makes a key pair in the token that the URI names, called `label`: sensitive, not extractable. Throws as above, and
/// bad_input for a type that is not made there.
PrivateKey make_pkcs11_key(std::string_view uri, KeyType type, const std::string& label, const base::Secret* pin);

}  // namespace signet::crypto
