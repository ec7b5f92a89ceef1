#include "client/renewal_record.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/toml.h"
#include "client/toml_text.h"
#include "net/http.h"
#include "x509/pem.h"

namespace signet::client {
namespace {

using base::Path;

constexpr std::size_t k_file_limit = 1 << 20;
constexpr char k_record[] = "renewal.toml";
constexpr char k_server_roots[] = "server-roots.pem";
constexpr char k_issued_anchors[] = "ca-file.pem";
constexpr char k_request[] = "request.csr";
constexpr char k_binding_key[] = "eab.key";
constexpr char k_dns_update_key[] = "dns-update.key";

Path folder_of(const Path& directory) { return directory / ".signet"; }

void write(const Path& path, std::string_view contents) {
    base::write_file(path, contents, {.mode = 0600, .owner = {}, .group = {}, .exclusive = false});
}

void write_certificates(const Path& path, const std::vector<x509::Certificate>& certificates) {
    certificates.empty() ? base::remove_if_there(path) : write(path, x509::encode_certificates(certificates));
}

std::vector<x509::Certificate> read_certificates(const Path& path, bool expected) {
    if (!expected) return {};
    return x509::parse_certificates(base::read_file(path, k_file_limit), path.string());
}

std::string octal(std::uint32_t mode) {
    std::string text;
    for (; mode != 0; mode >>= 3) text.insert(text.begin(), static_cast<char>('0' + (mode & 7)));
    return "0" + text;
}

std::string encode(const RenewalRecord& record) {
    std::string text = "# How to get the next certificate: written by signet fetch, read by signet renew.\n";
    append_toml(text, "server", record.server);
    append_toml_flag(text, "server_roots", !record.server_roots.empty());
    append_toml_flag(text, "ca_file", !record.issued_anchors.empty());
    std::vector<std::string> names;
    for (const auto& name : record.names) names.push_back(name.text());
    append_toml(text, "names", names);
    append_toml(text, "challenge", record.challenge);
    append_toml(text, "webroot", record.webroot);
    append_toml(text, "http01_port", static_cast<long>(record.http01_port));
    append_toml(text, "tls_alpn01_port", static_cast<long>(record.tls_alpn01_port));
    append_toml(text, "dns_hook", record.dns_hook);
    append_toml(text, "dns_update", record.dns_update);
    append_toml_flag(text, "dns_update_key", record.dns_update_key != nullptr);
    append_toml(text, "profile", record.profile);
    append_toml(text, "preferred_chain", record.preferred_chain);
    append_toml(text, "key_type", crypto::key_type_name(record.key_type));
    if (record.validity) append_toml(text, "validity", base::format_duration(*record.validity));
    append_toml_flag(text, "csr", record.csr.has_value());
    append_toml_flag(text, "reuse_key", record.reuse_key);
    append_toml(text, "formats", record.formats);
    const auto& options = record.format_options;
    if (options.p12_password_file) append_toml(text, "p12_password_file", options.p12_password_file->string());
    append_toml_flag(text, "p12_legacy", options.p12_legacy);
    append_toml(text, "k8s_name", options.k8s_name);
    append_toml(text, "k8s_namespace", options.k8s_namespace);
    if (record.access.owner) append_toml(text, "owner", static_cast<long>(*record.access.owner));
    if (record.access.group) append_toml(text, "group", static_cast<long>(*record.access.group));
    if (record.access.key_mode) append_toml(text, "key_mode", octal(*record.access.key_mode));
    append_toml(text, "exec", record.hooks.exec);
    append_toml_flag(text, "insecure_http", record.insecure_http);
    append_toml_flag(text, "agree_tos", record.agree_tos);
    append_toml(text, "email", record.email);
    if (record.binding) append_toml(text, "eab_kid", record.binding->kid);
    append_toml(text, "account", record.account);
    append_toml(text, "issued_profile", record.issued_profile);
    return text;
}

void read_names(base::TomlTable& table, RenewalRecord& record) {
    for (const auto& name : table.texts("names", {})) {
        try {
            record.names.push_back(x509::Identifier::parse(name));
        } catch (const base::Error& error) {
            table.refuse("names", error.message());
        }
    }
    if (record.names.empty()) table.refuse("names", "there must be at least one name");
}

void read_key_type(base::TomlTable& table, RenewalRecord& record) {
    const auto text = table.text("key_type", "ec-p256");
    const auto type = crypto::parse_key_type(text);
    if (!type) table.refuse("key_type", "'" + text + "' is no key type");
    record.key_type = *type;
}

void read_access(base::TomlTable& table, deliver::FileAccess& access) {
    constexpr std::int64_t k_most = 0xfffffffe;
    if (table.has("owner")) access.owner = static_cast<uid_t>(table.integer("owner", 0, 0, k_most));
    if (table.has("group")) access.group = static_cast<gid_t>(table.integer("group", 0, 0, k_most));
    if (const auto mode = table.text_if_there("key_mode")) access.key_mode = deliver::parse_mode(*mode);
}

RenewalRecord decode(base::TomlTable& table, const Path& folder) {
    RenewalRecord record;
    record.server = table.text("server", "");
    if (record.server.empty()) table.refuse("server", "there must be a server");
    record.server_roots = read_certificates(folder / k_server_roots, table.boolean("server_roots", false));
    record.issued_anchors = read_certificates(folder / k_issued_anchors, table.boolean("ca_file", false));
    read_names(table, record);
    record.challenge = table.text("challenge", "auto");
    record.webroot = table.text("webroot", "");
    record.http01_port = static_cast<int>(table.integer("http01_port", 80, 1, 65535));
    record.tls_alpn01_port = static_cast<int>(table.integer("tls_alpn01_port", 443, 1, 65535));
    record.dns_hook = table.text("dns_hook", "");
    record.dns_update = table.text("dns_update", "");
    if (table.boolean("dns_update_key", false)) {
        record.dns_update_key =
            std::make_shared<const base::Secret>(base::read_private_file(folder / k_dns_update_key, k_file_limit));
    }
    record.profile = table.text("profile", "");
    record.preferred_chain = table.text("preferred_chain", "");
    read_key_type(table, record);
    if (table.has("validity")) record.validity = table.duration("validity", "24h");
    if (table.boolean("csr", false)) {
        const auto path = folder / k_request;
        record.csr = x509::CertificateRequest::from_file_contents(base::read_file(path, k_file_limit), path.string());
    }
    record.reuse_key = table.boolean("reuse_key", false);
    record.formats = table.texts("formats", {"pem"});
    record.format_options.p12_password_file = table.text_if_there("p12_password_file");
    record.format_options.p12_legacy = table.boolean("p12_legacy", false);
    record.format_options.k8s_name = table.text("k8s_name", "");
    record.format_options.k8s_namespace = table.text("k8s_namespace", "");
    read_access(table, record.access);
    record.hooks.exec = table.text("exec", "");
    record.insecure_http = table.boolean("insecure_http", false);
    record.agree_tos = table.boolean("agree_tos", false);
    record.email = table.text("email", "");
    record.account = table.text("account", "");
    record.issued_profile = table.text("issued_profile", "");
    if (const auto kid = table.text("eab_kid", ""); !kid.empty()) {
        const auto path = folder / k_binding_key;
        const base::Secret text(base::read_private_file(path, k_file_limit));
        record.binding = std::make_shared<const acme::AccountBinding>(
            acme::AccountBinding{kid, acme::parse_mac_key(text.reveal(), path.string())});
    }
    return record;
}

/// An account key with the note whose it is: the server's authority, and the kid that binds it in a second line.
struct AccountKeyFiles {
    Path key, owner;

    bool there() const { return base::file_facts(key).has_value(); }
    bool is_for(const std::string& origin, const std::string& kid) const {
        const auto note = base::read_file_if_there(owner, k_file_limit);
        if (!note) return kid.empty();
        const auto end = note->find('\n');
        const bool same_kid = kid.empty() || (end != std::string::npos && note->substr(end + 1) == kid);
        return note->substr(0, end) == origin && same_kid;
    }
    crypto::PrivateKey read() const {
        return crypto::PrivateKey::from_pem(base::read_private_file(key, k_file_limit), key.string());
    }
    crypto::PrivateKey make(const std::string& origin, const std::string& kid) const {
        auto made = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
        base::remove_if_there(owner);
        write(key, made.to_pem().reveal());
        write(owner, origin + (kid.empty() ? "" : "\n" + kid));
        return made;
    }
};
AccountKeyFiles current_key(const Path& folder) { return {folder / "account.key", folder / "account.server"}; }
AccountKeyFiles next_key(const Path& folder) { return {folder / "account.next.key", folder / "account.next.server"}; }

std::string origin_of(const std::string& server) { return net::parse_url(server).authority(); }

}  // namespace

void save_renewal_record(const Path& directory, const RenewalRecord& record) {
    const auto folder = deliver::private_directory(directory);
    write_certificates(folder / k_server_roots, record.server_roots);
    write_certificates(folder / k_issued_anchors, record.issued_anchors);
    if (record.binding) {
        write(folder / k_binding_key, base::base64url_encode(base::bytes_of(record.binding->mac_key.reveal())));
    } else {
        base::remove_if_there(folder / k_binding_key);
    }
    if (record.dns_update_key) {
        write(folder / k_dns_update_key, record.dns_update_key->reveal());
    } else {
        base::remove_if_there(folder / k_dns_update_key);
    }
    if (record.csr) write(folder / k_request, x509::encode_pem("CERTIFICATE REQUEST", record.csr->der));
    write(folder / k_record, encode(record));
}

std::optional<RenewalRecord> load_renewal_record(const Path& directory) {
    const auto path = folder_of(directory) / k_record;
    if (!base::file_facts(path)) return std::nullopt;
    const auto text = base::read_private_file(path, k_file_limit);
    base::TomlTable table(base::TomlFile::parse(text, path.string()));
    auto record = decode(table, folder_of(directory));
    table.finish();
    return record;
}

void remove_renewal_record(const Path& directory) { base::remove_if_there(folder_of(directory) / k_record); }

crypto::PrivateKey load_account_key(const Path& directory, const std::string& server, const std::string& kid) {
    const auto folder = deliver::private_directory(directory);
    const auto origin = origin_of(server);
    const auto current = current_key(folder), next = next_key(folder);
    if (!current.there()) return current.make(origin, kid);
    if (current.is_for(origin, kid)) return current.read();
    if (next.there() && next.is_for(origin, kid)) return next.read();
    return next.make(origin, kid);
}

std::optional<crypto::PrivateKey> account_key_there(const Path& directory, const std::string& server,
                                                    const std::string& kid) {
    const auto origin = origin_of(server);
    for (const auto& files : {current_key(folder_of(directory)), next_key(folder_of(directory))}) {
        if (files.there() && files.is_for(origin, kid)) return files.read();
    }
    return std::nullopt;
}

void forget_account_key(const Path& directory, const std::string& server, const std::string& kid) {
    for (const auto& files : {current_key(folder_of(directory)), next_key(folder_of(directory))}) {
        if (!files.there() || !files.is_for(origin_of(server), kid)) continue;
        base::remove_if_there(files.key);
        base::remove_if_there(files.owner);
        return;
    }
}

void keep_account_key(const Path& directory, const std::string& server, const std::string& kid) {
    const auto folder = deliver::private_directory(directory);
    const auto origin = origin_of(server);
    const auto current = current_key(folder), next = next_key(folder);
    if (current.is_for(origin, kid) || !next.there() || !next.is_for(origin, kid)) return;
    base::rename_file(next.key, current.key);
    base::rename_file(next.owner, current.owner);
}

}  // namespace signet::client
