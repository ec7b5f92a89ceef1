#include "bench/options.h"

#include <charconv>
#include <string_view>

#include "base/error.h"

namespace signet::bench {
namespace {

using base::Error;
using base::Kind;

int number(std::string_view word, std::string_view value) {
    int result = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), result);
    if (read.ec != std::errc() || read.ptr != value.data() + value.size() || result < 0) {
        throw Error(Kind::bad_input, std::string(word) + " takes a whole number, not " + std::string(value));
    }
    return result;
}

}  // namespace

const char* const k_usage =
    "acmeload --directory URL [--clients 1] [--seconds 5] [--orders N] [--prepare 10000] [--warmup 2]\n"
    "         [--pid SERVER] [--timeout 3] [--suffix load.example.com] [--label TEXT]\n"
    "         [--http01 ADDR:PORT [--dns ADDR:PORT]] [--store DIR] [--nonces yes] [--await yes]\n"
    "N clients, each an ACME account (ES256) with one keep-alive TLS connection, ask for the next certificate as soon\n"
    "as they have the last. Prints one JSON object. The server's certificate is not verified. --http01 answers\n"
    "challenges, --dns any A question with that address. --nonces: HEAD newNonce only. --await: only waits for the\n"
    "directory, and prints the time of its first answer in microseconds since the epoch.\n";

Options parse_options(int count, char** words) {
    Options options;
    for (int i = 1; i < count; i += 2) {
        const std::string_view word = words[i];
        if (i + 1 >= count) throw Error(Kind::bad_input, std::string(word) + " takes a value");
        const std::string_view value = words[i + 1];
        if (word == "--directory")
            options.directory = value;
        else if (word == "--label")
            options.label = value;
        else if (word == "--suffix")
            options.suffix = value;
        else if (word == "--clients")
            options.clients = number(word, value);
        else if (word == "--seconds")
            options.seconds = number(word, value);
        else if (word == "--orders")
            options.orders = number(word, value);
        else if (word == "--prepare")
            options.prepare = number(word, value);
        else if (word == "--warmup")
            options.warmup = number(word, value);
        else if (word == "--pid")
            options.pid = number(word, value);
        else if (word == "--http01")
            options.http01 = value;
        else if (word == "--dns")
            options.dns = value;
        else if (word == "--store")
            options.store = value;
        else if (word == "--nonces")
            options.nonces = value == "yes";
        else if (word == "--await")
            options.awaiting = value == "yes";
        else if (word == "--timeout")
            options.timeout = number(word, value);
        else
            throw Error(Kind::bad_input, "unknown option " + std::string(word));
    }
    if (options.directory.empty()) throw Error(Kind::bad_input, "--directory is missing");
    if (options.clients < 1) throw Error(Kind::bad_input, "--clients must be 1 at least");
    return options;
}

}  // namespace signet::bench
