#pragma once

#include <string>

#include "cli/context.h"
#include "store/store.h"

namespace signet::cli {

/// The signet.toml that `ca init` writes: every setting with what it means, commented out at its default, so that a
/// later version may improve the default of whoever did not choose.
/// `authority`: the CA that the profiles name, where it is another one than their default.
std::string default_settings(const std::string& authority = "default");

/// Writes them, for its first CA `name`, into the store unless some are there, or --config names others. Several at
/// once write them once.
void write_default_settings(const Context& context, store::Store& store, const std::string& name);

}  // namespace signet::cli
