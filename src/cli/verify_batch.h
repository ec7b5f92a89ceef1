#pragma once

#include "cli/context.h"

namespace signet::cli {

/// `verify --batch FILE`: a line in, a line out, whatever the line says; "-" is standard input. Exit code.
int verify_batch(Context& context, const base::Path& file);

}  // namespace signet::cli
