#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "ca/permitted_names.h"
#include "cli/command.h"

namespace signet::cli {

/// Option groups that several commands share: each is a struct for the values and a function that appends the records.

/// `[NAME...] --dns --ip --uri --email`
struct NameWords {
    std::vector<std::string> names, dns, ip, uri, email;
};
void add_name_argument(Command& command, NameWords& words, bool required);
void add_name_options(Options& options, NameWords& words);

/// `--key-type TYPE`
Option key_type_option(std::optional<crypto::KeyType>& target, std::string name = "key-type",
                       std::string text = "type of the new key");

/// `--profile P`
Option profile_option(std::string& target);
Option profile_option(std::optional<std::string>& target);
/// `--validity 24h`
Option validity_option(std::optional<base::Duration>& target, std::string default_text);

/// `--owner U --group G --key-mode 0640`, for the tls.* files only.
struct OwnershipWords {
    std::optional<std::string> owner, group, key_mode;
};
void add_ownership_options(Options& options, OwnershipWords& words);

/// `--permit-dns D --permit-ip CIDR --permit-uri U`: name constraints of a CA.
void add_permit_options(Options& options, ca::PermitWords& words);

/// As `--key-type` takes them.
std::vector<std::string> key_type_names(std::span<const crypto::KeyType> types);

}  // namespace signet::cli
