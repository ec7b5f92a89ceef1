#include "client/local_enroll.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "client/renewal_record.h"
#include "client/store_source.h"
#include "store/certificates.h"

namespace signet::client {
namespace {

using base::Json;

constexpr std::string_view k_record = "the store's record of the directory";

ca::Profile profile_of(const LocalRequest& request, const LocalCa& ca) {
    ca::Profile profile = ca::find_profile(ca.profiles, request.profile);
    if (!request.authority.empty()) profile.ca = request.authority;
    return profile;
}

StoreOrder order_of(const LocalRequest& request, const ca::Profile& profile, const LocalCa& ca) {
    return {.profile = profile,
            .validity = request.validity,
            .server = request.server,
            .client = request.client,
            .common_name = request.common_name,
            .organization = request.organization,
            .unit = request.unit,
            .requester = {ca.operator_name}};
}

EnrollRequest enroll_request(const base::Path& directory, const LocalRequest& request, const ca::Profile& profile) {
    return {.directory = directory,
            .names = request.names,
            .key_type = request.key_type.value_or(profile.usual_key_type()),
            .csr = request.csr,
            .reuse_key = request.reuse_key,
            .formats = request.formats,
            .format_options = request.format_options,
            .access = request.access};
}

template <class T>
void put(Json& json, const char* member, const std::optional<T>& value) {
    if (value) json[member] = *value;
}

void put_format_options(Json& json, const deliver::FormatOptions& options) {
    if (options.p12_password_file) json["p12_password_file"] = options.p12_password_file->string();
    if (options.p12_legacy) json["p12_legacy"] = true;
    if (!options.k8s_name.empty()) json["k8s_name"] = options.k8s_name;
    if (!options.k8s_namespace.empty()) json["k8s_namespace"] = options.k8s_namespace;
}

deliver::FormatOptions format_options_of(const Json& json) {
    deliver::FormatOptions options;
    options.p12_password_file = base::json_string_if_there(json, "p12_password_file", k_record);
    options.p12_legacy = base::json_bool_if_there(json, "p12_legacy", k_record).value_or(false);
    options.k8s_name = base::json_string_if_there(json, "k8s_name", k_record).value_or("");
    options.k8s_namespace = base::json_string_if_there(json, "k8s_namespace", k_record).value_or("");
    return options;
}

std::string encode(const LocalRequest& request) {
    Json json = Json::object();
    if (!request.authority.empty()) json["authority"] = request.authority;
    if (request.validity) json["validity"] = base::format_duration(*request.validity);
    if (request.key_type) json["key_type"] = crypto::key_type_name(*request.key_type);
    put(json, "server", request.server);
    put(json, "client", request.client);
    put(json, "common_name", request.common_name);
    put(json, "organization", request.organization);
    put(json, "unit", request.unit);
    if (request.csr) json["csr"] = base::base64_encode(request.csr->der);
    json["formats"] = request.formats;
    put_format_options(json, request.format_options);
    put(json, "owner", request.access.owner);
    put(json, "group", request.access.group);
    put(json, "key_mode", request.access.key_mode);
    return base::dump_json(json);
}

template <class T>
std::optional<T> number(const Json& json, std::string_view member) {
    const auto value = base::json_int_if_there(json, member, k_record);
    return value ? std::optional<T>(static_cast<T>(*value)) : std::nullopt;
}

LocalRequest decode(const store::LineageRecord& row) {
    const Json json = base::parse_json(row.request, k_record);
    LocalRequest request;
    request.authority = base::json_string_if_there(json, "authority", k_record).value_or("");
    request.profile = row.profile;
    for (const auto& name : row.names) request.names.push_back(x509::Identifier::parse(name));
    if (const auto text = base::json_string_if_there(json, "validity", k_record)) {
        request.validity = base::parse_duration(*text, k_record);
    }
    if (const auto text = base::json_string_if_there(json, "key_type", k_record)) {
        request.key_type = crypto::parse_key_type(*text);
    }
    request.server = base::json_bool_if_there(json, "server", k_record);
    request.client = base::json_bool_if_there(json, "client", k_record);
    request.common_name = base::json_string_if_there(json, "common_name", k_record);
    request.organization = base::json_string_if_there(json, "organization", k_record);
    request.unit = base::json_string_if_there(json, "unit", k_record);
    if (const auto text = base::json_string_if_there(json, "csr", k_record)) {
        request.csr = x509::CertificateRequest::from_der(base::base64_decode(*text).value_or(base::Bytes{}));
    }
    request.formats = base::json_strings(json, "formats", k_record);
    request.format_options = format_options_of(json);
    request.access = {number<uid_t>(json, "owner"), number<gid_t>(json, "group"),
                      number<std::uint32_t>(json, "key_mode")};
    return request;
}

void record(const base::Path& directory, const LocalRequest& request, const ca::Profile& profile, LocalCa& ca,
            const x509::Certificate& leaf) {
    store::LineageRecord row{.directory = directory.string(),
                             .serial = leaf.serial_hex(),
                             .authority = profile.ca,
                             .profile = request.profile,
                             .names = {},
                             .request = encode(request)};
    for (const auto& name : request.names) row.names.push_back(name.text());
    ca.store.write([&](store::Transaction& transaction) { store::save_lineage(transaction, row); });
}

}  // namespace

Obtained obtain_locally(const LocalRequest& request, LocalCa& ca, base::Time now) {
    const auto profile = profile_of(request, ca);
    StoreSource source(ca.issuer, order_of(request, profile, ca));
    return obtain(enroll_request({}, request, profile), source, now);
}

LocallyIssued issue_locally(const LocalRequest& request, LocalCa& ca) {
    const auto profile = profile_of(request, ca);
    const auto order = order_of(request, profile, ca);
    std::optional<crypto::PrivateKey> key;
    if (!request.csr) key = crypto::PrivateKey::generate(request.key_type.value_or(profile.usual_key_type()));
    auto issued = ca.issuer.issue({.profile = profile,
                                   .names = request.names,
                                   .public_key = key ? key->public_key() : request.csr->public_key,
                                   .validity = order.validity,
                                   .server = order.server,
                                   .client = order.client,
                                   .common_name = order.common_name,
                                   .organization = order.organization,
                                   .unit = order.unit,
                                   .requester = order.requester});
    return {std::move(issued), key ? key->to_pem() : base::Secret()};
}

LocalEnrolled enroll_locally(const base::Path& directory, const LocalRequest& request, LocalCa& ca, base::Time now,
                             bool locked, const Activation& hooks) {
    const auto profile = profile_of(request, ca);
    StoreSource source(ca.issuer, order_of(request, profile, ca));
    std::optional<base::FileLock> lock;
    ActivationLock activation;
    // Nothing is made on disk before the CA has said yes: a refusal leaves no directory behind.
    auto enrolled =
        enroll(enroll_request(directory, request, profile), source, now, [&](const x509::Certificate& leaf) {
            if (!locked) lock.emplace(deliver::lock_directory(directory));
            activation = owe_activation(directory, hooks);
            record(directory, request, profile, ca, leaf);
            remove_renewal_record(directory);
        });
    return {std::move(enrolled), std::move(activation)};
}

std::optional<LocalRequest> recorded_request(store::Store& store, const base::Path& directory) {
    const auto row = store.query(
        [&](store::Transaction& transaction) { return store::find_lineage(transaction, directory.string()); });
    if (!row) return std::nullopt;
    return decode(*row);
}

std::vector<base::ErrorPart> preview_locally(const LocalRequest& request, LocalCa& ca) {
    const auto profile = profile_of(request, ca);
    const auto order = order_of(request, profile, ca);
    return ca.issuer.preview({.profile = profile,
                              .names = request.names,
                              .public_key = {},
                              .validity = order.validity,
                              .not_before = {},
                              .not_after = {},
                              .server = order.server,
                              .client = order.client,
                              .common_name = order.common_name,
                              .organization = order.organization,
                              .unit = order.unit,
                              .requester = order.requester});
}

}  // namespace signet::client
