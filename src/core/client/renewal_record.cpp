#include "client/renewal_record.h"

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
constexpr char k_account_key[] = "account.key";

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
    append_toml(text, "profile", record.profile);
    append_toml(text, "key_type", crypto::key_type_name(record.key_type));
    if (record.validity) append_toml(text, "validity", base::format_duration(*record.validity));
    append_toml_flag(text, "csr", record.csr.has_value());
    append_toml_flag(text, "reuse_key", record.reuse_key);
    append_toml(text, "formats", record.formats);
    if (record.access.owner) append_toml(text, "owner", static_cast<long>(*record.access.owner));
    if (record.access.group) append_toml(text, "group", static_cast<long>(*record.access.group));
    if (record.access.key_mode) append_toml(text, "key_mode", octal(*record.access.key_mode));
    append_toml(text, "exec", record.hooks.exec);
    append_toml_flag(text, "insecure_http", record.insecure_http);
    append_toml_flag(text, "agree_tos", record.agree_tos);
    append_toml(text, "email", record.email);
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
    record.profile = table.text("profile", "");
    read_key_type(table, record);
    if (table.has("validity")) record.validity = table.duration("validity", "24h");
    if (table.boolean("csr", false)) {
        const auto path = folder / k_request;
        record.csr = x509::CertificateRequest::from_file_contents(base::read_file(path, k_file_limit), path.string());
    }
    record.reuse_key = table.boolean("reuse_key", false);
    record.formats = table.texts("formats", {"pem"});
    read_access(table, record.access);
    record.hooks.exec = table.text("exec", "");
    record.insecure_http = table.boolean("insecure_http", false);
    record.agree_tos = table.boolean("agree_tos", false);
    record.email = table.text("email", "");
    return record;
}

crypto::PrivateKey make_account_key(const Path& path) {
    auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    write(path, key.to_pem().reveal());
    return key;
}

}  // namespace

void save_renewal_record(const Path& directory, const RenewalRecord& record) {
    const auto folder = deliver::private_directory(directory);
    write_certificates(folder / k_server_roots, record.server_roots);
    write_certificates(folder / k_issued_anchors, record.issued_anchors);
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

crypto::PrivateKey load_account_key(const Path& directory, const std::string& server) {
    const auto path = deliver::private_directory(directory) / k_account_key;
    const auto server_path = path.parent_path() / "account.server";
    const auto origin = net::parse_url(server).authority();
    const auto known = base::read_file_if_there(server_path, k_file_limit);
    if (base::file_facts(path) && (!known || *known == origin)) {
        return crypto::PrivateKey::from_pem(base::read_private_file(path, k_file_limit), path.string());
    }
    auto key = make_account_key(path);
    write(server_path, origin);
    return key;
}

}  // namespace signet::client
