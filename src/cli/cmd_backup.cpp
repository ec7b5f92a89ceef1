#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/input_file.h"
#include "store/backup.h"

namespace signet::cli {
namespace {

struct Words {
    base::Path file;
    bool without_keys = false;
};

int run(Context& context, const Words& words) {
    refuse_dash(words.file, "backup");
    const auto store = store::Store::open(context.store());
    const auto result =
        store::make_backup(*store, {words.file, !words.without_keys, "operator uid " + std::to_string(::getuid())},
                           context.seams.clock.now());
    const auto& manifest = result.manifest;
    if (context.out.json()) {
        context.out.document({{"file", words.file.string()},
                              {"made_at", base::format_time(base::from_unix(manifest.made_at))},
                              {"keys", manifest.keys},
                              {"certificates", manifest.certificates},
                              {"audit_entries", manifest.audit_entries},
                              {"audit_root_hash", base::hex_encode(manifest.audit_root)},
                              {"bytes", result.bytes},
                              {"sha256", result.sha256}});
    } else {
        context.out.facts({{"backup", words.file.string()},
                           {"keys", manifest.keys ? "as they are stored" : "none"},
                           {"certificates", std::to_string(manifest.certificates)},
                           {"audit log", std::to_string(manifest.audit_entries) + " entries"},
                           {"size", std::to_string(result.bytes) + " bytes"},
                           {"SHA-256", result.sha256}});
    }
    return k_exit_done;
}

constexpr auto k_description =
    "Writes the whole store into FILE, mode 0600: settings, authorities with their keys as they are stored (encrypted "
    "ones stay so), the key of the audit log, saved certificates, and the database as it is at one moment. A "
    "serve-acme "
    "goes on meanwhile; every certificate that it handed out before the backup began is in it. FILE is written beside, "
    "in .NAME.backup, and renamed: killed at any moment, what was there before is still there. That takes room for the "
    "database twice.\n\n"
    "Keep it like the keys that are in it: who has it is the CA. --without-keys leaves out private keys, saved "
    "certificates, and the keys of tokens, which bind nobody after that; for those who look into the inventory and the "
    "audit log elsewhere, or where keys are kept apart.\n\n"
    "FILE is a tar archive (POSIX pax), which any tar lists and unpacks: MANIFEST.json, the files under their names "
    "in the store, signet.db, and SHA256, the digest of all before it. `signet restore` reads it. The log has an entry "
    "store.backed_up.\n\n"
    "With --json: file, made_at, keys, certificates, audit_entries, audit_root_hash, bytes and sha256.";

}  // namespace

Command backup_command() {
    auto words = std::make_shared<Words>();
    return {.name = "backup",
            .summary = "write the store into one file",
            .description = k_description,
            .arguments = {{.label = "FILE",
                           .text = "the backup; replaced when it is there",
                           .target = &words->file,
                           .required = true,
                           .complete = Complete::file}},
            .options = {{.name = "without-keys",
                         .text = "leave out what lets anybody sign or enrol",
                         .target = &words->without_keys}},
            .examples = {{"signet backup /mnt/safe/$(date +%F).backup", "one a day, from cron"}},
            .exit_codes = {{0, "written"}, {2, "wrong usage"}, {3, "no store, or the file cannot be written"}},
            .see_also = {"restore", "audit checkpoint"},
            .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
