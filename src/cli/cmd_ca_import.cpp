#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "ca/import.h"
#include "cli/authority_view.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/default_settings.h"
#include "cli/exit_code.h"
#include "cli/input_file.h"
#include "cli/passphrase.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_file_limit = 1 << 20;

struct Words {
    base::Path issuing, root;
    std::optional<base::Path> key;
    std::optional<std::string> ca;
};

std::vector<x509::Certificate> read_certificates(const base::Path& file) {
    return x509::parse_certificate_file(read_input(file, k_file_limit), file.string());
}

ca::ImportRequest request_of(const Context& context, const Words& words) {
    auto roots = read_certificates(words.root);
    if (roots.size() != 1)
        throw Error{Kind::bad_input,
                    words.root.string() + " holds " + std::to_string(roots.size()) + " certificates, and a root is one",
                    "give the root alone; what stands below it goes into the file of the issuing CA"};
    auto passphrase = given_passphrase(context);
    return {.name = words.ca,
            .issuing = read_certificates(words.issuing),
            .root = std::move(roots.front()),
            .key = words.key,
            .passphrase = passphrase,
            .keys = key_opener(context, passphrase),
            .actor = "operator uid " + std::to_string(::getuid())};
}

std::string said(ca::Imported how) {
    switch (how) {
        case ca::Imported::made:
            return "imported the CA ";
        case ca::Imported::completed:
            return "completed the CA ";
        case ca::Imported::renewed:
            return "renewed the certificate of the CA ";
        case ca::Imported::rotated:
            return "rotated the CA ";
    }
    return {};
}

int run(Context& context, const Words& words) {
    const ca::ImportRequest request = request_of(context, words);
    // A key that is brought along may found a store; a certificate alone belongs to a key that is in one.
    const auto store = words.key ? store::Store::create(context.store()) : store::Store::open(context.store());
    const auto result = ca::import_authority(*store, request, context.seams.clock);
    write_default_settings(context, *store, result.name);
    const base::Time now = context.seams.clock.now();
    const AuthorityView view = view_authority(context, *store, result.name, now);
    if (context.out.json()) {
        base::Json json = authority_json(view);
        json["changed"] = true;
        context.out.document(json);
        return k_exit_done;
    }
    context.out.line(said(result.how) + result.name + " in " + store->layout().root().string());
    print_authority(context.out, view, now);
    return k_exit_done;
}

}  // namespace

Command ca_import_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "ca import",
        .summary = "bring home the certificate of an issuing CA",
        .description =
            "Completes a CA that `ca init --external-root` began: its certificate comes from an offline root (`ca "
            "sign`) or from a corporate one. The CA is found by its key. The file holds the issuing CA's certificate "
            "first and may hold what stands between it and the root; the root becomes the trust anchor. Everything is "
            "checked before anything is written: the chain by RFC 5280 section 6, CA:TRUE, the key.\n\n"
            "With --key a CA that another tool made comes in, key and all, into a store that is made where there is "
            "none; the key is encrypted as --passphrase-file says. A new certificate for the key that a CA has (`ca "
            "csr`) takes the place of the one before.\n\n"
            "The next generation that `ca rotate` began without the root's key takes over when its certificate comes; "
            "the one before goes to former/. With another root than before that one changes too, and both are "
            "anchors; cross-certificates between the two in the file of the issuing CA are kept and sent.",
        .arguments = {{.label = "ISSUING.crt",
                       .text = "the issuing CA's certificate, PEM or DER",
                       .target = &words->issuing,
                       .required = true,
                       .complete = Complete::file}},
        .options = {{.name = "root",
                     .label = "FILE",
                     .text = "the root's certificate",
                     .target = &words->root,
                     .required = true,
                     .complete = Complete::file},
                    {.name = "key",
                     .label = "FILE",
                     .text = "its private key, when it was made elsewhere",
                     .target = &words->key,
                     .complete = Complete::file},
                    {.name = "ca",
                     .label = "NAME",
                     .text = "the CA it is for",
                     .target = &words->ca,
                     .complete = Complete::authority,
                     .default_text = "the one whose key fits; with --key default"}},
        .examples = {{"signet ca import issuing.crt --root root.crt", "after ca init --external-root"},
                     {"signet ca import ca.crt --root root.crt --key ca.key --ca web", "from another tool"}},
        .exit_codes = {{k_exit_done, "the CA is ready"},
                       {k_exit_refused, "the chain or the key does not hold; nothing was written"},
                       {k_exit_usage, "wrong usage, or files that hold something else"},
                       {k_exit_environment, "no store, or a CA of that name is there"}},
        .see_also = {"ca init", "ca csr", "ca sign", "ca trust"},
        .reads_environment = false,
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
