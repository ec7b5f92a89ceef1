#include "acme/messages.h"

#include <nlohmann/json.hpp>

#include "acme/json_members.h"

namespace signet::acme {
namespace {

constexpr const char* k_binding = "externalAccountBinding";

void put_binding(base::Json& json, const std::optional<std::string>& binding) {
    if (binding) json[k_binding] = base::parse_json(*binding, k_binding);
}

std::optional<std::string> binding_if_there(const base::Json& json) {
    const auto binding = json.find(k_binding);
    if (binding == json.end()) return std::nullopt;
    require_object(*binding, k_binding);
    return base::dump_json(*binding);
}

}  // namespace

base::Json encode_directory(const DirectoryMessage& directory) {
    base::Json json;
    put_text(json, "newNonce", directory.new_nonce);
    put_text(json, "newAccount", directory.new_account);
    put_text(json, "newOrder", directory.new_order);
    put_text(json, "newAuthz", directory.new_authz);
    put_text(json, "revokeCert", directory.revoke_cert);
    put_text(json, "keyChange", directory.key_change);
    put_text(json, "renewalInfo", directory.renewal_info);
    base::Json meta = base::Json::object();
    put_text(meta, "termsOfService", directory.terms_of_service);
    put_text(meta, "website", directory.website);
    if (!directory.caa_identities.empty()) meta["caaIdentities"] = directory.caa_identities;
    if (!directory.issuer_domain_names.empty()) meta["issuerDomainNames"] = directory.issuer_domain_names;
    put_text(meta, "accountHashPrefix", directory.account_hash_prefix);
    meta["externalAccountRequired"] = directory.external_account_required;
    if (!directory.profiles.empty()) {
        base::Json profiles = base::Json::object();
        for (const auto& [name, description] : directory.profiles) profiles[name] = description;
        meta["profiles"] = std::move(profiles);
    }
    json["meta"] = std::move(meta);
    return json;
}

DirectoryMessage parse_directory(const base::Json& json) {
    require_object(json, "directory");
    DirectoryMessage directory;
    directory.new_nonce = base::json_string(json, "newNonce", "directory");
    directory.new_account = base::json_string(json, "newAccount", "directory");
    directory.new_order = base::json_string(json, "newOrder", "directory");
    directory.new_authz = text_or_empty(json, "newAuthz", "directory");
    directory.revoke_cert = text_or_empty(json, "revokeCert", "directory");
    directory.key_change = text_or_empty(json, "keyChange", "directory");
    directory.renewal_info = text_or_empty(json, "renewalInfo", "directory");
    const auto meta = json.find("meta");
    if (meta == json.end()) return directory;
    require_object(*meta, "directory meta");
    directory.terms_of_service = text_or_empty(*meta, "termsOfService", "directory meta");
    directory.website = text_or_empty(*meta, "website", "directory meta");
    directory.caa_identities = base::json_strings(*meta, "caaIdentities", "directory meta");
    directory.external_account_required =
        base::json_bool_if_there(*meta, "externalAccountRequired", "directory meta").value_or(false);
    if (const auto profiles = meta->find("profiles"); profiles != meta->end() && profiles->is_object()) {
        for (const auto& [name, description] : profiles->items()) {
            directory.profiles.emplace_back(name, description.is_string() ? description.get<std::string>() : "");
        }
    }
    return directory;
}

base::Json encode_account(const AccountMessage& account) {
    base::Json json;
    json["status"] = account.status;
    if (!account.contact.empty()) json["contact"] = account.contact;
    if (account.terms_of_service_agreed) json["termsOfServiceAgreed"] = *account.terms_of_service_agreed;
    put_text(json, "orders", account.orders);
    put_binding(json, account.external_account_binding);
    return json;
}

AccountMessage parse_account(const base::Json& json) {
    require_object(json, "account");
    AccountMessage account;
    account.status = base::json_string(json, "status", "account");
    account.contact = base::json_strings(json, "contact", "account");
    account.terms_of_service_agreed = base::json_bool_if_there(json, "termsOfServiceAgreed", "account");
    account.orders = text_or_empty(json, "orders", "account");
    account.external_account_binding = binding_if_there(json);
    return account;
}

NewAccountMessage parse_new_account(const base::Json& json) {
    require_object(json, "newAccount");
    NewAccountMessage message;
    message.contact = base::json_strings(json, "contact", "newAccount");
    message.terms_of_service_agreed =
        base::json_bool_if_there(json, "termsOfServiceAgreed", "newAccount").value_or(false);
    message.only_return_existing = base::json_bool_if_there(json, "onlyReturnExisting", "newAccount").value_or(false);
    message.external_account_binding = binding_if_there(json);
    return message;
}

base::Json encode_new_account(const NewAccountMessage& message) {
    base::Json json = base::Json::object();
    if (!message.contact.empty()) json["contact"] = message.contact;
    if (message.terms_of_service_agreed) json["termsOfServiceAgreed"] = true;
    if (message.only_return_existing) json["onlyReturnExisting"] = true;
    put_binding(json, message.external_account_binding);
    return json;
}

}  // namespace signet::acme
