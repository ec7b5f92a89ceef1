#include "server/audit_export.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>

#include "base/error.h"
#include "base/log.h"
#include "store/meta.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;
using base::Path;
using namespace std::chrono_literals;

constexpr int k_at_once = 200;
constexpr auto k_look = 1s;           // how soon what is new is copied, and how often a target that is away is tried
constexpr auto k_wait_for_room = 1s;  // how long a batch waits in all for a syslog that is behind
constexpr std::string_view k_file = "file:", k_syslog = "syslog";
constexpr std::string_view k_position = "audit.exported:";
constexpr const char* k_default_socket = "/dev/log";

std::string text_of(const store::AuditEntry& entry) { return store::audit_line(entry.index, entry.record); }

void write_all(int fd, std::string_view text, const Path& path) {
    while (!text.empty()) {
        const auto written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) base::throw_errno(errno, "write", path);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string read_part(int fd, off_t start, off_t end, const Path& path) {
    std::string text(static_cast<std::size_t>(end - start), '\0');
    const auto got = ::pread(fd, text.data(), text.size(), start);
    if (got < 0) base::throw_errno(errno, "read", path);
    if (static_cast<std::size_t>(got) != text.size()) throw Error{Kind::disk, path.string() + " became shorter"};
    return text;
}

/// Where the line begins that the byte before `end` is in.
off_t start_of_line(int fd, off_t end, const Path& path) {
    constexpr off_t k_piece = 64 << 10;
    for (; end > 0; end = std::max<off_t>(end - k_piece, 0)) {
        const auto start = std::max<off_t>(end - k_piece, 0);
        const auto at = read_part(fd, start, end, path).rfind('\n');
        if (at != std::string::npos) return start + static_cast<off_t>(at) + 1;
    }
    return 0;
}

/// Whether this is how an entry begins.
bool is_begun_entry(std::string_view line) {
    constexpr std::string_view k_start = "{\"index\":";
    return line.substr(0, k_start.size()) == k_start.substr(0, line.size());
}

/// Sees to it that the file ends with a whole line. Half an entry, which a crash left, is cut off: it is written again.
/// What else stands there is not ours, and becomes a line. Returns the file's size.
off_t mend_end(int fd, const Path& path) {
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) base::throw_errno(errno, "look at", path);
    if (!S_ISREG(facts.st_mode)) throw Error{Kind::bad_input, path.string() + " is no regular file"};
    const auto start = start_of_line(fd, facts.st_size, path);
    if (start == facts.st_size) return start;
    if (is_begun_entry(read_part(fd, start, std::min<off_t>(facts.st_size, start + 16), path))) {
        if (::ftruncate(fd, start) != 0) base::throw_errno(errno, "shorten", path);
        return start;
    }
    write_all(fd, "\n", path);
    return facts.st_size + 1;
}

/// The last line of a file of this size; empty when it is too long to be an entry.
std::string last_line(int fd, off_t size, const Path& path) {
    constexpr off_t k_longest = 1 << 20;  // 1000 names of the greatest length are a quarter of it
    if (size == 0) return {};
    const auto start = start_of_line(fd, size - 1, path);
    return size - 1 - start > k_longest ? std::string() : read_part(fd, start, size - 1, path);
}

/// A batch may have been written, or begun, before a crash that came before the position was noted: then the last line
/// is one of its entries. Another last line says nothing: it may be of a store that was here before, or of the time
/// after the backup that was restored.
void append_to_file(const Path& path, const std::vector<store::AuditEntry>& entries) {
    const base::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600));
    if (!fd) base::throw_errno(errno, "open", path);
    const auto last = last_line(fd.get(), mend_end(fd.get(), path), path);
    std::string lines;
    for (const auto& entry : entries) {
        const auto line = text_of(entry);
        if (line == last)
            lines.clear();
        else
            lines += line + "\n";
    }
    write_all(fd.get(), lines, path);
    if (::fdatasync(fd.get()) != 0) base::throw_errno(errno, "sync", path);
}

/// RFC 3164, as the C library writes it to the local socket: authpriv.notice.
std::string as_syslog(const store::AuditEntry& entry) {
    std::array<char, 32> when{};
    const auto at = static_cast<std::time_t>(entry.record.at);
    std::tm local{};
    std::strftime(when.data(), when.size(), "%h %e %T", ::localtime_r(&at, &local));
    return "<85>" + std::string(when.data()) + " signet-audit[" + std::to_string(::getpid()) + "]: " + text_of(entry);
}

/// Not within a character.
std::string shortened(const std::string& text, std::size_t limit) {
    constexpr std::string_view k_cut = "...";
    if (text.size() <= limit) return text;
    auto size = limit - k_cut.size();
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80) --size;
    return text.substr(0, size).append(k_cut);
}

/// How a message went: 0, or the error. One that the socket finds too long goes shortened.
int send_message(int fd, const std::string& message) {
    constexpr std::size_t k_longest = 64 << 10, k_shortest = 1 << 10;
    for (auto limit = k_longest;; limit /= 2) {
        const auto text = shortened(message, limit);
        if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) >= 0) return 0;
        if (errno != EMSGSIZE || limit <= k_shortest) return errno;
    }
}

/// After this error of send(). False when there was none until then.
bool wait_for_room(int fd, int error, std::chrono::steady_clock::time_point until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left <= 0ms) return false;
    // ENOBUFS: the kernel has no memory; what poll(2) waits for is there already
    if (error == ENOBUFS) {
        std::this_thread::sleep_for(std::min(left, std::chrono::milliseconds(10)));
        return true;
    }
    pollfd entry{fd, POLLOUT, 0};
    return ::poll(&entry, 1, static_cast<int>(left.count())) > 0;
}

base::Fd connect_to_syslog(const std::string& socket_path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path.size() >= sizeof address.sun_path) throw Error{Kind::bad_input, socket_path + " is too long"};
    std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size());
    base::Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the way of the socket interface
    const auto* name = reinterpret_cast<const sockaddr*>(&address);
    if (!fd || ::connect(fd.get(), name, sizeof address) != 0) base::throw_errno(errno, "reach", socket_path);
    return fd;
}

/// The queue of the other side is short (net.unix.max_dgram_qlen, often 10), so that to wait for room is the rule.
std::size_t send_to_syslog(const std::string& socket_path, const std::vector<store::AuditEntry>& entries) {
    const auto fd = connect_to_syslog(socket_path);
    const auto until = std::chrono::steady_clock::now() + k_wait_for_room;
    std::size_t sent = 0;
    while (sent < entries.size()) {
        const int error = send_message(fd.get(), as_syslog(entries[sent]));
        if (error == 0) {
            ++sent;
        } else if (error != EINTR) {
            const bool is_full = error == EAGAIN || error == ENOBUFS;
            if (is_full && wait_for_room(fd.get(), error, until)) continue;
            if (sent == 0) base::throw_errno(error, "send to", socket_path);
            break;
        }
    }
    return sent;
}

std::string socket_of(const std::string& target) {
    return target.size() > k_syslog.size() ? target.substr(k_syslog.size() + 1) : k_default_socket;
}

}  // namespace

void check_export_target(const std::string& target) {
    const auto absolute = [](std::string_view path) { return path.starts_with('/') && path.size() > 1; };
    const std::string_view text = target;
    if (text.empty() || text == k_syslog) return;
    if (text.starts_with(k_file) && absolute(text.substr(k_file.size()))) return;
    if (text.starts_with("syslog:") && absolute(text.substr(k_syslog.size() + 1))) return;
    throw Error{Kind::bad_input, "\"" + target + "\" is no place for the audit log",
                "write \"file:/PATH\", \"syslog\" or \"syslog:/SOCKET\""};
}

std::size_t copy_entries(const std::string& target, const std::vector<store::AuditEntry>& entries) {
    if (!target.starts_with(k_file)) return send_to_syslog(socket_of(target), entries);
    append_to_file(target.substr(k_file.size()), entries);
    return entries.size();
}

AuditExport::AuditExport(store::Store& store)
    : store_(store), thread_([this](const std::stop_token& stop) { run(stop); }) {}

AuditExport::~AuditExport() = default;

void AuditExport::configure(const std::string& target) {
    {
        const std::lock_guard lock(mutex_);
        target_ = target;
    }
    changed_.notify_all();
}

void AuditExport::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::string target;
        {
            std::unique_lock lock(mutex_);
            target = target_;
        }
        if (!target.empty() && send_some(target)) continue;
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, k_look, [&] { return target_ != target; });
    }
}

/// The next entry that this target is to get.
std::int64_t AuditExport::position(const std::string& target) {
    const auto name = std::string(k_position) + target;
    const auto noted =
        store_.query([&](store::Transaction& transaction) { return store::get_meta(transaction, name); });
    if (noted) return std::strtoll(base::to_text(*noted).c_str(), nullptr, 10);
    if (target.starts_with(k_file)) return 0;
    std::int64_t end = 0;
    store_.write([&](store::Transaction& transaction) {
        auto row = transaction.query("SELECT coalesce(max(id), 0) FROM audit");
        end = row->step() ? row->integer(0) : 0;
        store::put_meta(transaction, name, base::bytes_of(std::to_string(end)));
    });
    return end;
}

bool AuditExport::send_some(const std::string& target) {
    try {
        store::AuditLog log({}, static_cast<std::uint64_t>(position(target)));
        const auto entries =
            store_.query([&](store::Transaction& transaction) { return log.next(transaction, k_at_once); });
        if (entries.empty()) return false;
        const auto taken = copy_entries(target, entries);
        const auto next = entries[taken - 1].index + 1;
        store_.write([&](store::Transaction& transaction) {
            store::put_meta(transaction, std::string(k_position) + target, base::bytes_of(std::to_string(next)));
        });
        if (!complained_.empty()) base::log(base::Level::info, "the audit log is copied again", {{"to", target}});
        complained_.clear();
        return taken < entries.size() || entries.size() == k_at_once;
    } catch (const Error& error) {
        complain(target, error.message(), error.hint());
    } catch (const std::exception& error) {  // what leaves a thread ends the server
        complain(target, error.what(), {});
    }
    return false;
}

void AuditExport::complain(const std::string& target, const std::string& reason, const std::string& hint) {
    if (complained_ != target + reason)
        base::log(base::Level::error, "the audit log cannot be copied; it will be tried again and again",
                  {{"to", target}, {"reason", reason}, {"hint", hint}});
    complained_ = target + reason;
}

}  // namespace signet::server
