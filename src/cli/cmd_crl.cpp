#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "ca/authority_files.h"
#include "ca/crls.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/passphrase.h"
#include "x509/crl.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

struct Words {
    std::string name = "default";
    std::optional<base::Path> out;
    std::optional<std::string> id;
    bool pem = false, root = false;
};

/// Of a CA of any generation, as `ca show` calls it.
std::string signer_named(const ca::Authority& authority, const std::string& text) {
    const std::string id = base::lower(text);
    std::vector<std::string> here;
    for (const x509::Certificate& signer : authority.signers()) {
        here.push_back(ca::authority_id(signer));
        if (here.back() == id) return id;
    }
    throw base::Error{base::Kind::not_found,
                      "the CA '" + authority.name() + "' has no key here of a CA " + base::printable(text, 16),
                      "use one of: " + base::join(here, ", ")};
}

/// The CA whose CRL is asked for. Throws not_found when its key is away.
std::string signer_id(const ca::Authority& authority, const Words& words) {
    if (words.id) return signer_named(authority, *words.id);
    if (!words.root) return authority.issuing_id();
    for (const x509::Certificate& signer : authority.signers())
        if (signer == authority.root()) return ca::authority_id(signer);
    throw base::Error{base::Kind::not_found, "the root key of '" + authority.name() + "' is not in this store",
                      "sign the root's CRL where its key is, then bring it here: signet ca import root.crl"};
}

int run(Context& context, const Words& words) {
    if (words.id && words.root)
        throw base::Error{base::Kind::usage, "--id and --root name two CAs", "leave out one of them"};
    const auto store = store::Store::open(context.store());
    const auto settings = context.settings();
    const base::Time now = context.seams.clock.now();
    const auto authority = ca::Authority::load(store->layout(), words.name, now, key_opener(context));
    const auto crl = ca::sign_new_crl(*store, *authority, signer_id(*authority, words),
                                      ca::settings_of(settings.authorities, words.name).crl_validity, now);
    const std::string contents = words.pem ? x509::encode_pem(x509::k_crl_pem_label, crl.der) : base::to_text(crl.der);
    const bool to_file = words.out && *words.out != "-";
    if (to_file) base::write_file(*words.out, contents, {.mode = 0644});
    if (context.out.json()) {
        context.out.document({{"name", words.name},
                              {"id", crl.issuer_id},
                              {"number", crl.number},
                              {"entries", crl.entries},
                              {"this_update", base::format_time(crl.this_update)},
                              {"next_update", base::format_time(crl.next_update)},
                              {"out", to_file ? base::Json(words.out->string()) : base::Json()},
                              {"pem", x509::encode_pem(x509::k_crl_pem_label, crl.der)}});
    } else if (to_file) {
        context.out.facts({{"CRL", words.out->string()},
                           {"number", std::to_string(crl.number)},
                           {"entries", std::to_string(crl.entries)},
                           {"next update", base::format_time(crl.next_update)}});
    } else {
        context.out.text(contents);
    }
    return k_exit_done;
}

constexpr auto k_description =
    "Signs a new CRL of the issuing CA, with --root of the root, or with --id of any generation that `signet ca show` "
    "lists: after `ca rotate` the one before goes on saying what it revoked. It is over all that is revoked, and "
    "printed as DER, or "
    "PEM. Its number is above all before, also those of a database that was restored since; crl_validity of "
    "signet.toml(5) says how long it is good. A certificate that has ended leaves the list after it has been on one "
    "made "
    "after its end, one crl_validity later at the earliest.\n"
    "\n"
    "A serve-acme over the same store publishes CRLs of its own making at /crl/NAME.crl, /crl/NAME/ID.crl and "
    "/crl/NAME/root.crl, and needs none of this. The CRL of a root whose key is elsewhere is signed there and brought "
    "here with `signet ca import`.\n"
    "\n"
    "With --json: name, id, number, entries, this_update, next_update, out and pem.";

}  // namespace

Command crl_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "crl",
        .summary = "write a new certificate revocation list",
        .description = k_description,
        .arguments = {{.label = "NAME",
                       .text = "the CA; default: default",
                       .target = &words->name,
                       .complete = Complete::authority}},
        .options = {{.name = "out",
                     .label = "FILE",
                     .text = "write it there",
                     .target = &words->out,
                     .complete = Complete::file,
                     .default_text = "standard output"},
                    {.name = "pem", .text = "PEM instead of DER", .target = &words->pem},
                    {.name = "id",
                     .label = "ID",
                     .text = "the CRL of this CA, one of a former generation too",
                     .target = &words->id,
                     .default_text = "the issuing CA that signs now"},
                    {.name = "root", .text = "the root's CRL, which is about issuing CAs", .target = &words->root}},
        .examples = {{"signet crl --out /srv/www/default.crl", "for a web server of your own"},
                     {"(signet crl --pem; signet crl --root --pem) > crls.pem", "for openssl verify -crl_check_all"},
                     {"signet crl --id 3f2a9c01 --out /srv/www/crl/default/3f2a9c01.crl",
                      "of the issuing CA before the last `ca rotate`: where its certificates say it is"}},
        .see_also = {"revoke", "serve-acme"},
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
