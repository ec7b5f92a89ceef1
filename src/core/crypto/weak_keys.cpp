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

std::vector<WeakKeyList::Digest> WeakKeyList::read(const base::Path& path) {
    const auto text = base::read_file_if_there(path, k_file_limit);
    std::vector<Digest> digests;
    if (!text) return digests;
    digests.reserve(text->size() / 21);
    int number = 0;
    for (const auto raw : base::split(*text, '\n')) {
        ++number;
        const auto line = base::trim(raw);
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

WeakKeyList::Digests WeakKeyList::contents(File& file) {
    const auto look = base::look_at(file.path);
    {
        const std::lock_guard lock(mutex_);
        if (file.digests && file.seen == look) return file.digests;
    }
    auto digests = std::make_shared<const std::vector<Digest>>(read(file.path));
    const std::lock_guard lock(mutex_);
    file.seen = look;
    file.digests = std::move(digests);
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
