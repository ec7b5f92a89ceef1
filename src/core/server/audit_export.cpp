#include "server/audit_export.h"

#include <fcntl.h>
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

#include "base/error.h"
#include "base/log.h"
#include "store/audit.h"
#include "store/meta.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;
using base::Path;
using namespace std::chrono_literals;

constexpr int k_at_once = 200;
constexpr auto k_look = 1s;  // how soon what is new is copied, and how often a target that is away is tried
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

/// The number behind {"index": of a line; -1 for another line.
std::int64_t index_of(std::string_view line) {
    constexpr std::string_view k_start = "{\"index\":";
    if (!line.starts_with(k_start)) return -1;
    std::int64_t index = 0;
    for (const char c : line.substr(k_start.size())) {
        if (c < '0' || c > '9' || index > INT64_MAX / 20) break;
        index = index * 10 + (c - '0');
    }
    return index;
}

/// What a crash left: cuts off half a line, and says which entry is the last in the file; -1: none is.
std::int64_t mend_end(int fd, const Path& path) {
    constexpr off_t k_tail = 256 << 10;  // longer than any entry
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) base::throw_errno(errno, "look at", path);
    if (!S_ISREG(facts.st_mode)) throw Error{Kind::bad_input, path.string() + " is no regular file"};
    std::string tail(static_cast<std::size_t>(std::min(facts.st_size, k_tail)), '\0');
    const off_t start = facts.st_size - static_cast<off_t>(tail.size());
    const auto got = ::pread(fd, tail.data(), tail.size(), start);
    if (got != static_cast<ssize_t>(tail.size())) base::throw_errno(errno, "read", path);
    const auto end = tail.rfind('\n');
    const auto whole = end == std::string::npos ? 0 : end + 1;
    if (whole != tail.size() && ::ftruncate(fd, start + static_cast<off_t>(whole)) != 0)
        base::throw_errno(errno, "shorten", path);
    if (whole == 0) return -1;
    const auto before = end == 0 ? std::string::npos : tail.rfind('\n', end - 1);
    return index_of(std::string_view(tail).substr(before == std::string::npos ? 0 : before + 1));
}

void append_to_file(const Path& path, const std::vector<store::AuditEntry>& entries) {
    const base::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600));
    if (!fd) base::throw_errno(errno, "open", path);
    const auto last = mend_end(fd.get(), path);
    std::string lines;
    for (const auto& entry : entries)
        if (static_cast<std::int64_t>(entry.index) > last) lines += text_of(entry) + "\n";
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

void send_to_syslog(const std::string& socket_path, const std::vector<store::AuditEntry>& entries) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path.size() >= sizeof address.sun_path) throw Error{Kind::bad_input, socket_path + " is too long"};
    std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size());
    const base::Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the way of the socket interface
    const auto* name = reinterpret_cast<const sockaddr*>(&address);
    if (!fd || ::connect(fd.get(), name, sizeof address) != 0) base::throw_errno(errno, "reach", socket_path);
    for (const auto& entry : entries) {
        const auto message = as_syslog(entry);
        if (::send(fd.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0)
            base::throw_errno(errno, "send to", socket_path);
    }
}

std::string socket_of(const std::string& target) {
    return target.size() > k_syslog.size() ? target.substr(k_syslog.size() + 1) : k_default_socket;
}

void send(const std::string& target, const std::vector<store::AuditEntry>& entries) {
    if (target.starts_with(k_file)) return append_to_file(target.substr(k_file.size()), entries);
    send_to_syslog(socket_of(target), entries);
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
        send(target, entries);
        store_.write([&](store::Transaction& transaction) {
            store::put_meta(transaction, std::string(k_position) + target,
                            base::bytes_of(std::to_string(entries.back().index + 1)));
        });
        if (!complained_.empty()) base::log(base::Level::info, "the audit log is copied again", {{"to", target}});
        complained_.clear();
        return true;
    } catch (const Error& error) {
        if (complained_ != target + error.message())
            base::log(base::Level::error, "the audit log cannot be copied; it will be tried again and again",
                      {{"to", target}, {"reason", error.message()}, {"hint", error.hint()}});
        complained_ = target + error.message();
        return false;
    }
}

}  // namespace signet::server
