#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "ca/rotation.h"
#include "cli/authority_view.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/passphrase.h"
#include "store/store.h"

namespace signet::cli {
namespace {

struct Words {
    std::string name = "default";
    bool root = false, compromised = false;
    std::optional<base::Path> root_key, root_key_out;
};

ca::RotateRequest request_of(const Context& context, const Words& words) {
    const auto passphrase = given_passphrase(context);
    return {.name = words.name,
            .root = words.root,
            .compromised = words.compromised,
            .root_key = {words.root_key, key_opener(context, passphrase)},
            .root_key_out = words.root_key_out,
            .passphrase = passphrase,
            .public_http_url = context.settings().server.public_http_url,
            .actor = "operator uid " + std::to_string(::getuid())};
}

std::string said(const ca::RotateResult& result, const Words& words) {
    const std::string revoked = "; " + std::to_string(result.revoked) + " certificates were revoked";
    switch (result.how) {
        case ca::Rotated::waiting:
            return "the next issuing CA of " + words.name + " waits for its certificate: have " + result.csr->string() +
                   " signed (signet ca sign), then: signet ca import";
        case ca::Rotated::completed:
            return "completed the rotation of the CA " + words.name + revoked;
        case ca::Rotated::done:
            break;
    }
    return std::string("a new ") + (words.root ? "root" : "issuing CA") + " for the CA " + words.name +
           (words.compromised ? revoked : "");
}

int run(Context& context, const Words& words) {
    const auto store = store::Store::open(context.store());
    const auto result =
        ca::rotate_authority(*store, request_of(context, words), context.seams.clock, context.seams.random);
    for (const std::string& note : result.notes) context.out.note(note);
    const base::Time now = context.seams.clock.now();
    const AuthorityView view = view_authority(context, *store, words.name, now);
    if (context.out.json()) {
        base::Json json = authority_json(view);
        json["waiting"] = result.how == ca::Rotated::waiting;
        json["csr"] = result.csr ? base::Json(result.csr->string()) : base::Json(nullptr);
        json["revoked"] = result.revoked;
        context.out.document(json);
        return k_exit_done;
    }
    context.out.line(said(result, words));
    print_authority(context.out, view, now);
    return k_exit_done;
}

constexpr auto k_description =
    "Makes a new issuing CA, below the same root, with a key of the same kind and what the present one's certificate "
    "says, under the next name (\"default Issuing CA G2\"). It signs from then on, in a serve-acme that runs too. The "
    "former one goes to authorities/NAME/former/: it goes on signing its CRL and answering OCSP until its "
    "certificates are gone and `ca retire` takes it out. Renewal information (RFC 9773), and `signet renew` in the "
    "store itself, move everyone over at a moment of their own within three days, or within half of what is left of "
    "their lifetime.\n\n"
    "--root makes a new root and an issuing CA below it. The two roots certify each other: ca.crt and /ca.pem hold "
    "both anchors from then on, and new chains carry the cross-certificate, so that peers that have only the old "
    "anchor accept them too; ACME offers the chain without it as alternate. Cross-certificates (former/cross-ID.crt) "
    "end with the older root and are under its constraints.\n\n"
    "The root's key is needed: root.key of the store, or --root-key. Without it `ca rotate` makes a key and "
    "authorities/NAME/issuing.csr; `ca sign` answers that where the root is, and `ca import` completes the rotation. "
    "For a new root that is offline too, rotate there, then import the issuing CA's certificate and the "
    "cross-certificates in one file, with --root of the new one.\n\n"
    "--root --compromised is for a root whose key has leaked: no cross-certificates, which would be the thief's, the "
    "old anchors stand in ca.crt and /ca.pem no more, and all that was signed below is revoked (cACompromise) and may "
    "be renewed at once. The old key is not needed. A run that is killed leaves the old or the new generation whole; "
    "what it had still to revoke, the same command revokes when it is given again.";

}  // namespace

Command ca_rotate_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "ca rotate",
        .summary = "make a new issuing CA, or a new root",
        .description = k_description,
        .arguments = {{.label = "NAME",
                       .text = "the CA; default: default",
                       .target = &words->name,
                       .complete = Complete::authority}},
        .options = {{.name = "root", .text = "a new root, and an issuing CA below it", .target = &words->root},
                    {.name = "root-key",
                     .label = "FILE",
                     .text = "the key of the present root, when it is not in the store",
                     .target = &words->root_key,
                     .complete = Complete::file},
                    {.name = "root-key-out",
                     .label = "FILE",
                     .text = "put the new root's key there and nowhere else",
                     .target = &words->root_key_out,
                     .complete = Complete::file},
                    {.name = "compromised",
                     .text = "with --root: trust the old root no more, and revoke all below it",
                     .target = &words->compromised}},
        .examples = {{"signet ca rotate", "a new issuing CA"},
                     {"signet ca rotate --root-key /media/usb/root.key", "with a root key that is kept apart"},
                     {"signet ca rotate --root --root-key old.key --root-key-out new.key", "a new root, kept apart"},
                     {"signet ca rotate --root --compromised", "the root's key has leaked"}},
        .exit_codes = {{k_exit_done, "done, or the request waits for its certificate"},
                       {k_exit_refused, "refused, or the wrong passphrase; nothing was changed"},
                       {k_exit_usage, "wrong usage, or no passphrase"},
                       {k_exit_environment, "no such CA, the root's key is elsewhere, or a file cannot be written"}},
        .see_also = {"ca show", "ca retire", "ca sign", "ca import"},
        .reads_environment = false,
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
