#include "cli/audit_key.h"

#include <unistd.h>

#include <cerrno>

#include "ca/audit_key.h"
#include "cli/input_file.h"
#include "cli/passphrase.h"

namespace signet::cli {
namespace {

constexpr std::size_t k_input_limit = 1 << 20;

std::string read_standard_input() {
    std::string text;
    char buffer[4096];
    for (;;) {
        const auto got = ::read(STDIN_FILENO, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) base::throw_errno(errno, "read", "standard input");
        if (got == 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
        if (text.size() > k_input_limit)
            throw base::Error{base::Kind::bad_input, "standard input is too large", "give one proof or checkpoint"};
    }
}

}  // namespace

crypto::PrivateKey open_audit_key(const Context& context, store::Store& store) {
    const auto passphrase = given_passphrase(context);
    return ca::open_audit_key(
        store, {key_opener(context, passphrase), passphrase.get(), "operator uid " + std::to_string(::getuid())},
        context.seams.clock.now());
}

std::string read_small_input(const base::Path& file) {
    return file == "-" ? read_standard_input() : read_input(file, k_input_limit);
}

}  // namespace signet::cli
