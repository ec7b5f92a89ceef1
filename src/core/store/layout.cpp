#include "store/layout.h"

#include <unistd.h>

#include <cstdlib>

#include "base/encoding.h"
#include "base/error.h"

namespace signet::store {

using base::Error;
using base::Kind;
using base::Path;

namespace {

constexpr std::size_t k_component_limit = 255;  // NAME_MAX
constexpr std::size_t k_plain_name_limit = 64;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_plain(char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; }

/// Absolute ones only, as the XDG base directory specification says.
std::optional<Path> directory_from(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr || value[0] != '/') return std::nullopt;
    return Path(value);
}

}  // namespace

Path Layout::settings() const { return root_ / "signet.toml"; }
Path Layout::weak_keys() const { return root_ / "weak-keys"; }
Path Layout::database() const { return root_ / "signet.db"; }
Path Layout::authorities() const { return root_ / "authorities"; }
Path Layout::authority(std::string_view name) const { return authorities() / name; }
Path Layout::root_certificate(std::string_view name) const { return authority(name) / "root.crt"; }
Path Layout::root_key(std::string_view name) const { return authority(name) / "root.key"; }
Path Layout::issuing_certificate(std::string_view name) const { return authority(name) / "issuing.crt"; }
Path Layout::issuing_key(std::string_view name) const { return authority(name) / "issuing.key"; }
Path Layout::issuing_request(std::string_view name) const { return authority(name) / "issuing.csr"; }
Path Layout::trusted(std::string_view name) const { return authority(name) / "trust"; }
Path Layout::former(std::string_view name) const { return authority(name) / "former"; }
Path Layout::next_key(std::string_view name) const { return authority(name) / "next.key"; }
Path Layout::former(std::string_view name, std::string_view kind, std::string_view id,
                    std::string_view extension) const {
    return former(name) / (std::string(kind) + "-" + std::string(id) + "." + std::string(extension));
}
Path Layout::imported_crl(std::string_view name, std::string_view id) const {
    return authority(name) / "crls" / (std::string(id) + ".crl");
}
Path Layout::certificates() const { return root_ / "certificates"; }
Path Layout::certificate(std::string_view first_name) const { return certificates() / encode_component(first_name); }
Path Layout::audit_key() const { return root_ / "audit.key"; }
Path Layout::audit_public_key() const { return root_ / "audit.pub"; }
Path Layout::lock(std::string_view purpose) const { return root_ / "locks" / (encode_component(purpose) + ".lock"); }

std::string encode_component(std::string_view name) {
    auto component = base::percent_encode(name, is_plain);
    if (component.starts_with('.')) component.replace(0, 1, "%2E");
    if (component.empty() || component.size() > k_component_limit) {
        throw Error{Kind::bad_input,
                    "'" + std::string(name) + "' is no name for a directory: " + (name.empty() ? "empty" : "too long"),
                    "say where to with --out DIR"};
    }
    return component;
}

void check_plain_name(std::string_view name, std::string_view what) {
    bool good = !name.empty() && name.size() <= k_plain_name_limit && is_alphanumeric(name.front());
    for (const char c : name) good = good && is_plain(c);
    if (good) return;
    throw Error{Kind::usage, "'" + std::string(name) + "' is no name for " + std::string(what),
                "use up to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit"};
}

Path default_store() {
    if (::geteuid() == 0) return "/var/lib/signet";
    if (const auto data = directory_from("XDG_DATA_HOME")) return *data / "signet";
    if (const auto home = directory_from("HOME")) return *home / ".local" / "share" / "signet";
    throw Error{Kind::environment, "no place for the store: HOME is not set",
                "name one with --store DIR or SIGNET_STORE"};
}

}  // namespace signet::store
