#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file_watch.h"
#include "crypto/key.h"

namespace signet::crypto {

/// RSA keys that are known to everybody, as those that Debian's OpenSSL made from 2006 to 2008 (CVE-2008-0166): only a
/// list of them tells. Its files are those of openssl-blacklist(1), which may be joined: a line for each key, the last
/// 20 of the 40 hex digits of SHA-1 over "Modulus=", the modulus in upper-case hex, and a line feed; empty lines, and
/// those that begin with "#", do not count. A file need not be there. It is read when the first RSA key is looked up,
/// and again when it has changed; ten octets of memory a key. Thread-safe.
class WeakKeyList {
public:
    explicit WeakKeyList(std::vector<base::Path> files);

    /// Throws environment when a file cannot be read or has a line that is none of the above.
    bool has(const PublicKey& key);

private:
    using Digest = std::array<std::uint8_t, 10>;
    using Digests = std::shared_ptr<const std::vector<Digest>>;  // sorted
    struct File {
        base::Path path;
        base::FileLook seen = {};
        Digests digests = {};
        std::optional<base::Error> broken = {};  // why it cannot be used as it was seen
    };
    static Digest digest_of(const PublicKey& key);
    static std::vector<Digest> parse(const base::Path& path, std::string_view text);
    Digests contents(File& file);
    Digests as_seen(const File& file, const base::FileLook& look);

    std::mutex mutex_;    // guards what was read; not held while reading
    std::mutex reading_;  // one thread reads, and the others take what it got: a list may be large
    std::vector<File> files_;
};

/// Why a key that was fit once may not be used any more: the list has it now, if there is one.
std::optional<std::string> listed_weakness(const PublicKey& key, WeakKeyList* list);
/// What weakness(key) says, or that the list has it, if there is one.
std::optional<std::string> weakness(const PublicKey& key, WeakKeyList* list);

}  // namespace signet::crypto
