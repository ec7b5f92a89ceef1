#include "crypto/weak_keys.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/digest.h"

namespace signet::crypto {
namespace {

constexpr std::size_t k_file_limit = 64 << 20;  // three million keys

}  // namespace

WeakKeyList::WeakKeyList(std::vector<base::Path> files) {
    for (auto& path : files) files_.push_back({std::move(path)});
}

WeakKeyList::Digest WeakKeyList::digest_of(const PublicKey& key) {
    std::string line = "Modulus=" + base::hex_encode(key.parts().first) + "\n";
    std::transform(line.begin() + 8, line.end(), line.begin() + 8,
                   [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; });
    const auto whole = sha1(base::bytes_of(line));
    Digest digest{};
    std::copy(whole.end() - digest.size(), whole.end(), digest.begin());
    return digest;
}

std::vector<WeakKeyList::Digest> WeakKeyList::parse(const base::Path& path, std::string_view text) {
    std::vector<Digest> digests;
    digests.reserve(text.size() / 21);
    int number = 0;
    while (!text.empty()) {
        ++number;
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = base::trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.starts_with('#')) continue;
        const auto bytes = base::hex_decode(line);
        Digest digest{};
        if (!bytes || bytes->size() != digest.size()) {
            throw base::Error{base::Kind::environment,
                              path.string() + ", line " + std::to_string(number) + ": not 20 hex digits",
                              "put a list as of openssl-blacklist there, or move the file away"};
        }
        std::copy(bytes->begin(), bytes->end(), digest.begin());
        digests.push_back(digest);
    }
    std::sort(digests.begin(), digests.end());
    return digests;
}

WeakKeyList::Digests WeakKeyList::as_seen(const File& file, const base::FileLook& look) {
    const std::lock_guard lock(mutex_);
    if (file.seen != look) return nullptr;
    if (file.broken) throw base::Error(*file.broken);
    return file.digests;
}

WeakKeyList::Digests WeakKeyList::contents(File& file) {
    if (auto known = as_seen(file, base::look_at(file.path))) return known;
    const std::lock_guard one(reading_);
    const auto look = base::look_at(file.path);
    if (auto known = as_seen(file, look)) return known;
    Digests digests;
    std::optional<base::Error> broken;
    try {
        digests = std::make_shared<const std::vector<Digest>>(
            parse(file.path, base::read_file_if_there(file.path, k_file_limit).value_or("")));
    } catch (const base::Error& error) {
        broken = error;  // remembered: strangers may ask again and again
    }
    const std::lock_guard lock(mutex_);
    file.seen = look;
    file.digests = std::move(digests);
    file.broken = std::move(broken);
    if (file.broken) throw base::Error(*file.broken);
    return file.digests;
}

bool WeakKeyList::has(const PublicKey& key) {
    const auto wanted = digest_of(key);
    return std::any_of(files_.begin(), files_.end(), [&](File& file) {
        const auto known = contents(file);
        return std::binary_search(known->begin(), known->end(), wanted);
    });
}

}  // namespace signet::crypto
