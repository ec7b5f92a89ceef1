#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "base/time.h"
#include "cli/options.h"
#include "crypto/key.h"

namespace signet::cli {

/// What is asked of this store's CA: the words of `issue`, and of `profile check`, which says what `issue` would do.
struct RequestWords {
    NameWords names;
    std::optional<std::string> ca, profile, common_name, organization, unit;
    std::optional<base::Duration> validity;
    std::optional<crypto::KeyType> key_type;
    std::optional<base::Path> csr;
    bool client = false, server = false;
};
/// All but the NAME arguments, for which there is add_name_argument().
void add_request_options(Options& options, RequestWords& words);

}  // namespace signet::cli
