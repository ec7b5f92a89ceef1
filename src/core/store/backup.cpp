#include "store/backup.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "store/audit.h"
#include "store/audit_tree.h"
#include "store/meta.h"
#include "store/sqlite.h"
#include "store/sqlite_copy.h"
#include "store/staging.h"
#include "store/store_files.h"

namespace signet::store {

namespace {

using base::Error;
using base::Json;
using base::Kind;

constexpr int k_looks = 5;                            // to see the files as they are at one moment
constexpr std::size_t k_store_file_limit = 64 << 20;  // all but the database
constexpr std::int64_t k_format = 1;

struct Copied {
    TarMember member;
    base::Secret contents;  // keys are among them
    friend bool operator==(const Copied& a, const Copied& b) {
        return a.member.path == b.member.path && a.member.target == b.member.target &&
               a.contents.reveal() == b.contents.reveal();
    }
};

bool is_saved(const TarMember& member) { return member.path.starts_with("certificates"); }

/// nullopt when it changed under our hands: a link that leads nowhere, a file that is gone.
std::optional<Copied> copy_file(const Layout& layout, const TarMember& member) {
    if (member.type == TarMember::Type::link) {
        std::error_code error;
        if (!std::filesystem::exists(layout.root() / member.path, error)) return std::nullopt;
    }
    if (member.type != TarMember::Type::file) return Copied{member, {}};
    auto file = base::read_plain_file(layout.root() / member.path, k_store_file_limit);
    if (!file) return std::nullopt;
    return Copied{member, base::Secret(std::move(file->contents))};
}

/// The files of the CAs and settings, small and few.
std::optional<std::vector<Copied>> copy_files(const Layout& layout, bool keys) {
    std::vector<Copied> copied;
    for (const auto& member : list_store_files(layout, keys)) {
        if (is_saved(member)) continue;
        auto one = copy_file(layout, member);
        if (!one) return std::nullopt;
        if (keys || !holds_key(member.path, one->contents.reveal())) copied.push_back(std::move(*one));
    }
    return copied;
}

/// Nothing in it lets anybody sign, enrol or replay.
void take_secrets_out(const base::Path& database) {
    const auto copy = open_sqlite(database, Access::write);
    copy->prepare("PRAGMA secure_delete = ON")->step();
    copy->begin(true);
    copy->prepare("UPDATE tokens SET mac_key = randomblob(32)")->step();  // none that anybody knows
    copy->prepare("DELETE FROM meta WHERE name LIKE 'nonce.%' OR name = 'terms.key'")->step();
    copy->commit();
    copy->prepare("PRAGMA wal_checkpoint(TRUNCATE)")->step();
}

/// The files before and after the database are the same: they are those of the moment that the database is of.
std::vector<Copied> copy_all(const Layout& layout, bool keys, const base::Path& database) {
    for (int attempt = 0; attempt < k_looks; ++attempt) {
        auto before = copy_files(layout, keys);
        if (!before) continue;
        base::remove_if_there(database);
        copy_sqlite(layout.database(), database);
        if (copy_files(layout, keys) == before) return std::move(*before);
    }
    throw Error{Kind::store_busy, "the files of the store change all the time", "try again when that has come to rest"};
}

std::int64_t count_of(Database& database, const char* sql) {
    auto row = database.prepare(sql);
    return row->step() ? row->integer(0) : 0;
}

void look_into(const base::Path& file, Manifest& manifest) {
    const auto database = open_sqlite(file, Access::write);
    Transaction transaction(*database);
    const AuditTree tree(transaction);
    manifest.audit_entries = tree.size();
    manifest.audit_root = tree.root();
    manifest.certificates = count_of(*database, "SELECT count(*) FROM certificates");
}

void append(Store& store, const BackupRequest& request, base::Time now) {
    AuditRecord entry{};
    entry.at = base::to_unix(now);
    entry.action = request.keys ? "store.backed_up" : "store.backed_up_without_keys";
    entry.actor = request.actor;
    entry.detail = "to " + std::filesystem::absolute(request.file).string();
    store.write([&](Transaction& transaction) { append_audit(transaction, entry); });
}

/// Saved certificates change on their own, each by one rename: each is taken as it is at some moment.
void add_saved(TarWriter& tar, const Layout& layout) {
    std::vector<TarMember> members;
    for (const auto& member : list_store_files(layout, true))
        if (is_saved(member)) members.push_back(member);
    for (const auto& member : members)
        if (const auto copied = copy_file(layout, member)) tar.add(member, copied->contents.reveal());
}

}  // namespace

std::string manifest_text(const Manifest& manifest) {
    return base::pretty_json(
               {{"signet_backup", k_format},
                {"made_at", base::format_time(base::from_unix(manifest.made_at))},
                {"signet", manifest.signet},
                {"store", manifest.store},
                {"keys", manifest.keys},
                {"certificates", manifest.certificates},
                {"audit",
                 {{"entries", manifest.audit_entries}, {"root_hash", base::hex_encode(manifest.audit_root)}}}}) +
           "\n";
}

Manifest parse_manifest(std::string_view text, std::string_view what) {
    try {
        const auto json = base::parse_json(text, what);
        if (base::json_int_if_there(json, "signet_backup", what) != k_format)
            throw Error{Kind::bad_input, std::string(what) + " is of a newer signet, or none", "upgrade signet here"};
        Manifest manifest;
        manifest.made_at = base::to_unix(base::parse_time(base::json_string(json, "made_at", what), what));
        manifest.signet = base::json_string(json, "signet", what);
        manifest.store = base::json_string(json, "store", what);
        manifest.keys = base::json_bool_if_there(json, "keys", what).value_or(true);
        manifest.certificates = base::json_int_if_there(json, "certificates", what).value_or(0);
        const auto audit = json.find("audit");
        if (audit == json.end()) throw Error{Kind::malformed, std::string(what) + " says nothing of the audit log"};
        manifest.audit_entries =
            static_cast<std::uint64_t>(base::json_int_if_there(*audit, "entries", what).value_or(0));
        const auto root = base::hex_decode(base::json_string(*audit, "root_hash", what));
        if (!root || root->size() != manifest.audit_root.size())
            throw Error{Kind::malformed, std::string(what) + " has no root hash"};
        std::copy(root->begin(), root->end(), manifest.audit_root.begin());
        return manifest;
    } catch (const Error& error) {
        if (error.kind() != Kind::malformed) throw;
        throw Error{Kind::bad_input, error.message(), "take a file that 'signet backup' wrote"};
    }
}

BackupResult make_backup(Store& store, const BackupRequest& request, base::Time now) {
    const Layout& layout = store.layout();
    if (const auto facts = base::file_facts(request.file); facts && !facts->regular)
        throw Error{Kind::bad_input, request.file.string() + " is no regular file", "name another one"};
    const Staging staging(request.file, "backup");
    append(store, request, now);
    const auto database = staging / "signet.db", archive = staging / "archive";
    const auto files = copy_all(layout, request.keys, database);
    if (!request.keys) take_secrets_out(database);

    BackupResult result;
    auto& manifest = result.manifest;
    manifest = {.made_at = base::to_unix(now),
                .signet = SIGNET_VERSION,
                .store = std::filesystem::canonical(layout.root()).string(),
                .keys = request.keys};
    look_into(database, manifest);
    TarWriter tar(archive);
    tar.add({.path = std::string(k_manifest_member), .modified = manifest.made_at}, manifest_text(manifest));
    for (const auto& [member, contents] : files) tar.add(member, contents.reveal());
    if (request.keys) add_saved(tar, layout);
    tar.add_file({.path = "signet.db", .size = std::filesystem::file_size(database), .modified = manifest.made_at},
                 database);
    result.sha256 = tar.finish();
    result.bytes = tar.size();
    base::rename_file(archive, request.file);
    return result;
}

}  // namespace signet::store
