#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/encoding.h"
#include "base/error.h"
#include "store/tar.h"

namespace signet::store {

namespace {

constexpr std::size_t k_block = 512;
constexpr std::size_t k_name_field = 100, k_link_field = 100;
constexpr std::uint64_t k_largest_octal = 077777777777;  // 8 GiB less one byte
constexpr std::size_t k_piece = 1 << 20;

void put_octal(std::string& header, std::size_t at, std::size_t width, std::uint64_t value) {
    for (std::size_t i = width - 1; i-- > 0; value >>= 3) header[at + i] = static_cast<char>('0' + (value & 7));
}

void put_text(std::string& header, std::size_t at, std::size_t width, std::string_view text) {
    std::copy_n(text.begin(), std::min(width, text.size()), header.begin() + static_cast<std::ptrdiff_t>(at));
}

/// "LENGTH KEY=VALUE\n", its own length counted in.
std::string record(std::string_view key, std::string_view value) {
    const std::size_t rest = key.size() + value.size() + 3;
    std::size_t length = rest + 1;
    while (std::to_string(length).size() + rest != length) length = std::to_string(length).size() + rest;
    return std::to_string(length) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

}  // namespace

TarWriter::TarWriter(const base::Path& file)
    : file_(file), fd_(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (!fd_) base::throw_errno(errno, "create", file);
}

void TarWriter::write(std::string_view bytes) {
    if (!digested_) digest_.add(base::bytes_of(bytes));
    size_ += bytes.size();
    while (!bytes.empty()) {
        const auto written = ::write(fd_.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) base::throw_errno(errno, "write", file_);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void TarWriter::pad(std::uint64_t size) { write(std::string((k_block - size % k_block) % k_block, '\0')); }

// POSIX.1-2017, pax: "ustar Interchange Format".
void TarWriter::block(const TarMember& member, char type, std::string_view path) {
    std::string header(k_block, '\0');
    put_text(header, 0, k_name_field, path);
    put_octal(header, 100, 8, member.mode & 0777U);
    put_octal(header, 108, 8, 0);  // owner and group: whoever unpacks it
    put_octal(header, 116, 8, 0);
    put_octal(header, 124, 12, std::min(member.size, k_largest_octal));
    put_octal(header, 136, 12, static_cast<std::uint64_t>(std::max<std::int64_t>(member.modified, 0)));
    header[156] = type;
    put_text(header, 157, k_link_field, member.target);
    put_text(header, 257, 8, std::string_view("ustar\00000", 8));
    put_text(header, 148, 8, "        ");
    std::uint64_t sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    put_octal(header, 148, 7, sum);
    header[154] = '\0';
    write(header);
}

void TarWriter::header(const TarMember& member) {
    std::string records;
    if (member.path.size() > k_name_field) records += record("path", member.path);
    if (member.target.size() > k_link_field) records += record("linkpath", member.target);
    if (member.size > k_largest_octal) records += record("size", std::to_string(member.size));
    if (!records.empty()) {
        block({.path = {}, .mode = 0600, .size = records.size()}, 'x', "pax");
        write(records);
        pad(records.size());
    }
    const char type = member.type == TarMember::Type::file        ? '0'
                      : member.type == TarMember::Type::directory ? '5'
                                                                  : '2';
    block(member, type, member.path);
}

void TarWriter::add(const TarMember& member, std::string_view contents) {
    auto sized = member;
    sized.size = contents.size();
    header(sized);
    write(contents);
    pad(contents.size());
}

void TarWriter::add_file(const TarMember& member, const base::Path& source) {
    const base::Fd from(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
    if (!from) base::throw_errno(errno, "read", source);
    header(member);
    std::vector<char> piece(k_piece);
    for (std::uint64_t left = member.size; left > 0;) {
        const auto got = ::read(from.get(), piece.data(), std::min<std::uint64_t>(left, piece.size()));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) base::throw_errno(errno, "read", source);
        if (got == 0) throw base::Error{base::Kind::disk, source.string() + " became shorter while it was read"};
        write({piece.data(), static_cast<std::size_t>(got)});
        left -= static_cast<std::uint64_t>(got);
    }
    pad(member.size);
}

std::string TarWriter::finish() {
    const std::string digest = base::hex_encode(digest_.finish());
    digested_ = true;
    add({.path = std::string(k_digest_member)}, digest + "\n");
    write(std::string(2 * k_block, '\0'));
    if (::fsync(fd_.get()) != 0) base::throw_errno(errno, "sync", file_);
    return digest;
}

}  // namespace signet::store
