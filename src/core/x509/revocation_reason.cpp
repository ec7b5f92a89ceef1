#include "x509/revocation_reason.h"

#include <array>

namespace signet::x509 {
namespace {

constexpr std::array<std::string_view, 11> k_names = {
    "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
    "superseded",    "cessationOfOperation", "certificateHold", "",
    "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};

}  // namespace

std::string_view revocation_reason_name(int code) {
    if (code < 0 || code >= static_cast<int>(k_names.size())) return {};
    return k_names[static_cast<std::size_t>(code)];
}

}  // namespace signet::x509
