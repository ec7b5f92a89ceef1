#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/file.h"
#include "crypto/digest.h"

namespace signet::store {

// The archive of a backup: POSIX tar (pax interchange format), which any tar lists and unpacks. The last member,
// SHA256, holds the SHA-256 of every byte before its own header, in hex: an archive that was cut off or damaged is
// never taken for a whole one.

inline constexpr std::string_view k_digest_member = "SHA256";

struct TarMember {
    enum class Type { file, directory, link };
    std::string path;
    Type type = Type::file;
    std::uint32_t mode = 0600;
    std::uint64_t size = 0;
    std::int64_t modified = 0;  // seconds since the epoch
    std::string target{};       // of a link
};

class TarWriter {
public:
    /// Makes the file, 0600, which must not be there.
    explicit TarWriter(const base::Path& file);
    void add(const TarMember& member, std::string_view contents = {});
    /// As many bytes as `member.size` says, from this file. Throws disk when it has less.
    void add_file(const TarMember& member, const base::Path& source);
    /// Closes the archive with its digest, in hex, which it returns; synced.
    std::string finish();
    std::uint64_t size() const { return size_; }

private:
    void header(const TarMember& member);
    void block(const TarMember& member, char type, std::string_view path);
    void pad(std::uint64_t size);
    void write(std::string_view bytes);

    base::Path file_;
    base::Fd fd_;
    crypto::Sha256 digest_;
    bool digested_ = false;
    std::uint64_t size_ = 0;
};

/// Reads what TarWriter wrote, and refuses (bad_input) whatever else a tar may hold: other types, owners of paths that
/// lead out, sizes beyond the file. Paths come as they stand: the caller judges them.
class TarReader {
public:
    explicit TarReader(const base::Path& file);
    /// nullopt after the last member, when the digest has been found right. What was not read of a member is skipped.
    std::optional<TarMember> next();
    /// The contents of a small member.
    std::string contents(std::size_t limit);
    /// The contents into a file, which must not be there; synced.
    void save(const base::Path& path, std::uint32_t mode);
    /// In hex, after the end.
    const std::string& digest() const { return found_digest_; }

private:
    [[noreturn]] void refuse(const std::string& why) const;
    void read(char* to, std::size_t size);
    std::string read_block();
    void skip_rest();
    TarMember parse(const std::string& block, char& type);
    void extend(const std::string& records, TarMember& member) const;
    void check_end();

    base::Path file_;
    base::Fd fd_;
    crypto::Sha256 digest_;
    std::uint64_t left_ = 0, padding_ = 0;   // of the member at hand
    std::uint64_t size_ = 0, position_ = 0;  // of the file
    bool digesting_ = true;
    std::string found_digest_;
};

}  // namespace signet::store
