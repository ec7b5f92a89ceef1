#include <csignal>
#include <cstdlib>

#include "base/memory.h"
#include "cli/run.h"
#include "crypto/key.h"

int main(int argc, char** argv) {
    using namespace signet;
    // A reader that goes away is an error of write(2), which is reported, not a silent death.
    std::signal(SIGPIPE, SIG_IGN);
    base::hide_memory();
    crypto::wipe_freed_memory();

    base::SystemClock clock;
    base::OsRandom random;
    const auto dialer = net::make_tls_dialer();
    cli::Seams seams{
        .clock = clock,
        .random = random,
        .dialer = *dialer,
        .make_resolver = [](const std::string& server) { return net::make_resolver(server); },
        .make_transport = [](net::TransportSettings settings) { return net::make_http_transport(std::move(settings)); },
    };
    const cli::Environment environment = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
    };
    return cli::run({argv + (argc > 0 ? 1 : 0), argv + argc}, environment, seams);
}
