#include "client/first_run.h"

#include <algorithm>
#include <filesystem>

#include "deliver/deliver.h"

namespace signet::client {

FirstRun::FirstRun(const base::Path& directory)
    : directory_(directory),
      had_directory_(base::file_facts(directory).has_value()),
      had_folder_(base::file_facts(directory / ".signet").has_value()),
      lock_(deliver::lock_directory(directory)) {}

FirstRun::~FirstRun() {
    if (had_folder_) return;
    std::error_code ignored;
    const auto folder = directory_ / ".signet", lock = folder / "lock";
    const std::filesystem::directory_iterator entries(folder, ignored);
    if (std::ranges::any_of(entries, [&](const auto& entry) { return entry.path() != lock; })) return;
    std::filesystem::remove(lock, ignored);
    std::filesystem::remove(folder, ignored);
    if (!had_directory_) std::filesystem::remove(directory_, ignored);  // an empty one only
}

}  // namespace signet::client
