#include <algorithm>

#include "deliver/versions.h"

namespace signet::deliver {

namespace {

/// Keys, then the rest, then tls.crt: whoever waits for the certificate finds the key that fits it.
int turn(const File& file) {
    if (file.secret) return 0;
    return file.name == "tls.crt" ? 2 : 1;
}

}  // namespace

void write_bundle_file(const base::Path& path, const File& file, const FileAccess& access) {
    base::WriteOptions options;
    options.mode = file.secret ? 0600 : 0644;
    if (file.name.starts_with("tls.")) {
        if (file.secret && access.key_mode) options.mode = *access.key_mode;
        options.owner = access.owner;
        options.group = access.group;
    }
    base::write_file(path, file.contents.reveal(), options);
}

void write_plain_files(const base::Path& directory, const std::vector<File>& files, const FileAccess& access) {
    std::vector<const File*> order;
    for (const auto& file : files) order.push_back(&file);
    std::ranges::stable_sort(order, {}, [](const File* file) { return turn(*file); });
    for (const auto* file : order) write_bundle_file(directory / file->name, *file, access);
}

}  // namespace signet::deliver
