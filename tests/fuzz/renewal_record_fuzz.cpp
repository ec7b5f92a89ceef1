// DIR/.signet/renewal.toml, which a renewal by root obeys. First octet odd: a text that our writer of TOML must write
// so that it reads the same. Even: the file, which is read, written and read again.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/toml.h"
#include "client/renewal_record.h"
#include "client/toml_text.h"
#include "fuzz/fuzz.h"
#include "x509/punycode.h"

namespace signet::fuzz {
namespace {

/// In memory: a record is written with fsync.
const base::Path& directory() {
    static const base::Path path = [] {
        char name[] = "/dev/shm/signet-fuzz-XXXXXX";
        if (::mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
        static const base::Path made = name;
        ::mkdir((made / ".signet").c_str(), 0700);
        std::atexit([] { std::filesystem::remove_all(made); });
        return made;
    }();
    return path;
}

base::Path record_path() { return directory() / ".signet" / "renewal.toml"; }

void write(base::ByteView contents) {
    const base::Fd file(::open(record_path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    require(::write(file.get(), contents.data(), contents.size()) == static_cast<ssize_t>(contents.size()), "it fits");
}

void check_text(std::string_view value) {
    if (!x509::punycode::from_utf8(value)) return;
    std::string file;
    const std::vector<std::string> values{std::string(value), "x"};
    client::append_toml(file, "one", value);
    client::append_toml(file, "many", values);
    base::TomlTable table(base::TomlFile::parse(file, "renewal.toml"));
    require(table.text("one", "") == value, "a text comes back");
    require(table.texts("many", {}) == values, "texts come back");
}

std::string save(const client::RenewalRecord& record) {
    client::save_renewal_record(directory(), record);
    return base::read_private_file(record_path(), 1 << 20);
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    if (parts.number() % 2 == 1) return check_text(parts.rest_text());
    write(parts.rest());
    const auto record = accepted([&] { return client::load_renewal_record(directory()); });
    if (!record) return;
    const auto once = save(**record);
    require(save(*client::load_renewal_record(directory())) == once, "a record comes back");
}

}  // namespace signet::fuzz
