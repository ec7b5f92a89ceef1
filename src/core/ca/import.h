#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "ca/ceremony.h"
#include "store/store.h"

namespace signet::ca {

/// The certificate of a CA that another one signed, brought home.
struct ImportRequest {
    std::optional<std::string> name;         // absent: the CA whose key fits, or "default" with `key`
    std::vector<x509::Certificate> issuing;  // ours first, then, in any order, what stands between it and the root
    x509::Certificate root;                  // becomes the anchor
    std::optional<base::Path> key;           // the private key, when it was made elsewhere
    std::shared_ptr<const base::Secret> passphrase;  // what that key is encrypted with in the store; null: it is not
    std::shared_ptr<KeyOpener> keys;
    std::string actor;
};

/// From a key file; a CA that waited; a new certificate for the same key; the next generation, which waited.
enum class Imported { made, completed, renewed, rotated };

struct ImportResult {
    std::string name;
    Imported how;
};

/// Puts it in place after every check of RFC 5280 section 6 and of the key, as one change: a CA comes into being with
/// its root.crt, which is written last. Audited. Throws refused with the rule that fails, not_found when no key of the
/// store fits, exists for a name that another CA has.
ImportResult import_authority(store::Store& store, const ImportRequest& request, base::Clock& clock);

/// Makes an issuing key and a request for its certificate (issuing.csr) for a root that is elsewhere; one
/// that waits already is left as it is (false). Throws exists for a CA that has its certificate.
bool init_external(store::Store& store, const InitRequest& request, base::Clock& clock);

/// The PEM of the request: of a CA that waits, or made anew with the key that a CA has, to prolong its certificate.
std::string certificate_request_of(const store::Layout& layout, const std::string& name,
                                   const std::shared_ptr<KeyOpener>& keys, base::Time now);

}  // namespace signet::ca
