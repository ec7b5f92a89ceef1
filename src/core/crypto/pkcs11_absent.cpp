#include "base/error.h"
#include "crypto/pkcs11.h"

namespace signet::crypto {
namespace {

[[noreturn]] void refuse() {
    throw base::Error{base::Kind::environment, "this build of signet knows no PKCS#11",
                      "use one that was built with p11-kit, and not statically"};
}

}  // namespace

bool is_pkcs11_uri(std::string_view text) { return text.starts_with("pkcs11:"); }
void check_pkcs11_uri(std::string_view /*uri*/) { refuse(); }
bool takes_pin(std::string_view /*uri*/) { return false; }
PrivateKey open_pkcs11_key(std::string_view /*uri*/, const base::Secret* /*pin*/) { refuse(); }
PrivateKey make_pkcs11_key(std::string_view /*uri*/, KeyType /*type*/, const std::string& /*label*/,
                           const base::Secret* /*pin*/) {
    refuse();
}

}  // namespace signet::crypto
