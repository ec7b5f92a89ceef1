#include "x509/revocation_reason.h"

#include <array>
#include <string>

#include "base/text.h"

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

std::optional<int> parse_revocation_reason(std::string_view name) {
    std::string plain;
    for (const char c : name) {
        if (c != '_' && c != '-') plain += c;
    }
    if (plain.empty()) return std::nullopt;
    for (std::size_t code = 0; code < k_names.size(); ++code) {
        if (base::iequals(plain, k_names[code])) return static_cast<int>(code);
    }
    return std::nullopt;
}

}  // namespace signet::x509
