#include "deliver/versions.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/encoding.h"
#include "base/error.h"
#include "base/random.h"

namespace signet::deliver {

using base::Error;
using base::Kind;
using base::Path;

namespace {

constexpr std::string_view k_prefix = "v-";
constexpr std::size_t k_file_limit = 4 << 20;  // a certificate file that is taken over

Path through_live(const Path& name) { return Path(".versions") / "live" / name; }

std::string version_name() {
    std::array<std::uint8_t, 8> bytes;
    base::OsRandom().fill(bytes);
    return std::string(k_prefix) + base::hex_encode(bytes);
}

/// Empty when it is no symlink.
Path link_target(const Path& path) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(path, error);
    return error ? Path() : target;
}

bool is_plain_file(const Path& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(std::filesystem::symlink_status(path, error));
}

/// False when the file system cannot do it at all.
bool make_link(const Path& target, const Path& path) {
    base::remove_if_there(path);
    if (::symlink(target.c_str(), path.c_str()) == 0) return true;
    if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS) return false;
    base::throw_errno(errno, "make the link", path);
}

/// A link in its place would send what we write, and what we remove, to where it points.
void make_versions_directory(const Path& versions) {
    if (::mkdir(versions.c_str(), 0700) == 0) {
        if (::chmod(versions.c_str(), 0755) != 0) base::throw_errno(errno, "set the mode of", versions);
        return base::sync_directory(versions.parent_path());
    }
    if (errno != EEXIST) base::throw_errno(errno, "make the directory", versions);
    if (!std::filesystem::is_directory(std::filesystem::symlink_status(versions))) {
        throw Error{Kind::bad_input, versions.string() + " is not a directory",
                    "move it away, or name another directory"};
    }
}

/// A version holds files only; anything else in it is not ours, and keeps the directory.
void remove_version(const Path& version) {
    std::error_code ignored;
    std::vector<Path> inside;
    for (const auto& entry : std::filesystem::directory_iterator(version, ignored)) inside.push_back(entry.path());
    for (const auto& path : inside) ::unlink(path.c_str());
    ::rmdir(version.c_str());
}

/// A version being written; gone again, with the link to it, unless it went live.
class NewVersion {
public:
    explicit NewVersion(const Path& versions) : versions_(versions), name_(version_name()) {}
    NewVersion(const NewVersion&) = delete;
    NewVersion& operator=(const NewVersion&) = delete;
    ~NewVersion() {
        if (live_) return;
        ::unlink((versions_ / "live.new").c_str());
        remove_version(path());
        ::rmdir(versions_.c_str());  // if nothing was there before
    }

    Path path() const { return versions_ / name_; }
    const std::string& name() const { return name_; }
    bool make_next_link() { return make_link(name_, versions_ / "live.new"); }
    void make_directory() { base::make_directories(path(), 0755); }
    void go_live() {
        base::rename_file(versions_ / "live.new", versions_ / "live");
        live_ = true;
    }

private:
    Path versions_;
    std::string name_;
    bool live_ = false;
};

void take_over_file(const Path& from, const Path& to) {
    // A service that owns the directory may exchange the file for a link while we look: one descriptor tells all.
    auto plain = base::read_plain_file(from, k_file_limit);
    if (!plain) return;
    const base::Secret contents(std::move(plain->contents));
    base::WriteOptions options;
    options.mode = plain->facts.mode & 0777;
    if (::geteuid() == 0) {
        options.owner = plain->facts.owner;
        options.group = plain->facts.group;
    }
    base::write_file(to, contents.reveal(), options);
}

/// Before the first switch in a directory of plain files: the same files as a version, live at once.
void take_over_plain_files(const Path& directory, const std::vector<File>& files) {
    const auto versions = directory / ".versions";
    if (!link_target(versions / "live").empty()) return;
    const bool any = std::ranges::any_of(files, [&](const File& file) { return is_plain_file(directory / file.name); });
    if (!any) return;
    NewVersion former(versions);
    former.make_directory();
    for (const auto& file : files) {
        if (is_plain_file(directory / file.name)) take_over_file(directory / file.name, former.path() / file.name);
    }
    former.make_next_link();
    former.go_live();
}

void link_names(const Path& directory, const std::vector<File>& files) {
    bool changed = false;
    for (const auto& file : files) {
        if (link_target(directory / file.name) == through_live(file.name)) continue;
        // Made elsewhere and renamed, so that the name is there all the time.
        const auto link = directory / ".versions" / "link.new";
        make_link(through_live(file.name), link);
        if (::rename(link.c_str(), (directory / file.name).c_str()) != 0) {
            const int error = errno;
            ::unlink(link.c_str());
            base::throw_errno(error, "replace", directory / file.name);
        }
        changed = true;
    }
    if (changed) base::sync_directory(directory);
}

/// Names of formats that were asked for before, and are not now: their links lead nowhere.
void unlink_names(const Path& directory, const std::vector<File>& files) {
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        const auto name = entry.path().filename();
        const bool ours = link_target(entry.path()) == through_live(name);
        const bool wanted = std::ranges::find(files, name.string(), &File::name) != files.end();
        if (ours && !wanted) ::unlink(entry.path().c_str());
    }
}

void remove_old_versions(const Path& versions, const std::string& live, const Path& previous) {
    for (const auto& entry : std::filesystem::directory_iterator(versions)) {
        const auto name = entry.path().filename();
        if (name == live || name == previous || !name.string().starts_with(k_prefix)) continue;
        remove_version(entry.path());
    }
}

}  // namespace

bool switch_version(const Path& directory, const std::vector<File>& files, const FileAccess& access) {
    const auto versions = directory / ".versions";
    make_versions_directory(versions);
    NewVersion next(versions);
    if (!next.make_next_link()) return false;
    next.make_directory();
    for (const auto& file : files) write_bundle_file(next.path() / file.name, file, access);
    take_over_plain_files(directory, files);
    next.make_next_link();
    link_names(directory, files);
    const auto previous = link_target(versions / "live");
    next.go_live();
    // What is left to do is tidying: the new files are in force, whatever happens to it.
    unlink_names(directory, files);
    remove_old_versions(versions, next.name(), previous);
    return true;
}

}  // namespace signet::deliver
