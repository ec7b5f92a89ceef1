#include "cli/commands.h"

#include "base/text.h"

namespace signet::cli {

namespace {

Options global_options(Globals& globals) {
    return {
        {.name = "store",
         .label = "DIR",
         .text = "the store",
         .target = &globals.store,
         .complete = Complete::directory,
         .default_text = "/var/lib/signet for root, else ~/.local/share/signet"},
        {.name = "config",
         .label = "FILE",
         .text = "settings",
         .target = &globals.config,
         .complete = Complete::file,
         .default_text = "signet.toml of the store"},
        {.name = "passphrase-file",
         .label = "FILE",
         .text = "first line: the passphrase of the CA's keys; - is standard input",
         .target = &globals.passphrase_file,
         .complete = Complete::file,
         .default_text = "the systemd credential signet.passphrase, else asked for at the terminal"},
        {.name = "json", .text = "print the result, and an error, as JSON", .target = &globals.json},
        {.name = "quiet",
         .text = "no progress and no notes",
         .target = &globals.quiet,
         .letter = 'q',
         .conflicts = {"verbose"}},
        {.name = "verbose", .text = "log more; twice for all there is", .target = &globals.verbose, .letter = 'v'},
        {.name = "help", .text = "explain the command", .target = &globals.help, .letter = 'h', .environment = false},
    };
}

}  // namespace

CommandTable command_table(Globals& globals) {
    return {
        .groups = {{.name = "ca", .summary = "create, show and publish certificate authorities"},
                   {.name = "config", .summary = "look at the settings in force, and check a file of them"},
                   {.name = "profile", .summary = "what may be signed"},
                   {.name = "token", .summary = "let machines enrol: external account binding"},
                   {.name = "account", .summary = "list and stop ACME accounts"},
                   {.name = "order", .summary = "approve ACME orders by hand"},
                   {.name = "audit", .summary = "prove that the audit log is whole"}},
        .commands =
            {
                ca_init_command(),
                ca_show_command(),
                ca_list_command(),
                ca_export_command(),
                ca_csr_command(),
                ca_sign_command(),
                ca_import_command(),
                ca_trust_command(),
                ca_rotate_command(),
                ca_retire_command(),
                ca_rekey_command(),
                issue_command(),
                serve_acme_command(),
                fetch_command(),
                renew_command(),
                verify_command(),
                list_command(),
                show_command(),
                status_command(),
                revoke_command(),
                crl_command(),
                config_show_command(),
                config_check_command(),
                drill_command(),
                profile_list_command(),
                profile_show_command(),
                profile_check_command(),
                token_create_command(),
                token_list_command(),
                token_revoke_command(),
                account_list_command(),
                account_show_command(),
                account_deactivate_command(),
                order_list_command(),
                order_show_command(),
                order_approve_command(),
                order_reject_command(),
                audit_command(),
                audit_verify_command(),
                audit_checkpoint_command(),
                audit_prove_command(),
                audit_check_proof_command(),
                backup_command(),
                restore_command(),
                completion_command(),
                help_command(),
                version_command(),
                describe_command(),
                generate_command(),
            },
        .global_options = global_options(globals),
    };
}

const Command* find_command(const CommandTable& table, std::string_view name) {
    for (const auto& command : table.commands)
        if (command.name == name) return &command;
    return nullptr;
}

const Group* find_group(const CommandTable& table, std::string_view name) {
    for (const auto& group : table.groups)
        if (group.name == name) return &group;
    return nullptr;
}

std::vector<const Command*> commands_of(const CommandTable& table, std::string_view group) {
    std::vector<const Command*> result;
    for (const auto& command : table.commands)
        if (!command.hidden && group_of(command.name) == group) result.push_back(&command);
    return result;
}

std::string_view group_of(std::string_view command) {
    const auto space = command.find(' ');
    return space == std::string_view::npos ? std::string_view{} : command.substr(0, space);
}

std::string_view word_of(std::string_view command) {
    const auto space = command.find(' ');
    return space == std::string_view::npos ? command : command.substr(space + 1);
}

std::string environment_name(const Option& option) {
    std::string name = "SIGNET_";
    for (const char each : option.name)
        name += each == '-' ? '_' : (each >= 'a' && each <= 'z' ? static_cast<char>(each - 'a' + 'A') : each);
    return name;
}

}  // namespace signet::cli
