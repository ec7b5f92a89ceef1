#include "store/store_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace signet::store {

namespace {

constexpr std::string_view k_authorities = "authorities", k_saved = "certificates";
constexpr std::string_view k_left_out[] = {"locks",     "lost+found",    "MANIFEST.json", "SHA256",
                                           "signet.db", "signet.db-wal", "signet.db-shm", "signet.db-journal"};

/// What a run in progress, or one that was killed, calls its files.
bool is_temporary(const std::string& name, bool hidden_are_ours) {
    return (name.starts_with('.') && !hidden_are_ours) || name.ends_with(".tmp");
}

std::optional<TarMember> member_of(const base::Path& path, std::string name) {
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0) {
        if (errno == ENOENT) return std::nullopt;  // gone since it was listed
        base::throw_errno(errno, "look at", path);
    }
    TarMember member{.path = std::move(name), .mode = facts.st_mode & 0777U, .modified = facts.st_mtim.tv_sec};
    if (S_ISDIR(facts.st_mode)) {
        member.type = TarMember::Type::directory;
    } else if (S_ISLNK(facts.st_mode)) {
        member.type = TarMember::Type::link;
        std::error_code error;
        member.target = std::filesystem::read_symlink(path, error).string();
        if (error) return std::nullopt;
    } else if (!S_ISREG(facts.st_mode)) {
        return std::nullopt;
    }
    return member;
}

void walk(const base::Path& directory, const std::string& prefix, bool hidden_are_ours, bool keys,
          std::vector<TarMember>& found) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    for (const auto& name : names) {
        const bool top = prefix.empty();
        if (is_temporary(name, hidden_are_ours)) continue;
        if (top && std::find(std::begin(k_left_out), std::end(k_left_out), name) != std::end(k_left_out)) continue;
        if (top && name == k_saved && !keys) continue;
        const auto member = member_of(directory / name, prefix + name);
        if (!member) continue;
        found.push_back(*member);
        if (member->type == TarMember::Type::directory)
            walk(directory / name, prefix + name + "/", hidden_are_ours || (top && name == k_saved), keys, found);
    }
}

bool is_plain_component(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.find('\0') == std::string_view::npos;
}

bool leads_down(std::string_view path) {
    if (path.empty()) return false;
    const auto components = base::split(path, '/');
    return std::all_of(components.begin(), components.end(), is_plain_component);
}

}  // namespace

std::vector<TarMember> list_store_files(const Layout& layout, bool keys) {
    std::vector<TarMember> found;
    walk(layout.root(), "", false, keys, found);
    return found;
}

bool holds_key(std::string_view path, std::string_view contents) {
    return path.ends_with(".key") || path.ends_with(".p12") || path.ends_with(".key.der") ||
           contents.find("PRIVATE KEY-----") != std::string_view::npos;
}

bool may_be_restored(const TarMember& member) {
    if (!leads_down(member.path)) return false;
    const auto top = std::string_view(member.path).substr(0, member.path.find('/'));
    if (top == "signet.db") return member.path == top && member.type == TarMember::Type::file;
    if (top.starts_with('.') || std::find(std::begin(k_left_out), std::end(k_left_out), top) != std::end(k_left_out))
        return false;
    if (top == k_authorities && member.path == top) return member.type == TarMember::Type::directory;
    if (member.type != TarMember::Type::link) return true;
    return top == k_saved && member.path != top && leads_down(member.target);
}

}  // namespace signet::store
