#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/error.h"
#include "store/tar.h"

namespace signet::store {

namespace {

constexpr std::size_t k_tar_block = 512;
constexpr std::uint64_t k_extension_limit = 16 << 10;  // a path of 4 KiB, a target likewise
constexpr std::size_t k_copied_at_once = 1 << 20;

std::string_view field(const std::string& block, std::size_t at, std::size_t width) {
    const std::string_view text(block.data() + at, width);
    return text.substr(0, text.find('\0'));
}

std::optional<std::uint64_t> number(std::string_view text, int base) {
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

bool sum_is_right(const std::string& block) {
    constexpr std::size_t k_sum_at = 148, k_sum_width = 8;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < block.size(); ++i)
        sum += static_cast<unsigned char>(i >= k_sum_at && i < k_sum_at + k_sum_width ? ' ' : block[i]);
    return number(field(block, k_sum_at, k_sum_width), 8) == sum;
}

bool is_zero(const std::string& block) {
    return std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; });
}

}  // namespace

TarReader::TarReader(const base::Path& file) : file_(file), fd_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (!fd_) base::throw_errno(errno, "read", file);
    struct stat facts {};
    if (::fstat(fd_.get(), &facts) != 0) base::throw_errno(errno, "look at", file);
    if (!S_ISREG(facts.st_mode)) refuse("it is not a regular file");
    size_ = static_cast<std::uint64_t>(facts.st_size);
}

void TarReader::refuse(const std::string& why) const {
    throw base::Error{base::Kind::bad_input, file_.string() + " is no whole backup: " + why,
                      "take a file that 'signet backup' wrote, as it wrote it"};
}

void TarReader::read(char* to, std::size_t size) {
    for (std::size_t done = 0; done < size;) {
        const auto got = ::read(fd_.get(), to + done, size - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) base::throw_errno(errno, "read", file_);
        if (got == 0) refuse("it ends too early");
        done += static_cast<std::size_t>(got);
    }
    position_ += size;
    if (digesting_) digest_.add(base::bytes_of({to, size}));
}

std::string TarReader::read_block() {
    std::string block(k_tar_block, '\0');
    const bool digesting = std::exchange(digesting_, false);
    read(block.data(), block.size());
    digesting_ = digesting && field(block, 0, 100) != k_digest_member;
    if (digesting_) digest_.add(base::bytes_of(block));
    return block;
}

void TarReader::skip_rest() {
    std::vector<char> piece(std::min<std::uint64_t>(left_ + padding_, k_copied_at_once));
    for (left_ += std::exchange(padding_, 0); left_ > 0;) {
        const auto size = std::min<std::uint64_t>(left_, piece.size());
        read(piece.data(), size);
        left_ -= size;
    }
}

TarMember TarReader::parse(const std::string& block, char& type) {
    const auto size = number(field(block, 124, 12), 8), mode = number(field(block, 100, 8), 8),
               modified = number(field(block, 136, 12), 8);
    if (block.substr(257, 8) != std::string_view("ustar\00000", 8) || !sum_is_right(block) || !size || !mode ||
        !modified || !field(block, 345, 155).empty())
        refuse("at byte " + std::to_string(position_ - k_tar_block) + " is no header of a member");
    type = block[156];
    TarMember member{.path = std::string(field(block, 0, 100)),
                     .type = TarMember::Type::file,
                     .mode = static_cast<std::uint32_t>(*mode & 0777U),
                     .size = *size,
                     .modified = static_cast<std::int64_t>(*modified),
                     .target = std::string(field(block, 157, 100))};
    if (type == '5') member.type = TarMember::Type::directory;
    if (type == '2') member.type = TarMember::Type::link;
    if (type != '0' && type != '2' && type != '5' && type != 'x') refuse("it holds a member that is no file of ours");
    if (type != '0' && type != 'x' && member.size != 0) refuse("a member without contents has some");
    return member;
}

void TarReader::extend(const std::string& records, TarMember& member) const {
    for (std::string_view rest = records; !rest.empty();) {
        const auto space = rest.find(' '), equals = rest.find('=');
        const auto length = number(rest.substr(0, std::min(space, rest.size())), 10);
        if (!length || equals == std::string_view::npos || *length > rest.size() || equals >= *length ||
            rest[*length - 1] != '\n')
            refuse("an extended header makes no sense");
        const auto key = rest.substr(space + 1, equals - space - 1);
        const auto value = rest.substr(equals + 1, *length - equals - 2);
        if (key == "path")
            member.path = value;
        else if (key == "linkpath")
            member.target = value;
        else if (const auto size = number(value, 10); key == "size" && size)
            member.size = *size;
        else
            refuse("an extended header says what is not known");
        rest.remove_prefix(*length);
    }
}

std::optional<TarMember> TarReader::next() {
    skip_rest();
    char type = 0;
    auto block = read_block();
    std::optional<std::string> records;
    if (!is_zero(block)) {
        TarMember member = parse(block, type);
        if (type == 'x') {
            if (member.size > k_extension_limit) refuse("an extended header is too long");
            records.emplace(member.size, '\0');
            read(records->data(), records->size());
            std::string padding((k_tar_block - member.size % k_tar_block) % k_tar_block, '\0');
            read(padding.data(), padding.size());
            block = read_block();
            member = parse(block, type);
            if (type == 'x') refuse("an extended header follows another");
            extend(*records, member);
        }
        // Other programs write a directory's name with a slash at its end.
        if (member.type == TarMember::Type::directory && member.path.ends_with('/')) member.path.pop_back();
        if (member.size > size_ - position_) refuse("a member is longer than the file");
        left_ = member.size;
        padding_ = (k_tar_block - member.size % k_tar_block) % k_tar_block;
        if (member.path != k_digest_member) return member;
        check_end();
        return std::nullopt;
    }
    refuse("it ends without its digest");
}

void TarReader::check_end() {
    if (digesting_) refuse("its digest stands under another name");
    const std::string given = contents(100);
    found_digest_ = base::hex_encode(digest_.finish());
    if (given != found_digest_ + "\n") refuse("its digest is another one: it was damaged");
    skip_rest();
    for (int i = 0; i < 2; ++i)
        if (!is_zero(read_block())) refuse("something follows its end");
    if (position_ != size_) refuse("something follows its end");
}

std::string TarReader::contents(std::size_t limit) {
    if (left_ > limit) refuse("a small member is large");
    std::string text(left_, '\0');
    read(text.data(), text.size());
    left_ = 0;
    return text;
}

void TarReader::save(const base::Path& path, std::uint32_t mode) {
    const base::Fd to(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!to) base::throw_errno(errno, "create", path);
    std::vector<char> piece(std::min<std::uint64_t>(left_, k_copied_at_once));
    while (left_ > 0) {
        const auto size = std::min<std::uint64_t>(left_, piece.size());
        read(piece.data(), size);
        left_ -= size;
        for (std::size_t done = 0; done < size;) {
            const auto written = ::write(to.get(), piece.data() + done, size - done);
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) base::throw_errno(errno, "write", path);
            done += static_cast<std::size_t>(written);
        }
    }
    if (::fchmod(to.get(), mode) != 0) base::throw_errno(errno, "set the mode of", path);
    if (::fsync(to.get()) != 0) base::throw_errno(errno, "sync", path);
}

}  // namespace signet::store
