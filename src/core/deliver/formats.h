#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "deliver/bundle.h"

namespace signet::deliver {

/// A file that a format makes of a bundle.
struct File {
    std::string name;  // "tls.crt"
    base::Secret contents;
    bool secret;  // holds a private key: 0600 unless --key-mode
};

/// What some formats want to know beside the bundle.
struct FormatOptions {
    std::optional<base::Path> p12_password_file;  // absolute where it is kept for renewals
    bool p12_legacy = false;
    std::string k8s_name, k8s_namespace;  // empty: made from the first name; none
    friend bool operator==(const FormatOptions&, const FormatOptions&) = default;
};

/// One row of the format table: feeds --format, help, man and completion.
struct Format {
    std::string_view name;  // "pem", "combined", "der", "p12", "k8s"
    std::string_view text;  // for help
    std::string_view file;  // by which it is known to be there: "tls.crt"
    bool needs_key;
    std::vector<File> (*write)(const Bundle& bundle, const FormatOptions& options);
};

std::span<const Format> formats();
/// Throws usage naming the nearest format.
const Format& find_format(std::string_view name);
/// What would fail after the certificate is made, before it is: an unknown format, one that needs a key which is
/// elsewhere, a password that is not there, a name that Kubernetes refuses. Throws usage, bad_input, not_found.
void check_formats(const std::vector<std::string>& formats, const FormatOptions& options, bool has_key);

}  // namespace signet::deliver
