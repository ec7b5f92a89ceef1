#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "deliver/bundle.h"

namespace signet::deliver {

/// A file that a format makes of a bundle.
struct File {
    std::string name;  // "tls.crt"
    base::Secret contents;
    bool secret;  // holds a private key: 0600 unless --key-mode
};

/// One row of the format table: feeds --format, help, man and completion.
struct Format {
    std::string_view name;  // "pem", "combined", "der"
    std::string_view text;  // for help
    std::vector<File> (*write)(const Bundle& bundle);
};

std::span<const Format> formats();
/// Throws usage naming the nearest format.
const Format& find_format(std::string_view name);

}  // namespace signet::deliver
