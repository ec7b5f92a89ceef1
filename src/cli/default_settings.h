#pragma once

#include <string>

namespace signet::cli {

/// The signet.toml that `ca init` writes: every setting with what it means, commented out at its default, so that a
/// later version may improve the default of whoever did not choose.
std::string default_settings();

}  // namespace signet::cli
