#include "store/restore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "store/accounts.h"
#include "store/audit.h"
#include "store/audit_check.h"
#include "store/meta.h"
#include "store/restored_crls.h"
#include "store/sqlite_copy.h"
#include "store/staging.h"
#include "store/store_files.h"
#include "store/tokens.h"

namespace signet::store {

namespace {

using base::Error;
using base::Kind;
using base::Path;

constexpr std::size_t k_manifest_limit = 64 << 10;
constexpr std::size_t k_most_members = 5'000'000;

void check_target(const Path& root) {
    const auto facts = base::file_facts(root);
    if (!facts) return;
    std::error_code ignored;
    const auto device = [](const Path& path) {
        struct stat found {};
        return ::stat(path.c_str(), &found) == 0 ? found.st_dev : dev_t{};
    };
    if (facts->directory && device(root) != device(root / ".."))
        throw Error{Kind::exists, root.string() + " is a mount point: nothing can be renamed into its place",
                    "restore into a directory below it"};
    if (facts->directory && std::filesystem::is_empty(root, ignored)) return;
    throw Error{Kind::exists, root.string() + " is there already",
                "restore into a directory that does not exist: --store DIR; then let it take the other's place"};
}

/// Unpacks into a directory of its own, which holds what this made, and nothing that leads out of it.
class Unpacking {
public:
    Unpacking(TarReader& tar, Path directory) : tar_(tar), directory_(std::move(directory)) {}

    Manifest run() {
        const auto first = tar_.next();
        if (!first || first->path != k_manifest_member)
            throw Error{Kind::bad_input, "the file is no backup of a store", "name one that 'signet backup' wrote"};
        auto manifest = parse_manifest(tar_.contents(k_manifest_limit), "the manifest of the backup");
        make_directory(directory_, 0700);
        for (std::size_t count = 0; const auto member = tar_.next(); ++count) {
            if (count == k_most_members) refuse(*member);
            unpack(*member);
        }
        if (!made_.contains("signet.db"))
            throw Error{Kind::bad_input, "the backup holds no database", "name one that 'signet backup' wrote"};
        sync_all();
        return manifest;
    }

private:
    [[noreturn]] static void refuse(const TarMember& member) {
        throw Error{Kind::bad_input,
                    "the backup holds '" + base::printable(member.path) + "', which has no place in a store",
                    "name one that 'signet backup' wrote"};
    }
    static void make_directory(const Path& path, std::uint32_t mode) {
        if (::mkdir(path.c_str(), 0700) != 0) base::throw_errno(errno, "make the directory", path);
        if (::chmod(path.c_str(), mode) != 0) base::throw_errno(errno, "set the mode of", path);
    }

    void unpack(const TarMember& member) {
        // Its directory was made here: it is no link.
        const auto slash = member.path.rfind('/');
        const bool has_place = slash == std::string::npos || directories_.contains(member.path.substr(0, slash));
        if (!may_be_restored(member) || !has_place || !made_.insert(member.path).second) refuse(member);
        const auto path = directory_ / member.path;
        switch (member.type) {
            case TarMember::Type::directory:
                make_directory(path, (member.mode & 0755U) | 0700U);
                directories_.insert(member.path);
                return;
            case TarMember::Type::link:
                if (::symlink(member.target.c_str(), path.c_str()) != 0) base::throw_errno(errno, "make", path);
                return;
            case TarMember::Type::file:
                tar_.save(path, member.path == "signet.db" ? 0600 : member.mode);
                return;
        }
    }

    void sync_all() const {
        const base::Fd fd(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd || ::syncfs(fd.get()) != 0) base::throw_errno(errno, "sync", directory_);
    }

    TarReader& tar_;
    Path directory_;
    std::set<std::string, std::less<>> made_, directories_;
};

void check_whole(Store& store, const Manifest& manifest) {
    const auto finding = check_audit(store, KnownTree{manifest.audit_entries, manifest.audit_root});
    if (!finding.fault) return;
    throw Error{Kind::refused,
                "the audit log in the backup is not whole: entry " + std::to_string(finding.fault->entry) + " " +
                    finding.fault->what,
                "take another backup, and find out who changed this one"};
}

/// Saved certificates are known by where they were: those inside the store have moved with it.
void move_lineages(Transaction& transaction, const std::string& from, const std::string& to) {
    transaction.run(
        "UPDATE lineages SET directory = ?2 || substr(directory, length(?1) + 1)"
        " WHERE substr(directory, 1, length(?1) + 1) = ?1 || '/'",
        from, to);
}

void record(Store& store, const RestoreRequest& request, const RestoreResult& result, const std::string& place,
            base::Time now) {
    AuditRecord entry{};
    entry.at = base::to_unix(now);
    entry.action = "store.restored";
    entry.actor = request.actor;
    entry.detail = "from a backup of " + base::format_time(base::from_unix(result.manifest.made_at)) + ", SHA-256 " +
                   result.sha256 + "; " + std::to_string(result.revoked.size()) +
                   " revocations taken over; CRL numbers go on above";
    for (const auto& crl : result.crls) entry.detail += " " + crl.issuer_id + ":" + std::to_string(crl.above);
    store.write([&](Transaction& transaction) {
        erase_meta(transaction, "nonce.state");  // nonces that were used since must not be good again
        move_lineages(transaction, result.manifest.store, place);
        append_audit(transaction, entry);
    });
}

void look_what_lives(Store& store, base::Time now, RestoreResult& result) {
    const auto at = base::to_unix(now);
    store.read([&](Transaction& transaction) {
        for (auto& token : list_tokens(transaction)) {
            const bool usable = !token.revoked_at && (!token.expires_at || *token.expires_at > at) &&
                                (!token.uses || token.bound < *token.uses);
            token.mac_key.clear();
            if (usable) result.tokens.push_back(std::move(token));
        }
        for (auto& account : list_accounts(transaction))
            if (account.status == AccountStatus::valid) result.accounts.push_back(std::move(account));
        auto row = transaction.query(
            "SELECT count(*) FROM certificates WHERE not_after >= ?1 AND revoked_at IS NULL AND profile NOT IN ('root',"
            " 'issuing')",
            at);
        if (row->step()) result.living = row->integer(0);
    });
}

void look_for_keys(const Layout& layout, RestoreResult& result) {
    if (result.manifest.keys) return;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(layout.authorities(), ignored)) {
        auto key = entry.path();
        if (key.extension() != ".crt" || key.parent_path().filename() == "trust") continue;
        key.replace_extension(".key");
        if (!base::file_facts(key))
            result.missing_keys.push_back(std::filesystem::relative(key, layout.root()).string());
    }
}

std::string place_of(const Path& root) {
    auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(root));
    return path.has_filename() ? path.string() : path.parent_path().string();
}

}  // namespace

RestoreResult restore_backup(const RestoreRequest& request, base::Time now) {
    check_target(request.root);
    TarReader tar(request.archive);
    const Staging staging(request.root, "restore");
    check_target(request.root);  // another one may just have finished
    const Path directory = staging / "store";
    RestoreResult result;
    result.manifest = Unpacking(tar, directory).run();
    result.sha256 = tar.digest();
    if (const auto fault = sqlite_fault(directory / "signet.db"); !fault.empty())
        throw Error{Kind::corrupt, "the database in the backup is damaged: " + fault, "take another backup"};
    {
        const auto store = Store::open(directory);
        check_whole(*store, result.manifest);
        restore_crls(*store, request, now, result);
        record(*store, request, result, place_of(request.root), now);
        look_what_lives(*store, now, result);
        look_for_keys(store->layout(), result);
    }
    base::rename_file(directory, request.root);
    return result;
}

}  // namespace signet::store
