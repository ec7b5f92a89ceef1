#include "server/audit_export.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <doctest/doctest.h>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "support/temporary_directory.h"
#include "support/temporary_store.h"

using namespace signet;

namespace {

store::AuditEntry entry(std::uint64_t index, const std::string& detail = "first store") {
    store::AuditEntry made{index, {}};
    made.record.at = 1'800'000'000;
    made.record.action = "certificate.issued";
    made.record.detail = detail;
    return made;
}

std::vector<store::AuditEntry> entries(std::uint64_t first, std::uint64_t end, const std::string& detail = "first") {
    std::vector<store::AuditEntry> made;
    for (auto i = first; i < end; ++i) made.push_back(entry(i, detail));
    return made;
}

std::string lines(const std::vector<store::AuditEntry>& of) {
    std::string text;
    for (const auto& one : of) text += store::audit_line(one.index, one.record) + "\n";
    return text;
}

/// A file that the log is copied to.
struct CopyFile {
    test::TemporaryDirectory directory;
    base::Path path = directory / "copy.jsonl";

    void copy(const std::vector<store::AuditEntry>& batch) const {
        CHECK(server::copy_entries("file:" + path.string(), batch) == batch.size());
    }
    std::string text() const { return base::read_file(path, 8 << 20); }
};

/// A socket of syslog, which takes what is sent only when asked to.
class Syslog {
public:
    Syslog() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
        REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    std::string path() const { return directory_ / "log"; }
    std::string target() const { return "syslog:" + path(); }
    std::vector<std::string> take() const {
        std::vector<std::string> taken;
        std::string message(256 << 10, '\0');
        for (;;) {
            const auto got = ::recv(fd_.get(), message.data(), message.size(), 0);
            if (got < 0) return taken;
            taken.push_back(message.substr(0, static_cast<std::size_t>(got)));
        }
    }

private:
    test::TemporaryDirectory directory_;
    base::Fd fd_;
};

}  // namespace

TEST_CASE("audit export: a file gets what a crash left out, and nothing twice") {
    const CopyFile file;
    file.copy(entries(0, 3));
    CHECK(file.text() == lines(entries(0, 3)));
    file.copy(entries(0, 5));  // the position was not noted
    file.copy(entries(3, 5));
    CHECK(file.text() == lines(entries(0, 5)));
    const auto next = lines(entries(5, 6));
    for (const std::size_t written : {1U, 5U, 9U, 30U}) {
        base::write_file(file.path, lines(entries(0, 5)) + next.substr(0, written));
        file.copy(entries(4, 7));
        CHECK(file.text() == lines(entries(0, 7)));
    }
}

TEST_CASE("audit export: a file that a later or another store wrote gets all entries") {
    const CopyFile file;
    file.copy(entries(0, 9));
    file.copy(entries(4, 6, "after the restore"));
    file.copy(entries(0, 2, "another store"));
    CHECK(file.text() ==
          lines(entries(0, 9)) + lines(entries(4, 6, "after the restore")) + lines(entries(0, 2, "another store")));
}

TEST_CASE("audit export: a file keeps what others wrote, and long lines") {
    const CopyFile file;
    base::write_file(file.path, "kept\nby others");
    file.copy(entries(0, 1));
    CHECK(file.text() == "kept\nby others\n" + lines(entries(0, 1)));
    auto wide = entry(1);
    for (int i = 0; i < 1000; ++i) wide.record.names.push_back(std::string(249, 'n') + std::to_string(i));
    const auto before = file.text();
    file.copy({wide});
    file.copy({wide, entry(2)});
    CHECK(file.text() == before + lines({wide, entry(2)}));
    base::write_file(file.path, before + "{\"index\":1," + std::string(3 << 20, 'n'));
    file.copy({wide});
    CHECK(file.text() == before + lines({wide}));
}

TEST_CASE("audit export: syslog that is behind takes each entry once, in several turns") {
    const Syslog syslog;
    const auto all = entries(0, 8, std::string(60'000, 'x'));
    std::vector<std::string> got;
    std::size_t turns = 0;
    for (std::size_t taken = 0; taken < all.size() && turns < 50; ++turns) {
        const auto now =
            server::copy_entries(syslog.target(), {all.begin() + static_cast<std::ptrdiff_t>(taken), all.end()});
        REQUIRE(now > 0);
        taken += now;
        for (auto& message : syslog.take()) got.push_back(std::move(message));
    }
    CHECK(turns > 1);
    REQUIRE(got.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
        CHECK(got[i].find("]: {\"index\":" + std::to_string(i) + ",") != std::string::npos);
}

TEST_CASE("audit export: waits for syslog to make room") {
    const Syslog syslog;
    std::vector<std::string> got;
    std::jthread reader([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            for (auto& message : syslog.take()) got.push_back(std::move(message));
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    });
    const auto all = entries(0, 20, std::string(60'000, 'x'));
    std::size_t taken = 0;
    while (taken < all.size())
        taken += server::copy_entries(syslog.target(), {all.begin() + static_cast<std::ptrdiff_t>(taken), all.end()});
    reader.request_stop();
    reader.join();
    for (auto& message : syslog.take()) got.push_back(std::move(message));
    CHECK(got.size() == all.size());
}

TEST_CASE("audit export: a message that is too long for syslog is shortened, between characters") {
    const Syslog syslog;
    for (const auto* shift : {"", "x"}) {
        std::string long_text = shift;
        for (int i = 0; i < 100'000; ++i) long_text += "\xC3\xA9";
        CHECK(server::copy_entries(syslog.target(), {entry(7, long_text)}) == 1);
        const auto got = syslog.take();
        REQUIRE(got.size() == 1);
        CHECK(got[0].size() <= 65536);
        CHECK(got[0].size() > 65000);
        CHECK(got[0].ends_with("\xC3\xA9..."));
    }
}

TEST_CASE("audit export: no syslog, no file") {
    const test::TemporaryDirectory directory;
    CHECK_THROWS_AS(server::copy_entries("syslog:" + (directory / "none").string(), entries(0, 1)), base::Error);
    CHECK_THROWS_AS(server::copy_entries("file:" + (directory.path() / "no" / "file").string(), entries(0, 1)),
                    base::Error);
    CHECK_THROWS_AS(server::copy_entries("file:" + directory.path().string(), entries(0, 1)), base::Error);
}

TEST_CASE("audit export: the thread copies all, and goes on where it was") {
    test::TemporaryStore store;
    const CopyFile file;
    const auto append = [&](std::uint64_t first, std::uint64_t end) {
        store->write([&](store::Transaction& t) {
            for (const auto& one : entries(first, end)) store::append_audit(t, one.record);
        });
    };
    const auto copied = [&](std::uint64_t end) {
        server::AuditExport exporter(*store);
        exporter.configure("file:" + file.path.string());
        for (int i = 0; i < 3000; ++i) {
            if (base::read_file_if_there(file.path, 8 << 20) == lines(entries(0, end))) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return false;
    };
    append(0, 450);
    CHECK(copied(450));
    append(450, 460);
    CHECK(copied(460));
}
