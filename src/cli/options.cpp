#include "cli/options.h"

#include "crypto/key.h"

namespace signet::cli {

void add_name_argument(Command& command, NameWords& words, bool required) {
    command.arguments.push_back({.label = "NAME",
                                 .text = "a DNS name, an IP address, a URI or an e-mail address: its form tells",
                                 .target = &words.names,
                                 .required = required,
                                 .many = true});
}

void add_name_options(Options& options, NameWords& words) {
    const std::string group = "Names";
    options.push_back({.name = "dns", .label = "D", .text = "a DNS name", .target = &words.dns, .group = group});
    options.push_back({.name = "ip", .label = "A", .text = "an IP address", .target = &words.ip, .group = group});
    options.push_back({.name = "uri", .label = "U", .text = "a URI", .target = &words.uri, .group = group});
    options.push_back(
        {.name = "email", .label = "E", .text = "an e-mail address", .target = &words.email, .group = group});
}

Option key_type_option(std::optional<crypto::KeyType>& target, std::string name, std::string text) {
    return {.name = std::move(name),
            .label = "TYPE",
            .text = std::move(text) + " (ml-dsa-* from OpenSSL 3.5 on)",
            .target = &target,
            .values = key_type_names(crypto::certificate_key_types()),
            .default_text = "ec-p256"};
}

void add_permit_options(Options& options, ca::PermitWords& words) {
    const std::string group = "Name constraints";
    options.push_back({.name = "permit-dns",
                       .label = "D",
                       .text = "sign DNS names at and below D only",
                       .target = &words.dns,
                       .group = group});
    options.push_back({.name = "permit-ip",
                       .label = "CIDR",
                       .text = "sign addresses of this range only",
                       .target = &words.ip,
                       .group = group});
    options.push_back({.name = "permit-uri",
                       .label = "U",
                       .text = "sign URIs with this host only; .y for the hosts below y",
                       .target = &words.uri,
                       .group = group});
}

Option profile_option(std::string& target) {
    return {.name = "profile",
            .label = "P",
            .text = "the profile of signet.toml that decides",
            .target = &target,
            .complete = Complete::profile,
            .default_text = "default"};
}

Option profile_option(std::optional<std::string>& target) {
    return {.name = "profile",
            .label = "P",
            .text = "the profile of signet.toml that decides",
            .target = &target,
            .complete = Complete::profile,
            .default_text = "default_profile of signet.toml"};
}

Option validity_option(std::optional<base::Duration>& target, std::string default_text) {
    return {.name = "validity",
            .label = "DURATION",
            .text = "lifetime: 90m, 24h, 7d, 10y",
            .target = &target,
            .default_text = std::move(default_text)};
}

void add_ownership_options(Options& options, OwnershipWords& words) {
    const std::string group = "Ownership of the tls.* files";
    options.push_back({.name = "owner", .label = "U", .text = "user", .target = &words.owner, .group = group});
    options.push_back({.name = "group", .label = "G", .text = "group", .target = &words.group, .group = group});
    options.push_back({.name = "key-mode",
                       .label = "MODE",
                       .text = "permission bits of the key, octal",
                       .target = &words.key_mode,
                       .default_text = "0600",
                       .group = group});
}

std::vector<std::string> key_type_names(std::span<const crypto::KeyType> types) {
    std::vector<std::string> names;
    for (const auto type : types) names.emplace_back(crypto::key_type_name(type));
    return names;
}

}  // namespace signet::cli
