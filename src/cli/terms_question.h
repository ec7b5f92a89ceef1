#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "cli/output.h"

namespace signet::cli {

/// Asks at the terminal whether the terms of service at a URL are agreed to. Empty when standard input or standard
/// error is no terminal: then there is nobody to ask. Answers no when a stop is requested meanwhile. `out` must outlive
/// it.
std::function<bool(const std::string& url)> terms_question(Output& out, std::stop_token stop);

}  // namespace signet::cli
