#include "deliver/formats.h"

#include "base/error.h"
#include "base/text.h"
#include "deliver/format_der.h"
#include "deliver/format_pem.h"

namespace signet::deliver {

namespace {

constexpr Format k_formats[] = {
    {"pem", "tls.crt, tls.key and ca.crt; always written", &write_pem},
    {"combined", "tls.pem: key and chain in one file", &write_combined},
    {"der", "tls.crt.der and tls.key.der", &write_der},
};

}  // namespace

std::span<const Format> formats() { return k_formats; }

const Format& find_format(std::string_view name) {
    std::vector<std::string> names;
    for (const auto& format : k_formats) {
        if (format.name == name) return format;
        names.emplace_back(format.name);
    }
    const auto meant = base::nearest(name, names);
    throw base::Error{base::Kind::usage, "there is no format '" + base::printable(name) + "'",
                      meant ? "did you mean '" + *meant + "'?" : "use one of: " + base::join(names, ", ")};
}

}  // namespace signet::deliver
