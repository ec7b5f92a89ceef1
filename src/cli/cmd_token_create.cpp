#include <memory>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/new_token.h"
#include "cli/options.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

void print(Context& context, const store::TokenRecord& record, const acme::EnrolmentToken& token) {
    const auto text = acme::encode_token(token);
    if (!context.out.json()) {
        context.out.progress("token " + record.kid + " " + token_terms(record));
        context.out.line(text.reveal());
        return;
    }
    base::Json json;
    json["token"] = std::string(text.reveal());
    json["eab_kid"] = record.kid;
    json["eab_hmac_key"] = base::base64url_encode(record.mac_key);
    json["directory"] = token.directory;
    json["root_sha256"] = base::hex_encode(token.root_sha256);
    json["expires"] = record.expires_at ? base::Json(base::format_time(base::from_unix(*record.expires_at))) : nullptr;
    json["profile"] = record.profile;
    json["uses"] = record.uses ? base::Json(*record.uses) : base::Json("unlimited");
    context.out.document(json);
}

int run(Context& context, const TokenWords& words) {
    const auto store = store::Store::open(context.store());
    const auto settings = context.settings();
    const auto made = create_token(context, *store, settings, words);
    print(context, made.record, made.token);
    return k_exit_done;
}

constexpr char k_description[] =
    "Prints one string that holds all that a new machine needs: the URL of the ACME directory, the SHA-256 of the root "
    "that the server's certificate hangs on, and an external account binding (RFC 8555 section 7.3.4). `signet fetch "
    "--token` takes it whole. For other ACME clients --json has its parts: token, eab_kid, eab_hmac_key (base64url), "
    "directory, root_sha256, expires (null: never), profile, uses.\n\n"
    "The string is a secret until it is used up: pass it in a file or an environment variable (SIGNET_TOKEN_FILE, "
    "SIGNET_TOKEN) rather than on a command line that others can see. The store keeps its key, the audit log only who "
    "made it.\n\n"
    "A token is for one profile; accounts that it binds get nothing under another. They may have what the token and "
    "the "
    "profile permit, in every mode. Without a pattern the profile alone decides; once one kind of name is given, the "
    "other kinds are not permitted. Under a profile with auth = \"token\" names need no challenges; with require_eab "
    "they are validated all the same.\n\n"
    "--uses counts accounts, not certificates. Caddy, at its first start, makes an account for each of its sites at "
    "once and wants as many uses. --expires ends binding only: the accounts that are bound go on renewing until "
    "`signet token revoke`.";

Options options(TokenWords& words) {
    const std::string names = "What its accounts may have";
    return {{.name = "profile",
             .label = "P",
             .text = "the profile that it is for",
             .target = &words.profile,
             .complete = Complete::profile,
             .default_text = "default_profile of signet.toml"},
            {.name = "uses",
             .label = "N",
             .text = "how many accounts it may bind, or unlimited",
             .target = &words.uses,
             .default_text = "1"},
            {.name = "expires",
             .label = "DURATION",
             .text = "how long it may bind accounts, or never to end",
             .target = &words.expires,
             .default_text = "1h"},
            {.name = "server",
             .label = "URL",
             .text = "where the server is reached",
             .target = &words.server,
             .default_text = "external_url, else where serve-acme was last ready"},
            {.name = "dns",
             .label = "PATTERN",
             .text = "DNS names: `x.y` itself, `*.y` one label under y, `**.y` any depth, `**` all",
             .target = &words.dns,
             .group = names},
            {.name = "ip", .label = "CIDR", .text = "IP addresses", .target = &words.ip, .group = names},
            {.name = "uri",
             .label = "PATTERN",
             .text = "URIs: `*` within a path segment, `**` across",
             .target = &words.uri,
             .group = names}};
}

}  // namespace

Command token_create_command() {
    auto words = std::make_shared<TokenWords>();
    return {.name = "token create",
            .summary = "make a token that lets a machine enrol",
            .description = k_description,
            .options = options(*words),
            .examples = {{"signet token create --dns '*.db.internal'", "for one account, within the hour"},
                         {"signet token create --uses unlimited --expires never", "for a fleet"}},
            .exit_codes = {{k_exit_done, "the token is printed"},
                           {k_exit_refused, "no such profile"},
                           {k_exit_usage, "wrong usage, or it is not known where the server is reached"},
                           {k_exit_environment, "no store"}},
            .see_also = {"token list", "token revoke", "fetch", "serve-acme"},
            .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
