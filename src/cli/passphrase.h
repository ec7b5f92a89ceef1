#pragma once

#include <memory>

#include "ca/key_opener.h"
#include "cli/context.h"

namespace signet::cli {

/// The passphrase of the first line of `file`; "-" is standard input. Throws bad_input for none or one that is too
/// long.
base::Secret read_passphrase(const base::Path& file);

/// What --passphrase-file, SIGNET_PASSPHRASE_FILE or the systemd credential signet.passphrase say; null: nothing. Asks
/// nobody.
std::shared_ptr<const base::Secret> given_passphrase(const Context& context);

/// Opens CA keys with that passphrase, or, when there is none, with one that is asked for at the terminal: three times,
/// with a pause that grows after each wrong one. A file is read once more when what it held does not fit (any more).
/// `first`: what given_passphrase gave, where it was asked already.
std::shared_ptr<ca::KeyOpener> key_opener(const Context& context, std::shared_ptr<const base::Secret> first = nullptr);

}  // namespace signet::cli
