#pragma once

#include <memory>

#include "cli/context.h"
#include "crypto/key.h"
#include "store/store.h"

namespace signet::cli {

/// The key that signs checkpoints, opened with the passphrase that was given, or made.
crypto::PrivateKey open_audit_key(const Context& context, store::Store& store);

/// A file that is small, or standard input for "-".
std::string read_small_input(const base::Path& file);

}  // namespace signet::cli
