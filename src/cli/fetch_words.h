#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/time.h"
#include "cli/options.h"

namespace signet::cli {

/// What `signet fetch` is told.
struct FetchWords {
    NameWords names;
    std::optional<std::string> server, token, eab_kid, eab_hmac_key;
    std::optional<base::Path> token_file, eab_hmac_key_file;
    std::optional<base::Path> root, ca_file, out, csr;
    std::optional<std::string> root_sha256, profile, webroot, exec, email, challenge, dns_hook, dns_update,
        preferred_chain;
    std::optional<base::Path> dns_update_key;
    std::optional<int> http01_port, tls_alpn01_port;
    std::optional<crypto::KeyType> key_type;
    std::optional<base::Duration> validity, timeout;
    FormatWords format;
    OwnershipWords ownership;
    bool reuse_key = false;
    bool insecure_http = false;
    bool agree_tos = false;
    bool force = false;
};

void add_fetch_options(Options& options, FetchWords& words);

}  // namespace signet::cli
