#include <memory>
#include <nlohmann/json.hpp>

#include "ca/import.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/passphrase.h"
#include "store/store.h"

namespace signet::cli {
namespace {

struct Words {
    std::string name = "default";
    std::optional<base::Path> out;
};

int run(Context& context, const Words& words) {
    const auto store = store::Store::open(context.store());
    const std::string pem =
        ca::certificate_request_of(store->layout(), words.name, key_opener(context), context.seams.clock.now());
    const bool to_file = words.out && *words.out != "-";
    if (to_file) base::write_file(*words.out, pem, {.mode = 0644});
    if (context.out.json())
        context.out.document({{"name", words.name},
                              {"waiting", ca::authority_waits(store->layout(), words.name)},
                              {"out", to_file ? base::Json(words.out->string()) : base::Json(nullptr)},
                              {"csr", pem}});
    else if (!to_file)
        context.out.text(pem);
    return k_exit_done;
}

}  // namespace

Command ca_csr_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "ca csr",
        .summary = "print the request for a CA's certificate",
        .description =
            "Of a CA that waits for its certificate (`ca init --external-root`) the request that was made with its "
            "key; of any other one a new request with the key that it has, to have its certificate prolonged. It asks "
            "for CA:TRUE, pathlen 0, keyCertSign, cRLSign and the name constraints of --permit-*; what counts is what "
            "the root's operator signs.",
        .arguments = {{.label = "NAME",
                       .text = "the CA; default: default",
                       .target = &words->name,
                       .complete = Complete::authority}},
        .options = {{.name = "out",
                     .label = "FILE",
                     .text = "write to FILE instead of standard output",
                     .target = &words->out,
                     .complete = Complete::file}},
        .examples = {{"signet ca csr --out issuing.csr", "carry it to the root, then: signet ca import"}},
        .see_also = {"ca init", "ca sign", "ca import"},
        .reads_environment = false,
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
