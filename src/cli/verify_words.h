#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"

namespace signet::cli {

/// What `verify` was asked, as typed.
struct VerifyWords {
    std::string target;
    std::vector<base::Path> roots, intermediates, crls, ocsp_responses;
    std::optional<std::string> hostname, ip, uri, email, servername, expect_uri;
    std::string purpose, starttls;
    std::vector<std::string> alpn;
    std::optional<base::Time> at;
    std::optional<int> max_depth;
    std::optional<base::Path> key, cert, batch, p12_password_file;
    bool ocsp = false, fetch = false, soft_fail = false, lint = false, mtls = false;
};

Options verify_options(VerifyWords& words);

}  // namespace signet::cli
