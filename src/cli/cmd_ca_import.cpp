#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "ca/authority_crls.h"
#include "ca/import.h"
#include "cli/authority_view.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/default_settings.h"
#include "cli/exit_code.h"
#include "cli/input_file.h"
#include "cli/passphrase.h"
#include "x509/crl.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_file_limit = 1 << 20;
constexpr std::size_t k_crl_limit = 16 << 20;

struct Words {
    base::Path file;
    std::optional<base::Path> root, key;
    std::optional<std::string> ca;
};

/// The content tells, not the name of the file.
bool is_crl(std::string_view contents) {
    if (!contents.starts_with('\x30')) {
        return contents.find("-----BEGIN X509 CRL-----") != std::string_view::npos &&
               contents.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos;
    }
    try {
        x509::Crl::from_der(base::to_bytes(contents));
        return true;
    } catch (const Error&) {
        return false;
    }
}

ca::ImportRequest request_of(const Context& context, const Words& words, const std::string& contents) {
    if (!words.root)
        throw Error{Kind::usage, "a certificate is imported together with its root", "name that with --root FILE"};
    auto roots = x509::parse_certificate_file(read_input(*words.root, k_file_limit), words.root->string());
    if (roots.size() != 1)
        throw Error{
            Kind::bad_input,
            words.root->string() + " holds " + std::to_string(roots.size()) + " certificates, and a root is one",
            "give the root alone; what stands below it goes into the file of the issuing CA"};
    auto passphrase = given_passphrase(context);
    return {.name = words.ca,
            .issuing = x509::parse_certificate_file(contents, words.file.string()),
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

void print_crl(Output& out, const ca::CrlImported& imported, const base::Path& file) {
    const ca::ImportedCrl& crl = imported.crl;
    out.line((imported.changed ? "took over the CRL of " : "had this CRL already, of ") + crl.signer.subject().text() +
             " for the CA " + imported.name);
    out.facts({{"CRL", file.string()},
               {"number", x509::crl_number_text(crl.crl.number())},
               {"entries", std::to_string(crl.crl.size())},
               {"next update", base::format_time(crl.next_update)},
               {"revoked here", base::join(crl.revoked_serials(), ", ")}});
}

int run_crl(Context& context, const Words& words, const std::string& contents) {
    if (words.root || words.key)
        throw Error{Kind::usage, words.file.string() + " is a CRL, to which no --root or --key belongs",
                    "leave them out: who signed it is found among the CAs of the store"};
    const auto store = store::Store::open(context.store());
    const auto imported = ca::import_crls(*store,
                                          {.name = words.ca,
                                           .crls = x509::parse_crl_file(contents, words.file.string()),
                                           .what = words.file.string(),
                                           .actor = "operator uid " + std::to_string(::getuid())},
                                          context.seams.clock.now());
    if (!context.out.json()) {
        for (const auto& one : imported) print_crl(context.out, one, words.file);
        return k_exit_done;
    }
    base::Json crls = base::Json::array();
    bool changed = false;
    for (const auto& one : imported) {
        crls.push_back(imported_crl_json(one.crl));
        crls.back()["name"] = one.name;
        crls.back()["changed"] = one.changed;
        changed = changed || one.changed;
    }
    context.out.document({{"changed", changed}, {"crls", std::move(crls)}});
    return k_exit_done;
}

int run(Context& context, const Words& words) {
    const std::string contents = read_input(words.file, k_crl_limit);
    if (is_crl(contents)) return run_crl(context, words, contents);
    const ca::ImportRequest request = request_of(context, words, contents);
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
        .summary = "bring home an issuing CA's certificate, or a root's CRL",
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
            "anchors; cross-certificates between the two in the file of the issuing CA are kept and sent.\n\n"
            "A CRL (its content tells) of a root whose key is elsewhere, or of a CA between it and ours, goes into the "
            "store without --root, for every CA below who signed it. It has to be complete, in force, and above the "
            "one before in number. A serve-acme that runs publishes it at /crl/NAME/root.crl and /crl/NAME/ID.crl from "
            "the next request on, also after it has ended, and `status` warns before it ends. What it revokes of the "
            "CAs of this store (former ones, too) is taken over, but for holds; a revoked one goes on signing until "
            "`ca rotate`. With --json: changed and crls[], each with name, id, subject, number, entries, this_update, "
            "next_update, revoked[] (serials of CAs of this store) and changed.",
        .arguments = {{.label = "ISSUING.crt|ROOT.crl",
                       .text = "the issuing CA's certificate, or a CRL; PEM or DER",
                       .target = &words->file,
                       .required = true,
                       .complete = Complete::file}},
        .options = {{.name = "root",
                     .label = "FILE",
                     .text = "the root's certificate; not with a CRL",
                     .target = &words->root,
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
                     .default_text = "the one whose key fits; with --key default; of a CRL all it is for"}},
        .examples = {{"signet ca import issuing.crt --root root.crt", "after ca init --external-root"},
                     {"signet ca import ca.crt --root root.crt --key ca.key --ca web", "from another tool"},
                     {"signet ca import root.crl", "the CRL that signet crl --root wrote where the root's key is"}},
        .exit_codes = {{k_exit_done, "the CA is ready, or the CRL in force"},
                       {k_exit_refused, "the chain, the key or the CRL does not hold; nothing was written"},
                       {k_exit_usage, "wrong usage, or files that hold something else"},
                       {k_exit_environment, "no store, or a CA of that name is there"}},
        .see_also = {"ca init", "ca csr", "ca sign", "ca trust", "crl"},
        .reads_environment = false,
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
