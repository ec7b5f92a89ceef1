#pragma once

#include "cli/context.h"
#include "inspect/mtls.h"

namespace signet::cli {

/// `verify host:port --mtls`: tries the doors, with certificates of the store's CA where that is at hand.
inspect::MtlsReport try_doors(Context& context, const inspect::ProbeRequest& endpoint);

}  // namespace signet::cli
