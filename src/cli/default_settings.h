#pragma once

#include <string>

#include "cli/context.h"
#include "store/store.h"

namespace signet::cli {

/// The signet.toml that `ca init` writes: every setting with what it means, commented out at its default, so that a
/// later version may improve the default of whoever did not choose.
std::string default_settings();

/// Writes them into the store unless some are there, or --config names others. Several at once write them once.
void write_default_settings(const Context& context, store::Store& store);

}  // namespace signet::cli
