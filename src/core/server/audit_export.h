#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "store/audit.h"
#include "store/store.h"

namespace signet::server {

/// Copies the audit log, a line of JSON an entry, to where [audit] export says, from a thread of its own: a target that
/// is slow or away holds up nothing but the copy, which goes on where it was when it is back, also after a restart.
/// A file gets the log from its beginning, each entry once; syslog from when it is first named, each at least once.
class AuditExport {
public:
    explicit AuditExport(store::Store& store);
    AuditExport(const AuditExport&) = delete;
    AuditExport& operator=(const AuditExport&) = delete;
    ~AuditExport();
    /// "file:PATH", "syslog", "syslog:SOCKET", or empty for none. Thread-safe.
    void configure(const std::string& target);

private:
    void run(const std::stop_token& stop);
    /// Sends some of what is new; true when there is more that the target may take at once.
    bool send_some(const std::string& target);
    void complain(const std::string& target, const std::string& reason, const std::string& hint);
    std::int64_t position(const std::string& target);

    store::Store& store_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::string target_;
    std::string complained_;  // of what the log knows already
    std::jthread thread_;     // last: it uses all of the above
};

/// Copies these entries, which follow each other, and returns how many of them, from the first: those that count as
/// copied. A file takes all, and gets none twice that a crash let in before this was noted: those up to its last line,
/// if that is one of these. Syslog may take fewer when it is behind for a second; a message above 64 KiB ends in "...".
/// Throws base::Error when none was taken.
std::size_t copy_entries(const std::string& target, const std::vector<store::AuditEntry>& entries);

/// Throws bad_input when the text is no target.
void check_export_target(const std::string& target);

}  // namespace signet::server
