#include "acme/caa.h"

#include <algorithm>
#include <array>

#include "acme/issue_value.h"
#include "base/error.h"
#include "base/text.h"

namespace signet::acme {
namespace {

using net::CaaRecord;

// Understood, and those of them that are about other certificates (RFC 9495) restrict nothing here.
constexpr std::array<std::string_view, 4> k_understood{"issue", "issuewild", "iodef", "issuemail"};

bool is_label_of_method(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    });
}

// RFC 8657 section 4: a list that is malformed holds no method.
bool lists_method(std::string_view list, std::string_view method) {
    const auto methods = base::split(list, ',');
    return std::ranges::all_of(methods, is_label_of_method) && std::ranges::find(methods, method) != methods.end();
}

bool any_with_tag(const std::vector<CaaRecord>& records, std::string_view tag) {
    return std::ranges::any_of(records, [&](const CaaRecord& record) { return base::iequals(record.tag, tag); });
}

const CaaRecord* critical_unknown(const std::vector<CaaRecord>& records) {
    const auto found = std::ranges::find_if(records, [](const CaaRecord& record) {
        return record.critical &&
               std::ranges::none_of(k_understood, [&](std::string_view tag) { return base::iequals(record.tag, tag); });
    });
    return found == records.end() ? nullptr : &*found;
}

}  // namespace

CaaCheck::CaaCheck(Context context)
    : context_(std::move(context)), deadline_(std::chrono::steady_clock::now() + context_.timeout) {}

const CaaCheck::Records& CaaCheck::records_at(const std::string& name) {
    const auto known = known_.find(name);
    if (known != known_.end()) return known->second;
    if (std::chrono::steady_clock::now() >= deadline_) {
        throw base::Error{base::Kind::dns, "the CAA records of " + name + " were not looked up in time"};
    }
    return known_.emplace(name, context_.resolver.caa(name)).first->second;
}

// RFC 8657 sections 3 and 4: a parameter that is there twice cannot be met.
bool CaaCheck::authorizes(const CaaRecord& record, std::string_view method) const {
    const auto value = parse_issue_value(record.value);
    if (!value || value->domain.empty()) return false;
    const bool ours = std::ranges::any_of(context_.identities,
                                          [&](const auto& identity) { return base::iequals(identity, value->domain); });
    if (!ours || value->count("accounturi") > 1 || value->count("validationmethods") > 1) return false;
    const auto* account = value->find("accounturi");
    if (account != nullptr && !context_.is_account(*account)) return false;
    const auto* methods = value->find("validationmethods");
    return methods == nullptr || lists_method(*methods, method);
}

std::optional<std::string> CaaCheck::judge(const Records& records, const std::string& place, bool wildcard,
                                           std::string_view method) const {
    if (critical_unknown(records) != nullptr) {
        return "a CAA record at " + place + " is critical, and of a kind that this CA does not know";
    }
    const std::string_view tag = wildcard && any_with_tag(records, "issuewild") ? "issuewild" : "issue";
    if (!any_with_tag(records, tag)) return std::nullopt;
    const bool authorized = std::ranges::any_of(
        records, [&](const CaaRecord& record) { return base::iequals(record.tag, tag) && authorizes(record, method); });
    if (authorized) return std::nullopt;
    return "the CAA records at " + place + " do not permit this CA, account and challenge type (" + std::string(tag) +
           ")";
}

std::optional<std::string> CaaCheck::refusal(const x509::Identifier& name, std::string_view method) {
    if (name.type() != x509::Identifier::Type::dns) return std::nullopt;
    std::string place(name.base_name());
    try {
        while (!place.empty()) {
            const auto& records = records_at(place);
            if (!records.empty()) return judge(records, place, name.is_wildcard(), method);
            const auto dot = place.find('.');
            place = dot == std::string::npos ? std::string{} : place.substr(dot + 1);
        }
    } catch (const base::Error& error) {
        return "no CAA answer for " + name.text() + ": " + error.message();
    }
    return std::nullopt;
}

}  // namespace signet::acme
