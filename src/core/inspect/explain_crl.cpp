#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "inspect/explain.h"
#include "x509/revocation_reason.h"

namespace signet::inspect {
namespace {

using base::Json;
using x509::Crl;

constexpr std::size_t k_most_shown = 20;     // entries, for people
constexpr std::size_t k_most_listed = 1000;  // for programs; the rest is for a CRL's own tools

std::string next_text(const Crl& crl, base::Time now) {
    if (!crl.next_update()) return "none";
    const auto left = *crl.next_update() - now;
    return base::format_time(*crl.next_update()) +
           (left < base::Duration::zero() ? ", OVERDUE since then" : ", in " + base::describe_duration(left));
}

std::string scope_text(const Crl& crl) {
    if (!crl.scope()) return "";
    std::vector<std::string> parts;
    if (crl.scope()->only_user) parts.emplace_back("end entities only");
    if (crl.scope()->only_ca) parts.emplace_back("CAs only");
    if (crl.scope()->reasons) parts.emplace_back("some reasons only");
    if (crl.scope()->indirect) parts.emplace_back("certificates of other issuers too");
    for (const auto& url : crl.scope()->urls()) parts.push_back(base::printable(url, 500));
    return base::join(parts, ", ");
}

void for_first(const Crl& crl, std::size_t most, const std::function<void(const Crl::Entry&)>& visit) {
    std::size_t seen = 0;
    crl.for_each([&](const Crl::Entry& entry) {
        if (seen++ < most) visit(entry);
    });
}

std::string reason_of(const Crl::Entry& entry) {
    const auto name = x509::revocation_reason_name(entry.reason);
    return name.empty() ? std::to_string(entry.reason) : std::string(name);
}

}  // namespace

Facts explain(const Crl& crl, base::Time now) {
    Facts facts{{"issuer", base::printable(crl.issuer().text(), 2000)},
                {"number", x509::crl_number_text(crl.number())},
                {"difference to",
                 crl.base_number() ? "complete CRLs from number " + x509::crl_number_text(crl.base_number()) : ""},
                {"this update", base::format_time(crl.this_update())},
                {"next update", next_text(crl, now)},
                {"for", scope_text(crl)},
                {"cannot be used", crl.unusable().value_or("")},
                {"issuer key id", crl.authority_key_id() ? base::hex_encode(*crl.authority_key_id()) : ""},
                {"SHA-256", base::hex_encode(crypto::sha256(crl.der()))},
                {"entries", std::to_string(crl.size())}};
    for_first(crl, k_most_shown, [&](const Crl::Entry& entry) {
        facts.emplace_back("revoked", base::hex_encode(entry.serial) + " at " + base::format_time(entry.revoked_at) +
                                          ", " + reason_of(entry));
    });
    if (crl.size() > k_most_shown) facts.emplace_back("and", std::to_string(crl.size() - k_most_shown) + " more");
    return facts;
}

Json explain_json(const Crl& crl, base::Time now) {
    Json revoked = Json::array();
    for_first(crl, k_most_listed, [&](const Crl::Entry& entry) {
        revoked.push_back({{"serial", base::hex_encode(entry.serial)},
                           {"revoked_at", base::format_time(entry.revoked_at)},
                           {"reason", reason_of(entry)}});
    });
    const auto number = x509::crl_number_text(crl.number()), base_number = x509::crl_number_text(crl.base_number());
    return {{"type", "CRL"},
            {"issuer", crl.issuer().text()},
            {"number", number.empty() ? Json() : Json(number)},
            {"base_number", base_number.empty() ? Json() : Json(base_number)},
            {"this_update", base::format_time(crl.this_update())},
            {"next_update", crl.next_update() ? Json(base::format_time(*crl.next_update())) : Json()},
            {"overdue", crl.next_update() && *crl.next_update() < now},
            {"unusable", crl.unusable() ? Json(*crl.unusable()) : Json()},
            {"authority_key_id", crl.authority_key_id() ? Json(base::hex_encode(*crl.authority_key_id())) : Json()},
            {"fingerprint_sha256", base::hex_encode(crypto::sha256(crl.der()))},
            {"entries", crl.size()},
            {"revoked", std::move(revoked)}};
}

}  // namespace signet::inspect
