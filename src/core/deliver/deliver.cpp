#include "deliver/deliver.h"

#include <algorithm>

#include "base/error.h"
#include "deliver/versions.h"

namespace signet::deliver {

using base::Path;

namespace {

/// tls.crt, tls.key and ca.crt come first and always; each format once.
std::vector<File> files_of(const Bundle& bundle, const std::vector<std::string>& formats,
                           const FormatOptions& options) {
    auto files = find_format("pem").write(bundle, options);
    for (auto it = formats.begin(); it != formats.end(); ++it) {
        if (*it == "pem" || std::find(formats.begin(), it, *it) != it) continue;
        for (auto& file : find_format(*it).write(bundle, options)) files.push_back(std::move(file));
    }
    return files;
}

/// With a request from elsewhere the key is elsewhere too, unless the request was made with the very key that stands
/// there: then it stays.
void keep_fitting_key(std::vector<File>& files, const Path& directory, const Bundle& bundle) {
    if (!bundle.key_pem.empty()) return;
    auto key = fitting_key(directory, bundle.leaf);
    if (key) files.insert(files.begin() + 1, {"tls.key", std::move(*key), true});
}

}  // namespace

std::vector<Path> deliver(const Path& directory, const Bundle& bundle, const std::vector<std::string>& formats,
                          const FileAccess& access, const FormatOptions& options) {
    auto files = files_of(bundle, formats, options);
    const auto where = std::filesystem::absolute(directory).lexically_normal();
    keep_fitting_key(files, where, bundle);
    base::make_directories(where, 0755);
    if (!switch_version(where, files, access)) write_plain_files(where, files, access);
    std::vector<Path> paths;
    for (const auto& file : files) paths.push_back(where / file.name);
    return paths;
}

}  // namespace signet::deliver
