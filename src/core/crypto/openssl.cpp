#include "crypto/openssl.h"

#include <array>
#include <string>

#include "base/error.h"
#include "base/log.h"

namespace signet::crypto {

void drain_errors(std::string_view what) {
    while (const unsigned long code = ERR_get_error()) {
        if (!base::log_enabled(base::Level::debug)) continue;
        std::array<char, 256> text{};
        ERR_error_string_n(code, text.data(), text.size());
        base::log(base::Level::debug, "openssl", {{"doing", std::string(what)}, {"error", text.data()}});
    }
}

void check(bool ok, std::string_view what) {
    if (ok) return;
    drain_errors(what);
    throw base::Error(base::Kind::internal, std::string(what) + " failed");
}

}  // namespace signet::crypto
