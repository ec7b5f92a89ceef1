#pragma once

#include <string_view>
#include <vector>

#include "cli/command.h"

namespace signet::cli {

/// Every command and group, in the order that help shows them. Made anew at each call: the records hold the targets.
struct CommandTable {
    std::vector<Group> groups;
    std::vector<Command> commands;
    Options global_options;  // their targets are in the Globals given to command_table
};
CommandTable command_table(Globals& globals);

const Command* find_command(const CommandTable& table, std::string_view name);
const Group* find_group(const CommandTable& table, std::string_view name);
/// The commands of a group in their order; "" gives those at the top, without groups.
std::vector<const Command*> commands_of(const CommandTable& table, std::string_view group);
/// "ca" of "ca init", "" of "fetch".
std::string_view group_of(std::string_view command);
/// "init" of "ca init", "fetch" of "fetch".
std::string_view word_of(std::string_view command);
/// "SIGNET_KEY_TYPE" for "key-type".
std::string environment_name(const Option& option);

// One a file: cmd_NAME.cpp. To add a command, declare it here, list it in commands.cpp, run scripts/generate.
Command ca_init_command();
Command ca_show_command();
Command ca_list_command();
Command ca_export_command();
Command ca_csr_command();
Command ca_sign_command();
Command ca_import_command();
Command ca_trust_command();
Command drill_command();
Command ca_rotate_command();
Command ca_retire_command();
Command ca_rekey_command();
Command issue_command();
Command serve_acme_command();
Command fetch_command();
Command renew_command();
Command config_show_command();
Command config_check_command();
Command profile_list_command();
Command profile_show_command();
Command profile_check_command();
Command token_create_command();
Command token_list_command();
Command token_revoke_command();
Command account_list_command();
Command account_show_command();
Command account_deactivate_command();
Command order_list_command();
Command order_show_command();
Command order_approve_command();
Command order_reject_command();
Command backup_command();
Command restore_command();
Command audit_command();
Command audit_verify_command();
Command audit_checkpoint_command();
Command audit_prove_command();
Command audit_check_proof_command();
Command verify_command();
Command list_command();
Command show_command();
Command status_command();
Command revoke_command();
Command crl_command();
Command completion_command();
Command version_command();
Command help_command();
Command describe_command();
Command generate_command();

}  // namespace signet::cli
