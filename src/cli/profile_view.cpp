#include "cli/profile_view.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace signet::cli {
namespace {

using base::Json;

std::vector<std::string> usage_of(const ca::Profile& profile) {
    std::vector<std::string> usage;
    if (profile.server) usage.emplace_back("server");
    if (profile.client) usage.emplace_back("client");
    return usage;
}

std::vector<std::string> key_types_of(const ca::Profile& profile) {
    std::vector<std::string> types;
    for (const auto type : profile.key_types) types.emplace_back(crypto::key_type_name(type));
    return types;
}

Json subject_of(const ca::Profile& profile) {
    Json subject = Json::object();
    for (const auto& [part, value] : profile.subject) subject[part] = value;
    return subject;
}

Json rate_limits_of(const ca::RateLimits& limits) {
    Json json = Json::object();
    const auto put = [&](const char* key, const std::optional<ca::RateLimit>& limit) {
        if (limit) json[key] = limit->text();
    };
    put("orders_per_account", limits.orders_per_account);
    put("accounts_per_address", limits.accounts_per_address);
    put("certificates_per_name", limits.certificates_per_name);
    return json;
}

Json acme_of(const ca::Profile& profile) {
    Json acme;
    acme["auth"] = profile.acme.auth.empty() ? Json(nullptr) : Json(profile.acme.auth);
    acme["challenges"] = profile.acme.challenges;
    acme["require_eab"] = profile.acme.require_eab;
    acme["caa"] = profile.acme.caa;
    acme["authorize_command"] = profile.acme.authorize_command;
    acme["rate_limits"] = rate_limits_of(profile.acme.rate_limits);
    return acme;
}

void append_lines(std::string& text, const Json& table) {
    for (const auto& [key, value] : table.items()) {
        if (value.is_null()) continue;  // not set
        text += key + " = " + toml_value(value) + "\n";
    }
}

}  // namespace

/// What JSON and TOML write alike, but for inline tables. Control characters are escaped alike, too.
std::string toml_value(const Json& value) {
    if (!value.is_object()) return base::dump_json(value);
    std::string text;
    for (const auto& [key, member] : value.items())
        text += (text.empty() ? " " : ", ") + key + " = " + toml_value(member);
    return "{" + text + (text.empty() ? "}" : " }");
}

Json profile_json(const ca::Profile& profile) {
    Json json;
    json["name"] = profile.name;
    json["ca"] = profile.ca;
    json["permit_dns"] = profile.permit_dns;
    json["deny_dns"] = profile.deny_dns;
    json["permit_ip"] = profile.permit_ip;
    json["deny_ip"] = profile.deny_ip;
    json["permit_uri"] = profile.permit_uri;
    json["permit_email"] = profile.permit_email;
    json["wildcards"] = profile.wildcards;
    json["max_names"] = profile.max_names;
    json["default_validity"] = base::format_duration(profile.default_validity);
    json["max_validity"] = base::format_duration(profile.max_validity);
    json["backdate"] = base::format_duration(profile.backdate);
    json["key_types"] = key_types_of(profile);
    json["usage"] = usage_of(profile);
    json["subject"] = subject_of(profile);
    json["add_uri"] = profile.add_uri;
    json["revocation"] = profile.revocation ? "full" : "none";
    json["must_staple"] = profile.must_staple;
    json["policies"] = profile.policies;
    json["spiffe"] = profile.spiffe;
    json["acme"] = acme_of(profile);
    return json;
}

std::string profile_toml(const ca::Profile& profile) {
    Json table = profile_json(profile);
    const Json acme = table["acme"];
    for (const char* not_a_key : {"name", "spiffe", "acme"}) table.erase(not_a_key);
    std::string text;
    if (profile.spiffe) text += "# the rules of a SPIFFE X509-SVID hold beside these\n";
    text += "[profile." + profile.name + "]\n";
    append_lines(text, table);
    text += "\n[profile." + profile.name + ".acme]\n";
    append_lines(text, acme);
    return text;
}

std::string permitted_kinds(const ca::Profile& profile) {
    std::vector<std::string> kinds;
    if (!profile.permit_dns.empty()) kinds.emplace_back("dns");
    if (!profile.permit_ip.empty()) kinds.emplace_back("ip");
    if (!profile.permit_uri.empty()) kinds.emplace_back("uri");
    if (!profile.permit_email.empty()) kinds.emplace_back("email");
    return kinds.empty() ? "nothing" : base::join(kinds, " ");
}

}  // namespace signet::cli
