#include "store/staging.h"

#include <filesystem>

#include "base/error.h"

namespace signet::store {

namespace {

constexpr std::string_view k_lock_name = "lock";

base::Path beside(const base::Path& target, std::string_view purpose) {
    auto path = std::filesystem::absolute(target).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    return path.parent_path() / ("." + path.filename().string() + "." + std::string(purpose));
}

}  // namespace

Staging::Staging(const base::Path& target, std::string_view purpose) : directory_(beside(target, purpose)) {
    const auto parent = base::file_facts(directory_.parent_path());
    if (!parent || !parent->directory)
        throw base::Error{base::Kind::not_found, "there is no directory " + directory_.parent_path().string(),
                          "make it first, or name another place"};
    // Who waited for the lock may have got one that went away with the run before.
    do {
        base::make_directories(directory_, 0700);
        lock_ = base::FileLock::acquire(directory_ / k_lock_name);
    } while (!base::file_facts(directory_ / k_lock_name));
    for (const auto& entry : std::filesystem::directory_iterator(directory_))
        if (entry.path().filename() != k_lock_name) std::filesystem::remove_all(entry.path());
}

Staging::~Staging() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

}  // namespace signet::store
