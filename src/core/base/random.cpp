#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/error.h"

namespace signet::base {

void OsRandom::fill(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const ssize_t got = ::getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw Error(Kind::environment, "the kernel gives no random bytes: getrandom failed");
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

}  // namespace signet::base
