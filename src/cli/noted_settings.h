#pragma once

#include "cli/context.h"
#include "store/store.h"

namespace signet::cli {

/// Enters in the audit log what of the settings file is another than when the store last saw it. `actor`: who read it
/// now; who changed it, no program can know.
void note_settings(const Context& context, store::Store& store, const std::string& actor);

}  // namespace signet::cli
