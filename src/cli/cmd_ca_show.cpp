#include <memory>
#include <nlohmann/json.hpp>

#include "cli/authority_view.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"

namespace signet::cli {
namespace {

int run(Context& context, const std::string& name) {
    const auto store = store::Store::open(context.store());
    const base::Time now = context.seams.clock.now();
    const AuthorityView view = view_authority(context, *store, name, now);
    if (context.out.json())
        context.out.document(authority_json(view));
    else
        print_authority(context.out, view, now);
    return k_exit_done;
}

}  // namespace

Command ca_show_command() {
    auto name = std::make_shared<std::string>("default");
    return {
        .name = "ca show",
        .summary = "show a CA: its certificates and what hangs on them",
        .description =
            "With --json: name, root, root_only, issuing[], anchors[], rotation and imported_crls[]. Each certificate "
            "has id (the first "
            "8 hex digits of its subject key identifier), subject, serial, not_before, not_after, key_type and "
            "fingerprint_sha256; those of issuing[], one for each generation and the current one first, also have "
            "current, living_leaves (the number of certificates issued that have not ended), name_constraints, "
            "crl_url and ocsp_url (null without public_http_url).\n\n"
            "rotation tells how far a change-over is: step is none, waiting (for the answer to csr), moving (leafs of "
            "former generations live) or retire (none does). former[] has id, kind (root or issuing), subject, "
            "living_leaves, may_retire, and retire_after, when the last of them ends by itself.\n\n"
            "imported_crls[] are the CRLs that `ca import` brought from roots, or CAs below them, whose keys are "
            "elsewhere: id, subject, number, entries, this_update, next_update and revoked[], serials of CAs of this "
            "store.",
        .arguments = {{.label = "NAME",
                       .text = "the CA; default: default",
                       .target = name.get(),
                       .complete = Complete::authority}},
        .examples = {{"signet ca show --json | jq -r .root.fingerprint_sha256", "the pin for fetch --root-sha256"}},
        .see_also = {"ca init", "ca list", "ca export"},
        .reads_environment = false,
        .run = [name](Context& context) { return run(context, *name); }};
}

}  // namespace signet::cli
