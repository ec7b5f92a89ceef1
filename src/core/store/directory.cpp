#include "store/directory.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "base/error.h"

namespace signet::store {

using base::Error;
using base::Kind;

namespace {

constexpr std::uint32_t k_private = 0700;

std::string user_name(uid_t uid) {
    std::array<char, 4096> buffer;
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
        return "#" + std::to_string(uid);
    return found->pw_name;
}

std::string octal(std::uint32_t mode) {
    std::array<char, 16> text;
    std::snprintf(text.data(), text.size(), "%04o", mode);
    return text.data();
}

void check_facts(const base::FileFacts& facts, const std::string& name) {
    if (!facts.directory)
        throw Error{Kind::bad_input, name + " is not a directory", "name the store's directory with --store"};
    if (facts.owner != ::geteuid()) {
        const auto owner = user_name(facts.owner);
        throw Error{Kind::permission,
                    "the store " + name + " belongs to the user " + owner + ", not to " + user_name(::geteuid()),
                    "run signet as that user: sudo -u '" + owner + "' signet ..."};
    }
    if ((facts.mode & 077) != 0) {
        throw Error{Kind::permission,
                    "the store " + name + " is open to other users (mode " + octal(facts.mode & 07777) + ")",
                    "chmod 0700 " + name};
    }
}

}  // namespace

void check_directory(const Layout& layout) {
    const auto facts = base::file_facts(layout.root());
    if (!facts)
        throw Error{Kind::not_found, "there is no store at " + layout.root().string(), "make one with: signet ca init"};
    check_facts(*facts, layout.root().string());
}

void make_directory(const Layout& layout) {
    base::make_directories(layout.root(), k_private);
    const auto facts = base::file_facts(layout.root());
    const bool ours = facts && facts->directory && facts->owner == ::geteuid();
    // An empty directory can hide nothing: what `mkdir` or a volume made is narrowed. Else its owner must say so.
    if (ours && (facts->mode & 077) != 0 && std::filesystem::is_empty(layout.root())) {
        if (::chmod(layout.root().c_str(), k_private) != 0) base::throw_errno(errno, "set the mode of", layout.root());
    }
    check_directory(layout);
    base::make_directories(layout.lock("x").parent_path(), k_private);
}

}  // namespace signet::store
