#include <nlohmann/json.hpp>
#include <openssl/crypto.h>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/version.h"
#include "crypto/key.h"

namespace signet::cli {
namespace {

int run(Context& context) {
    const std::string openssl = OpenSSL_version(OPENSSL_VERSION_STRING);
    if (context.out.json()) {
        context.out.document({{"version", SIGNET_VERSION},
                              {"openssl", openssl},
                              {"key_types", key_type_names(crypto::makeable_key_types())}});
    } else {
        context.out.line(version_line());
        if (context.globals.verbose) context.out.line("OpenSSL " + openssl);
    }
    return k_exit_done;
}

}  // namespace

std::string version_line() { return "signet " SIGNET_VERSION; }

Command version_command() {
    return {.name = "version",
            .summary = "print the version",
            .description = "With -v also the version of OpenSSL in use; --json adds the key types it can make.",
            .run = run};
}

}  // namespace signet::cli
