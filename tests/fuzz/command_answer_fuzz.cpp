// What an operator's program says when it refuses: a line of it reaches clients and the log. A length, so much of its
// standard output, then its standard error.
#include "fuzz/fuzz.h"
#include "server/authorize_command.h"

namespace signet::fuzz {

void one_input(base::ByteView input) {
    Parts parts(input);
    const auto output = parts.take(parts.number() << 3);
    const auto reason = server::gate_reason(base::text_of(output), parts.rest_text());
    require(reason.size() <= 500, "a reason is short");
    for (const char c : reason) require(c >= ' ' && c < 0x7f, "a reason is printable");
    require(server::gate_reason(reason, "").size() <= 500, "a reason stays short");
}

}  // namespace signet::fuzz
