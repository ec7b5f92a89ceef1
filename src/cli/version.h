#pragma once

#include <string>

namespace signet::cli {

/// "signet 0.1.0"
std::string version_line();

}  // namespace signet::cli
