#pragma once

#include <vector>

#include "cli/context.h"
#include "cli/status_items.h"
#include "store/store.h"

namespace signet::cli {

/// Before an act that may be told of: see server::begin_notifying. Settings that cannot be read hold up no revocation.
void expect_events(const Context& context, store::Store& store);

/// Brings to the receiver of [notify] what waits, where there are a store and a receiver; `items` of `status` whose end
/// is near are told of, too. What fails is a warning, and waits for the next time. False when there is no receiver.
bool tell_events(const Context& context, const std::vector<StatusItem>& items = {});

}  // namespace signet::cli
