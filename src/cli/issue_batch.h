#pragma once

#include "cli/context.h"
#include "client/local_enroll.h"

namespace signet::cli {

/// Answers each line of `file` ("-" is standard input), a JSON request, by one line of JSON on standard output, in
/// order, as they come: what has been read is worked on by many threads, so that they share commits of the store. What
/// a line leaves open is as `defaults` says. False when any line was refused.
bool issue_batch(Context& context, const base::Path& file, const client::LocalRequest& defaults, client::LocalCa& ca);

}  // namespace signet::cli
